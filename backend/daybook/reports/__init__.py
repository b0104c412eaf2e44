"""Reading for controllers and auditors: journals, totals, entries, documents, logs."""
