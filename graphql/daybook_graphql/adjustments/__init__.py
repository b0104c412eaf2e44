"""Manual journals: written, submitted, approved, posted, undone."""
