"""Export jobs: what was asked for, who renders it, and the files that come of it."""
