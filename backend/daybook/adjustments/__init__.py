"""Manual journals: written and submitted by one person, approved by another, posted."""
