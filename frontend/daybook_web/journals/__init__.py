"""The journal report, its downloads, and suggestions for its filters."""
