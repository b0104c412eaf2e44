"""Events that are told to people and programs outside, by mail and by webhooks."""
