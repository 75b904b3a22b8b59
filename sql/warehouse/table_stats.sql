-- meta.table_stats: how much each published table holds of a day. Defined by sql/table_stats.sql.
-- Key: ds, table_name
CREATE TABLE meta.table_stats (
  ds DATE,  -- The score date, UTC
  table_name VARCHAR,  -- The table, without its schema
  rows BIGINT,  -- Its rows of that day
  bytes BIGINT,  -- Bytes of its Parquet files of that day, as they were staged
  smallest_key VARCHAR,  -- The smallest value of the first column of its key after ds, as text
  largest_key VARCHAR  -- The largest one
);
COMMENT ON TABLE meta.table_stats IS 'Per published table and day: rows, bytes, and the range of its keys. A table without rows has no range.';
