"""Connections: the organisations of accounting systems whose journals come in."""
