"""One platform a file: its endpoints, its normaliser."""
