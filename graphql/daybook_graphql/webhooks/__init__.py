"""Webhooks: endpoints, what was sent to them, and the mutations that change them."""
