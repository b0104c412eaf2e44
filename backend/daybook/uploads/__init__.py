"""Uploads: files that are sent to be imported, kept for a day as a row and a file."""
