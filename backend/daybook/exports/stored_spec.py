"""A file's spec as it is stored: the filter as JSON, the pin as columns."""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from daybook.calendar import Day
from daybook.exports.file_spec import DEFAULT_OPTIONS, FileOptions, FileSpec
from daybook.exports.formats import format_of
from daybook.exports.formats.contract import Opens
from daybook.exports.mapping.forms import DateForm, Preset
from daybook.exports.models import ExportJob, ExportRecord
from daybook.exports.writing.compression import compression_of
from daybook.ledger.pins import AuditHead, Pin
from daybook.money import decimals_of
from daybook.reports.journals.filter_kinds import OneOf
from daybook.reports.journals.filters import FILTERS, JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping, in_order


def filter_text(journal_filter: JournalFilter) -> str:
    """A filter as JSON, with the fields that differ from a filter of everything."""
    every = JournalFilter()
    values = {
        field.name: getattr(journal_filter, field.name)
        for field in fields(journal_filter)
        if getattr(journal_filter, field.name) != getattr(every, field.name)
    }
    return json.dumps(values, sort_keys=True, default=lambda value: value.value)


def filter_of(text: str) -> JournalFilter:
    """The filter of a text by `filter_text`."""
    values = json.loads(text)
    for filter_ in FILTERS:
        if isinstance(filter_.kind, OneOf) and filter_.selects in values:
            value = values[filter_.selects]
            named = filter_.kind.names
            values[filter_.selects] = (
                tuple(map(named, value)) if filter_.is_many else named(value)
            )
    return JournalFilter(**values)


def groupings_text(by: Sequence[Grouping] | None) -> str | None:
    """A job's groupings as text: empty for one group a day or month."""
    return None if by is None else ",".join(in_order(by))


def groupings_of(text: str | None) -> tuple[Grouping, ...] | None:
    """The groupings of a text by `groupings_text`."""
    if text is None:
        return None
    return tuple(Grouping(name) for name in text.split(",") if name)


def spec_of(job: ExportJob) -> FileSpec:
    """The file that a job makes."""
    return _spec(job, pin_of(job))


def record_spec(record: ExportRecord, currency: str) -> FileSpec:
    """The recorded file, as it can be made again. `currency` is its ledger's."""
    return _spec(record, pin_of_record(record, currency))


def _spec(stored: ExportJob | ExportRecord, pin: Pin) -> FileSpec:
    return FileSpec(
        pin,
        filter_of(stored.selection),
        Granularity(stored.granularity),
        groupings_of(stored.group_by),
        format_of(stored.format),
        compression_of(stored.compression),
        options_of(stored.options),
    )


def options_text(options: FileOptions) -> str | None:
    """The options that differ from the defaults, as JSON; None if none do."""
    differing = options.differing()
    return json.dumps(differing, sort_keys=True) if differing else None


def options_of(text: str | None) -> FileOptions:
    """The options of a text by `options_text`."""
    if text is None:
        return DEFAULT_OPTIONS
    values = json.loads(text)
    for name, known in (("preset", Preset), ("date_form", DateForm), ("opens", Opens)):
        if name in values:
            values[name] = known(values[name])
    return FileOptions(**values)


def totals_currency(options: str | None, currency: str) -> str:
    """The currency of a file's totals: the ledger's, or what it is converted into."""
    return options_of(options).currency or currency


def pin_of(job: ExportJob) -> Pin:
    """The ledger at the recording that a job renders."""
    return _pin(job, job.currency, job.today)


def pin_of_record(record: ExportRecord, currency: str) -> Pin:
    """The ledger at the recording that a file was rendered from."""
    return _pin(record, currency, record.divides_on)


def _pin(pinned: ExportJob | ExportRecord, currency: str, today: Day) -> Pin:
    head = None
    if pinned.audit_record is not None and pinned.audit_hash is not None:
        head = AuditHead(pinned.audit_record, pinned.audit_hash)
    return Pin(
        organisation_id=pinned.organisation_id,
        ledger_id=pinned.ledger_id,
        currency=currency,
        decimals=decimals_of(currency),
        recording=pinned.recording,
        today=today,
        renamings=pinned.renamings,
        audit_head=head,
    )


def head_columns(head: AuditHead | None) -> dict[str, Any]:
    """The columns of jobs and records that hold the audit trail's last record."""
    if head is None:
        return {"audit_record": None, "audit_hash": None}
    return {"audit_record": head.record, "audit_hash": head.hash}
