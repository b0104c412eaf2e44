"""The audit trail as a sheet, for an auditor. Pure."""

from daybook.reports.trail.names import action_name
from daybook.reports.trail.queries import ListedRecord
from daybook.sheets.columns import Sheet, date, integer, text

AUDIT_RECORDS: Sheet[ListedRecord] = Sheet(
    "audit-trail",
    "Audit trail",
    (
        integer("number", "No.", lambda row: row.record.number),
        text("recorded_at", "When (UTC)", lambda row: row.record.recorded_at),
        text("made_by", "Who", lambda row: row.record.made_by),
        text("action", "What", lambda row: row.record.action),
        text("subject_kind", "About", lambda row: row.record.subject_kind),
        text("subject_id", "Its id", lambda row: row.record.subject_id),
        text("details", "Details (JSON)", lambda row: row.record.details),
        text("hash", "Hash", lambda row: row.record.hash.hex()),
        text(
            "previous_hash", "Hash before", lambda row: row.record.previous_hash.hex()
        ),
        text("action_name", "What it was", lambda row: action_name(row.record.action)),
        text("sentence", "In words", lambda row: row.told.sentence),
        text("changes", "Before and after", lambda row: row.told.changes_text or None),
        text("reason", "Why", lambda row: row.told.reason),
        text(
            "recordings",
            "Recordings",
            lambda row: ", ".join(map(str, row.runs)) or None,
        ),
        date("after_close", "Changed after close from", lambda row: row.after_close),
    ),
)
"""Columns are only added at the end. Moments are text, as they were hashed."""
