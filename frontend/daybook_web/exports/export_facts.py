"""What an export or a file's record was made of, by name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from markupsafe import Markup

from daybook.reports.trail.names import person_name
from daybook_graphql.exports.ids import ExportRecordId
from daybook_graphql.kit.ids import expect
from daybook_web.exports.export_results import (
    FileOptions,
    FileRecord,
    TrailHead,
    WholeJob,
)
from daybook_web.exports.job_rows import page_of_record, record_name
from daybook_web.exports.words import (
    OPENINGS,
    PRESETS,
    date_form_words,
    days_words,
    filter_words,
    format_title,
)
from daybook_web.kit.formats import day
from daybook_web.kit.times import moment


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is known of an export; `url` leads to it, if it has a page."""

    name: str
    text: str
    url: str = ""


def facts_of_job(job: WholeJob) -> list[Fact]:
    """What an export was asked for, by whom and when, and what came of it."""
    facts = [*_selected(job), *_asked(job.options), *_pinned(job)]
    asked = Markup("as export {}, by {}").format(
        job.number, _by_whom(job.requested_by, job.created_at)
    )
    facts.append(Fact("Asked for", asked))
    if job.started_at is not None:
        facts.append(Fact("Begun", moment(job.started_at)))
    if job.finished_at is not None:
        facts.append(Fact("Ended", moment(job.finished_at)))
    if job.record is not None:
        facts += _recorded(job.record)
    return facts


def facts_of_record(record: FileRecord) -> list[Fact]:
    """What a file was made of, by whom and when."""
    return [
        *_selected(record),
        *_asked(record.options),
        *_pinned(record),
        Fact("Made", _by_whom(record.made_by, record.made_at)),
        *_recorded(record),
    ]


def _by_whom(name: str | None, at: datetime) -> str:
    return Markup("{}, {}").format(person_name(name), moment(at))


def _selected(made: WholeJob | FileRecord) -> Iterator[Fact]:
    yield Fact("Ledger", made.currency)
    if made.filters is not None:
        yield Fact("Days", days_words(made.filters))
    for choice in filter_words(made.filters):
        yield Fact(choice.value, choice.text)
    yield Fact("Format", format_title(made.format))
    yield Fact("One line per", _lines(made.granularity, made.group_by))
    if made.compression is not None:
        yield Fact("Compression", made.compression.lower())


def _lines(granularity: str, group_by: Sequence[str] | None) -> str:
    """What a line is of: `journal and month`, `customer and day`."""
    of = ["journal"] if group_by is None else [name.lower() for name in group_by]
    return " and ".join([*of, "day" if granularity == "DAILY" else "month"])


def _asked(options: FileOptions) -> Iterator[Fact]:
    if options.since is not None:
        number = expect(options.since, ExportRecordId, "since").number
        yield Fact("Difference to", record_name(number), page_of_record(number))
    if options.preset is not None:
        yield Fact("Signs of amounts", PRESETS.get(options.preset, options.preset))
    if options.date_form is not None:
        yield Fact("Dates", date_form_words(options.date_form))
    if options.converted_into is not None:
        yield Fact("Converted into", options.converted_into)
    if options.max_rows is not None:
        most = f"{options.max_rows:,}" if options.max_rows else "all in one file"
        yield Fact("Lines a file, at most", most)
    if options.default_account is not None:
        yield Fact("Account without a mapping", options.default_account)
    if options.opens is not None:
        yield Fact("Accounts it opens", OPENINGS.get(options.opens, options.opens))


def _pinned(made: WholeJob | FileRecord) -> Iterator[Fact]:
    yield Fact("As of recording", f"{made.recording:,}")
    if made.audit_head is not None:
        yield _trail(made.audit_head)


def _trail(head: TrailHead) -> Fact:
    return Fact("Audit trail until", f"record {head.number}, {head.hash}", "/audit")


def _recorded(record: FileRecord) -> Iterator[Fact]:
    yield Fact("Entries that count as posted", f"through {day(record.posted_through)}")
    yield Fact("Renderer", f"version {record.renderer}")
    its = urlencode({"kind": "EXPORT", "id": record.number})
    yield Fact("In the audit trail", record_name(record.number), f"/audit?{its}")
