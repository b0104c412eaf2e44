"""Recognition: which part of a document's amounts belongs to which day and account."""
