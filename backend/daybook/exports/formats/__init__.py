"""One file per format: pure functions from movements to bytes."""
