"""The audit trail and the activity log."""
