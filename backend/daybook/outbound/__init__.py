"""Calls to addresses that users name; none may lead into the operator's network."""
