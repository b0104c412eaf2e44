"""The journal population: every recorded movement, for an auditor to test (AS 2401)."""
