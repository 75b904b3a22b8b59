"""One module a backend: DuckDB, Iceberg, PostgreSQL."""
