"""The demo company: a believable year of subscriptions, the same for the same day."""
