"""The caller, the organisation's users, and API keys."""
