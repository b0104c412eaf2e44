"""The deferred revenue report: what was invoiced, recognized and is left, by family."""
