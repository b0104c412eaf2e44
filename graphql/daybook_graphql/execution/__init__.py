"""How operations are executed: limits, selections, streams, the executor."""
