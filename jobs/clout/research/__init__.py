"""Measures the model: datasets, attacks, evaluation, fitting."""
