"""Deferred revenue, waterfall, cohorts, roll-forward, tie-out and population."""
