-- Table stats: how much each staged table of a night holds.
-- Meaning: rows and bytes add up over a table's files; the range of its keys spans them. Keys compare as text, by code point.
-- Unit: see the column: rows; bytes. Grain: one row per ds, table_name.
-- Inputs: {staged_files} (table_name, file_rows, file_bytes, smallest_key, largest_key): the files of a night that were staged
--   before this table, each with the range of the first column of its table's key after ds
-- Parameters:
--   day DATE  the score date
-- Run: .venv/bin/python jobs/score.py --day 2026-03-14 --run by-hand
SELECT
  :day AS ds,
  table_name,
  CAST(sum(file_rows) AS BIGINT) AS rows,
  CAST(sum(file_bytes) AS BIGINT) AS bytes,
  min(smallest_key) AS smallest_key,
  max(largest_key) AS largest_key
FROM {staged_files}
GROUP BY table_name
