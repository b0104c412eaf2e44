"""Webhooks tell an organisation's own programs what happens (docs/webhooks.md).

Endpoints are in the ledger's store and audited; deliveries and attempts are in the
runtime store. `publishing` makes deliveries of events, and `sending` sends them.
"""
