-- Once a server, by a superuser, connected to the database that is to hold the warehouse (made with: createdb -E UTF8 clout):
--   psql -d clout -f sql/warehouse/postgres/roles.sql
-- Then a password for the publisher (\password clout_publisher), and a role for each analyst, by the same administrator:
--   CALL writing.make_analyst('ana');   \password ana
-- Running it again changes nothing but what is new here.
--
-- clout_publisher  owns all that it makes, and grants analysts to read it. Nobody else makes anything here.
-- clout_care       the group of customer care: reads clout.care_lookup and nothing else, so that nobody can be served by a score.
--                  CALL writing.make_care('cleo');   \password cleo
-- clout_analyst    the group of those who read. Nobody logs in as it, so nobody can change its settings or its password.
-- an analyst       reads. Any session can change its own time-outs, so nothing depends on them: a publication ends the
--                  analysts' sessions that keep it waiting for 40 seconds (writing.end_readers). What no session can change:
--                  its connections (5), its temporary files (1 GB), and that it can only read.
DO $$
DECLARE
  -- Those that write into the database, or fill memory that the publication needs.
  wanted text[] := ARRAY['lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'lo_put', 'lowrite', 'lo_truncate',
    'lo_truncate64', 'lo_open', 'lo_unlink', 'lo_export'];
  each record;
BEGIN
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'the database % speaks %, not UTF8: make one with createdb -E UTF8 -T template0',
      current_database(), current_setting('server_encoding');
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clout_publisher') THEN CREATE ROLE clout_publisher LOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clout_analyst') THEN CREATE ROLE clout_analyst NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clout_care') THEN CREATE ROLE clout_care NOLOGIN; END IF;
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO clout_publisher', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO clout_analyst, clout_care', current_database());
  IF to_regclass('clout.care_lookup') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA clout TO clout_care;
    GRANT SELECT ON clout.care_lookup TO clout_care;
  END IF;
  -- Nor do they enter the databases that every server has.
  FOR each IN SELECT datname FROM pg_database WHERE datname IN ('postgres', 'template1') AND datname <> current_database()
  LOOP
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', each.datname);
  END LOOP;
  FOR each IN
    SELECT oid::regprocedure AS signature FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
    AND (proname = ANY (wanted) OR proname LIKE 'pg\_%advisory%' OR proname = 'pg_notify')
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', each.signature);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO clout_publisher', each.signature);
  END LOOP;
END $$;
ALTER ROLE clout_analyst NOLOGIN PASSWORD NULL;
ALTER ROLE clout_care NOLOGIN PASSWORD NULL;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- What analysts cannot see: the lock of whoever writes, and what a publication may do about sessions.
CREATE SCHEMA IF NOT EXISTS writing AUTHORIZATION clout_publisher;
REVOKE ALL ON SCHEMA writing FROM PUBLIC;
CREATE TABLE IF NOT EXISTS writing.publication ();
ALTER TABLE writing.publication OWNER TO clout_publisher;

-- Who these sessions are: a role that is no superuser sees only its own in pg_stat_activity.
CREATE OR REPLACE FUNCTION writing.sessions(pids integer[])
RETURNS TABLE (pid integer, role text, application text, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.pid, a.usename::text, a.application_name, a.xact_start FROM pg_stat_activity AS a
  WHERE a.pid = ANY (pids) AND a.datname = current_database()
$$;

-- End the analysts' sessions that hold a lock on what is published, and say which they were.
CREATE OR REPLACE FUNCTION writing.end_readers()
RETURNS TABLE (pid integer, role text, application text, since timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  -- Found first and ended then: the server calls the functions of one WHERE in an order of its own, by their cost.
  WITH found AS MATERIALIZED (
    SELECT a.pid, a.usename::text, a.application_name, a.xact_start
    FROM pg_stat_activity AS a
    WHERE a.datname = current_database()
      AND (pg_has_role(a.usesysid, 'clout_analyst', 'MEMBER') OR pg_has_role(a.usesysid, 'clout_care', 'MEMBER'))
      AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = a.usesysid)
      AND EXISTS (
        SELECT FROM pg_locks AS l INNER JOIN pg_class AS c ON c.oid = l.relation
        WHERE l.pid = a.pid AND l.granted AND c.relnamespace IN (
          SELECT oid FROM pg_namespace WHERE nspname IN ('clout', 'meta', 'history')
        )
      )
  )
  SELECT * FROM found WHERE pg_terminate_backend(found.pid)
$$;

-- A role that reads. Settings do not reach the members of a group: each gets its own.
CREATE OR REPLACE PROCEDURE writing.make_analyst(name text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN EXECUTE format('CREATE ROLE %I', name); END IF;
  EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 5', name);
  EXECUTE format('GRANT clout_analyst TO %I', name);
  EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', name);
  EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', name, '10min');
  EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', name, '1min');
  EXECUTE format('ALTER ROLE %I SET temp_file_limit = %L', name, '1GB');
  EXECUTE format('ALTER ROLE %I SET timezone = %L', name, 'UTC');
END $$;

-- A role of customer care. Who reads scores cannot be one.
CREATE OR REPLACE PROCEDURE writing.make_care(name text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN EXECUTE format('CREATE ROLE %I', name); END IF;
  IF pg_has_role(name, 'clout_analyst', 'MEMBER') OR pg_has_role(name, 'clout_publisher', 'MEMBER') THEN
    RAISE EXCEPTION '% reads scores, and customer care must not: make a role of its own for it', name;
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 5', name);
  EXECUTE format('GRANT clout_care TO %I', name);
  EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', name);
  EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', name, '1min');
  EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', name, '1min');
  EXECUTE format('ALTER ROLE %I SET temp_file_limit = %L', name, '1GB');
  EXECUTE format('ALTER ROLE %I SET timezone = %L', name, 'UTC');
END $$;

REVOKE ALL ON FUNCTION writing.sessions(integer[]), writing.end_readers() FROM PUBLIC;
REVOKE ALL ON PROCEDURE writing.make_analyst(text), writing.make_care(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION writing.sessions(integer[]), writing.end_readers() TO clout_publisher;
