"""The audit trail: what was done and by whom, in a tamper-evident hash chain."""
