"""The audit trail: what was done, by whom, in a chain that shows any change."""
