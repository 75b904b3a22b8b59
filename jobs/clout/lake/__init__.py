"""The lake: partitions of Parquet, their schemas, columns and checksums, and what is staged from it."""
