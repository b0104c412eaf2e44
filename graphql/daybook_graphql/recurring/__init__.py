"""Manual journals that are made each month: recurrences, and what they made."""
