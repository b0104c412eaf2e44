"""The audit trail and the activity log: who did what, when, to what and why."""
