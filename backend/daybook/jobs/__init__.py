"""Background jobs of any kind: rows, leases, the runner, processes, progress, ends.

It knows no feature: each feature declares a `JobKind`.
"""
