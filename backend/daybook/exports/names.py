"""The names of files: ledger, period, granularity, and what else was selected."""

from collections.abc import Iterator

from daybook.calendar import (
    Day,
    Month,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
)
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats import DEFAULT
from daybook.exports.formats.contract import Opens
from daybook.reports.journals.filters import JournalFilter

ARCHIVE_SUFFIX = ".zip"
"""What the name of a file that is split into parts ends with."""


def is_archive_name(name: str) -> bool:
    """Whether a file of this name is an archive of parts."""
    return name.lower().endswith(ARCHIVE_SUFFIX)


def plain_of(name: str) -> str:
    """A name without the suffix of archives."""
    return name[: -len(ARCHIVE_SUFFIX)] if is_archive_name(name) else name


def file_name(
    spec: FileSpec, as_of: Day | None = None, *, is_archive: bool = False
) -> str:
    """The name of a file: safe in every file system, address and header.

    `journals-GBP-2026-10-daily.csv` is all that is posted in October. Whatever makes
    two files differ is in their names, except the values of filters and the default
    account, which may hold any text.
    """
    journal_filter, by, file_format = spec.journal_filter, spec.by, spec.file_format
    parts = ["journals", spec.pin.currency, period_name(journal_filter)]
    parts.append(spec.granularity.value)
    if by is not None:
        parts += (
            ["by", *(grouping.value for grouping in by)] if by else ["by", "period"]
        )
    if file_format is not DEFAULT and file_format.suffix == DEFAULT.suffix:
        parts.append(file_format.name.lower())
    parts += _options(spec.options)
    parts += selection_names(
        journal_filter, as_of, has_end=spec.options.since is not None
    )
    if is_archive:
        return f"{'-'.join(parts)}{ARCHIVE_SUFFIX}"
    compressed = spec.compression.suffix if spec.compression else ""
    return f"{'-'.join(parts)}.{file_format.suffix}{compressed}"


def selection_names(
    journal_filter: JournalFilter, as_of: Day | None, *, has_end: bool = False
) -> Iterator[str]:
    """What was selected beside the period; a file that `has_end` needs no `on`."""
    if journal_filter.sources is not None or journal_filter.narrows_journals():
        yield "filtered"
    if journal_filter.include_scheduled:
        yield "with-scheduled"
    if journal_filter.on is not None and not has_end:
        yield f"posted-to-{day_text(journal_filter.on)}"
    if as_of is not None:
        yield f"as-of-{day_text(as_of)}"


def _options(options: FileOptions) -> Iterator[str]:
    """The options that were asked for and make other bytes or parts."""
    if options.since is not None:  # in the form of that file
        yield f"since-{options.since}"
        return
    if options.preset is not None:
        yield options.preset.value
    if options.date_form is not None:
        yield f"dates-{options.date_form.name.lower().replace('_', '-')}"
    if options.converts:
        yield "converted"
    if options.default_account is not None:
        yield "default-account"
    if options.opens is not Opens.USED:
        yield f"opens-{options.opens.value}"
    if options.max_rows is not None:
        yield f"{options.max_rows}-rows" if options.max_rows else "one-file"


def period_name(journal_filter: JournalFilter) -> str:
    """The selected posting dates; whole months and years by their own names."""
    start, end = journal_filter.posted_from, journal_filter.posted_to
    if start is None:
        return "all" if end is None else f"until-{_end(end)}"
    if end is None:
        return f"from-{_start(start)}"
    first, last = month_of(start), month_of(end)
    names = day_text(start), day_text(end)
    if start == first_day_of(first) and end == last_day_of(last):
        names = _months(first, last)
    return names[0] if names[0] == names[1] else f"{names[0]}-to-{names[1]}"


def _months(first: Month, last: Month) -> tuple[str, str]:
    """The names of two months, or of their years if they begin and end one."""
    names = month_text(first), month_text(last)
    if names[0].endswith("-01") and names[1].endswith("-12"):
        return names[0][:4], names[1][:4]
    return names


def _start(day: Day) -> str:
    month = month_of(day)
    return month_text(month) if day == first_day_of(month) else day_text(day)


def _end(day: Day) -> str:
    month = month_of(day)
    return month_text(month) if day == last_day_of(month) else day_text(day)
