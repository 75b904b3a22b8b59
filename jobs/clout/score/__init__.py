"""The plan of a night: which query needs what, variants, persons, the model."""
