"""Journals as files for spreadsheets and accounting systems."""
