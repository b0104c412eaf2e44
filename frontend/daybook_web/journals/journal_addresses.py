"""Addresses of the journals of a report, and of what groups are made of. Pure."""

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

from daybook.calendar import day_of, day_text, first_day_of, last_day_of, month_of
from daybook.reports.journals.group_keys import GroupsOf
from daybook_web.journals.parameters import DAYS, POSITIONS, address
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.results import JournalGroup


def journal_url(query: ReportQuery, number: str, **entries: str) -> str:
    """A journal's address, with the parameters that lead back to this page.

    `entries` are the parameters of a page of the journal's entries.
    """
    left_out = {"currency", "print"}
    pairs = [pair for pair in query.pairs() if pair[0] not in left_out]
    return address(
        f"/journals/{query['currency']}/{number}", [*pairs, *entries.items()]
    )


def row_url(query: ReportQuery, number: str, row: int | None) -> str:
    """The address of the journal in a row of the list, whose number is `n`."""
    return row_urls(query)(number, row)


def row_urls(query: ReportQuery) -> Callable[[str, int | None], str]:
    """What gives `row_url` for many rows: the parameters are written once."""
    at, start = POSITIONS["n"], f"/journals/{query['currency']}/"
    pairs = [pair for pair in query.pairs() if pair[0] not in {"currency", "n"}]
    before = urlencode([pair for pair in pairs if POSITIONS[pair[0]] < at])
    after = urlencode([pair for pair in pairs if POSITIONS[pair[0]] > at])

    def url(number: str, row: int | None) -> str:
        place = "" if row is None else f"n={row}"
        parameters = "&".join(filter(None, (before, place, after)))
        return f"{start}{number}{'?' if parameters else ''}{parameters}"

    return url


def group_url(query: ReportQuery, group: JournalGroup) -> str:
    """The address of a group's journals; empty where no filter selects just them.

    That is so for those of a manual journal, and for those that have no customer or
    no product.
    """
    ids = {}
    if group.customer is not None:
        ids["customer"] = group.customer.external_id
    if group.product is not None:
        ids["product"] = group.product.external_id
    if group.document is not None:
        ids[group.document.kind.lower()] = group.document.external_id
    if len(ids) < len(query.groupings or ()):
        return ""
    return query.restarted(
        group_by="", granularity="", **_days_of(query, group.period), **ids
    ).url()


def _days_of(query: ReportQuery, day: date) -> dict[str, str]:
    """The days of a group within the report's, by the day that it is named by."""
    if query["granularity"] == GroupsOf.DAILY:
        return dict.fromkeys(DAYS, day_text(day_of(day)))
    if query["granularity"] == GroupsOf.TOTAL or not query.is_range:
        return {}
    period, month = query.period(), month_of(day_of(day))
    start, end = first_day_of(month), last_day_of(month)
    if period.start is not None:
        start = max(start, period.start)
    if period.end is not None:
        end = min(end, period.end)
    return dict(zip(DAYS, map(day_text, (start, end)), strict=True))
