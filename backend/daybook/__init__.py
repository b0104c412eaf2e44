"""Daybook's domain: documents in, recognition movements out, reports and exports."""
