"""What a run is told: sources, arguments, versions, and how keys are written."""
