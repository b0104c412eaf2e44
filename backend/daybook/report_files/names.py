"""The names of reports' files. Pure."""

from collections.abc import Iterator

from daybook.calendar import Day, day_text, month_text
from daybook.ledger.pins import Pin
from daybook.report_files.options import (
    OPTIONS,
    ReportOptions,
    closed_month,
    first_month,
    last_posted,
)


def stem_of(report: str, pin: Pin, options: ReportOptions) -> str:
    """The name of a file without its ending: safe in every file system and header.

    `deferred-revenue-EUR-2026-10-31` is what is posted through October. Whatever makes
    two files differ is in their names, except the values of filters, which may hold any
    text.
    """
    names = {option.name for option in OPTIONS[report]}
    parts = [report, pin.currency]
    if "account" in names:
        parts.append(options.account.name.lower())
    parts += _period(names, pin, options)
    named = options.customer, options.product, options.document, options.author
    recorded = options.recorded_from, options.recorded_to
    if any((*named, *recorded, options.flags)):
        parts.append("filtered")
    if options.open_only:
        parts.append("open")
    if options.apart:
        parts.append("apart")
    if options.as_of is not None:
        parts.append(f"as-of-{day_text(options.as_of)}")
    return "-".join(parts)


def _period(names: set[str], pin: Pin, options: ReportOptions) -> Iterator[str]:
    """The days that the report is of."""
    on = last_posted(options, pin.today)
    if "account" in names:  # a roll-forward goes by months, and ends with a day
        yield f"{month_text(first_month(options, on))}-to-{day_text(on)}"
    elif "month" in names:
        yield month_text(closed_month(options, pin.today))
    elif "on" in names:
        yield day_text(on)
    else:
        yield _days(options.since, options.until)


def _days(first: Day | None, last: Day | None) -> str:
    if first is None:
        return "all" if last is None else f"until-{day_text(last)}"
    if last is None:
        return f"from-{day_text(first)}"
    return f"{day_text(first)}-to-{day_text(last)}"
