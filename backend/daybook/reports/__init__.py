"""What controllers read: the journal report, its totals and its daily entries."""
