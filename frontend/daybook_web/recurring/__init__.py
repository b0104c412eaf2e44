"""Recurring manual journals: the list, the page of one, and the form."""
