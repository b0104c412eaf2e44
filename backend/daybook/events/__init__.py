"""Events that mail and webhooks report to people and programs outside."""
