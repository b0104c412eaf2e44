"""Decisions about requested changes, and the four-eyes setting.

This stands above the features whose changes are requested: approving one runs the same
code that makes it without four eyes.
"""
