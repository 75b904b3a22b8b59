-- Once a server, by an administrator, connected to the database that is to hold the warehouse:
--   psql -d clout -f sql/warehouse/postgres/roles.sql
-- Then give both a password (\password clout_publisher). Further analysts: CREATE ROLE ana LOGIN IN ROLE clout_analyst;
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clout_publisher') THEN CREATE ROLE clout_publisher LOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clout_analyst') THEN CREATE ROLE clout_analyst LOGIN; END IF;
  -- The publisher owns all that it makes, and grants analysts to read it. Nobody else makes anything here.
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO clout_publisher', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO clout_analyst', current_database());
END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
-- Reading only, and never for so long that a publication could not get through.
ALTER ROLE clout_analyst SET default_transaction_read_only = on;
ALTER ROLE clout_analyst SET statement_timeout = '10min';
ALTER ROLE clout_analyst SET idle_in_transaction_session_timeout = '5min';
ALTER ROLE clout_analyst SET timezone = 'UTC';
