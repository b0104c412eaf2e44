"""Webhooks notify an organisation's own programs of events (docs/webhooks.md).

Endpoints are in the ledger's store and audited; deliveries and attempts are in the
runtime store. `publishing` creates the deliveries of events, and `sending` sends them.
"""
