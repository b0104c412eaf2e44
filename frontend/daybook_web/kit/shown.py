"""What a form was shown with: it changes only what its reader changed.

A form has hidden fields: `shown_record` is the audit trail's last record when it was
shown, and `shown_<field>` is what a field had then. So it never takes back what another
person changed while it was open (`macros/shown.html`).
"""

from collections.abc import Mapping
from typing import Any

from daybook_web.kit.running import Running

RECORD = "shown_record"
"""The field with the audit trail's last record."""


async def last_record(running: Running) -> str:
    """The audit trail's last record; call it before what the form shows is read."""
    return str((await running.context.mark()).audit_records)


def expected(typed: Mapping[str, str]) -> dict[str, Any]:
    """The mutation's expected record; none for a form that tells of none."""
    record = typed.get(RECORD, "")
    is_number = record.isascii() and record.isdecimal() and len(record) < 19
    return {"expectedAuditRecord": record} if is_number else {}


def changed(typed: Mapping[str, str], *fields: str) -> dict[str, str]:
    """Those of the fields that have another value than they were shown with.

    A field that wasn't sent, as a box without its tick, is empty; so is one of which a
    form doesn't tell what it was shown with.
    """
    sent = {field: typed.get(field, "") for field in fields}
    return {
        field: value
        for field, value in sent.items()
        if value != typed.get(f"shown_{field}", "")
    }
