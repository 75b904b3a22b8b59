"""People first: suppression, retention, deletion of rows, erasure."""
