"""In: one module a platform. Each turns what the platform gave into rows of the canonical schema."""
