"""Rate limits: counts that all processes share and that survive restarts."""
