"""Evidence: files that are attached to documents and locks, and kept for good."""
