"""Exports: creating, listing and following them, and records of their files."""
