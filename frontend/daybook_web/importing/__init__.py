"""Importing a file of documents: sent, looked at, and then taken or discarded."""
