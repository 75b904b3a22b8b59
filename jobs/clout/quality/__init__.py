"""Judges what is to be published: suites of Great Expectations, drift, documents."""
