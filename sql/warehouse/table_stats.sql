-- meta.table_stats: how much each published table holds of a day. Defined by sql/table_stats.sql.
-- Key: ds, table_name
CREATE TABLE meta.table_stats (
  ds DATE,
  table_name VARCHAR,
  rows BIGINT,
  bytes BIGINT,
  smallest_key VARCHAR,
  largest_key VARCHAR
);
COMMENT ON TABLE meta.table_stats IS 'Per published table and day: rows, bytes, and the range of its keys. A table without rows has no range.';
COMMENT ON COLUMN meta.table_stats.ds IS 'The score date, UTC';
COMMENT ON COLUMN meta.table_stats.table_name IS 'The table, without its schema';
COMMENT ON COLUMN meta.table_stats.rows IS 'Its rows of that day';
COMMENT ON COLUMN meta.table_stats.bytes IS 'Bytes of its Parquet files of that day, as they were staged';
COMMENT ON COLUMN meta.table_stats.smallest_key IS 'The smallest value of the first column of its key after ds, as text';
COMMENT ON COLUMN meta.table_stats.largest_key IS 'The largest one';
