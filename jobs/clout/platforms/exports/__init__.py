"""Files of people and tools, read as a platform."""
