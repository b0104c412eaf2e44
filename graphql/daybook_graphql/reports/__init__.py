"""Deferred revenue, waterfall, cohorts, roll-forward, and the auditors' population."""
