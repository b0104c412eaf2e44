"""Files that were loaded into their targets, and what of a selection these have."""
