"""The activity log: one line for each run, successful or failed."""
