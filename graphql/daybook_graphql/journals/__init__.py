"""The journal report: journals, their movements and daily entries."""
