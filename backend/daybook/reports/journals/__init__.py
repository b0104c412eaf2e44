"""The journal report: journals, groups, totals, narratives and explanations."""
