"""Manual journals: the list with what waits, one journal, and its form."""
