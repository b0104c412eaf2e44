"""The audit trail and the activity log for people: filters, words, pages and sheets."""
