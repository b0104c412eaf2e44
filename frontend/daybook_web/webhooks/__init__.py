"""Pages of webhooks: all of them, and one with what was sent to it."""
