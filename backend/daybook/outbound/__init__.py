"""Calls to addresses that users enter; none may reach the operator's network."""
