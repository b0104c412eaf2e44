"""Background work of any kind: rows, leases, the runner, processes, progress, ends.

It knows no feature: one declares a `JobKind`, and is handed what it needs.
"""
