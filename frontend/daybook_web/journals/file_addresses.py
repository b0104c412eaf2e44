"""Addresses of a report's files, and of the page that exports its journals. Pure."""

from daybook.calendar import day_text, month_text
from daybook.exports.formats import DEFAULT
from daybook.reports.journals.filters import FILTERS
from daybook.reports.journals.group_keys import Granularity
from daybook_web.journals.parameters import DAYS, NO, YES, address
from daybook_web.journals.periods import Period
from daybook_web.journals.query import ReportQuery

FORMAT = DEFAULT.name
"""The format of downloads."""


def csv_url(
    query: ReportQuery, period: Period, granularity: str, *, with_scheduled: bool
) -> str:
    """The address of the journals as a file, with or without scheduled entries."""
    pairs = [("currency", query["currency"]), ("format", FORMAT)]
    pairs.append(("granularity", granularity))
    pairs += _selecting(query, period)
    pairs += [("include_scheduled", YES)] if with_scheduled else []
    return address("/journals.csv", pairs)


def list_url(
    query: ReportQuery, period: Period, form: str, *, with_scheduled: bool
) -> str:
    """The address of all rows of the list as a file, in the order of the list."""
    pairs = [("currency", query["currency"]), *_selecting(query, period)]
    kept = {"granularity", "sort"}
    pairs += [pair for pair in query.pairs() if pair[0] in kept]
    pairs.append(("include_scheduled", YES if with_scheduled else NO))
    return address(f"/journals/list.{form}", pairs)


def export_url(query: ReportQuery, period: Period) -> str:
    """The address of the page that exports a report's journals."""
    # Files are of posted entries, unless somebody asks for scheduled ones.
    is_asked = query["include_scheduled"] == YES
    kept = query.restarted(
        include_scheduled=YES if is_asked else "",
        granularity="",
        sort="",
        columns="",
        **({"month": month_text(period.month)} if period.month is not None else {}),
    )
    granularity = query["granularity"]
    is_files = granularity in set(Granularity)  # rows of files are never of all days
    chosen = [("granularity", granularity)] if is_files else []
    return address("/exports/new", [*kept.pairs(), *chosen])


def _selecting(query: ReportQuery, period: Period) -> list[tuple[str, str]]:
    """What selects and groups the journals of a period in the address of a file.

    Without what is said of scheduled entries.
    """
    dates = dict(zip(DAYS, (period.start, period.end), strict=True))
    kept = {*(declared.name for declared in FILTERS), "group_by"}
    kept -= {*DAYS, "include_scheduled"}
    return [
        *((name, day_text(day)) for name, day in dates.items() if day is not None),
        *(pair for pair in query.pairs() if pair[0] in kept),
    ]
