"""Storage of files: exports and uploads for a while, evidence for good."""
