"""How often something may be done: counts that processes share and restarts keep."""
