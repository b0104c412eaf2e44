"""Evidence: files that are attached to documents, manual journals and locks."""
