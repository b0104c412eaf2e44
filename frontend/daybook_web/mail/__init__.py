"""The outbox: an organisation's messages by mail."""
