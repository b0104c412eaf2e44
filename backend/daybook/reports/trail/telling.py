"""Audit records in words. Pure.

A record of another version may have details that nothing here knows: it is told by its
name, and its details stay as they were hashed.
"""

import json
from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.reports.trail import (
    of_access,
    of_adjustments,
    of_closing,
    of_documents,
    of_evidence,
    of_exports,
    of_filters,
    of_gl,
    of_mapping,
    of_requests,
    of_settings,
    of_webhooks,
)
from daybook.reports.trail.changes import Tell, Told
from daybook.reports.trail.names import action_name, subject_name

TELLING: Mapping[Action, Tell] = {
    **of_documents.TELLING,
    **of_settings.TELLING,
    **of_access.TELLING,
    **of_exports.TELLING,
    **of_mapping.TELLING,
    **of_evidence.TELLING,
    **of_adjustments.TELLING,
    **of_requests.TELLING,
    **of_closing.TELLING,
    **of_webhooks.TELLING,
    **of_filters.TELLING,
    **of_gl.TELLING,
}
"""What tells each action."""


def tell(record: Record) -> Told:
    """A record in words, whatever its details are."""
    try:
        details = json.loads(record.details)
        if isinstance(details, dict):
            return TELLING[Action(record.action)](record, details)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        pass  # details of another version, or a row that was changed by hand
    what = subject_name(record.subject_kind, record.subject_id)
    return Told(f"{action_name(record.action)}: {what}")
