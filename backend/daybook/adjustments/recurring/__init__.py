"""Manual journals that are made each month, from a template that was approved once."""
