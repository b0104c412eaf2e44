"""Reports as files: which there are, their options as texts, and the files' bytes."""
