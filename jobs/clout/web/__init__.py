"""A read-only service over the published warehouse: pages, downloads, and Klout's own API shapes."""
