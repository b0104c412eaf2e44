"""Who asks, the organisation's users, and API keys."""
