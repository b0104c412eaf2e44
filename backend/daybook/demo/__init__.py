"""The demo company: a believable year of subscriptions, reproducible for each day."""
