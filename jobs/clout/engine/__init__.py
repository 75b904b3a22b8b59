"""Runs queries of sql/: DuckDB, Spark, sparse graph products."""
