"""Out: the publish contract and its backends."""
