"""Filters of pages that people save under a name, for themselves or for everybody."""
