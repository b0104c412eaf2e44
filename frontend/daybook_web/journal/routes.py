"""One journal: its movements, the document behind them, and its daily entries."""

import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response

from daybook.calendar import month_of, parse_day
from daybook_graphql.ids import JournalId, encode
from daybook_graphql.operations import OperationFailed
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.view import Pager
from daybook_web.kit.errors import HOME, Link, error_page
from daybook_web.kit.formats import month
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Pages

PAGE_SIZE = 62
"""Two movements over a month: most journals have one page."""
NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class JournalView:
    """A journal with a page of its entries, and the report to go back to."""

    page: ClassVar[str] = "journal/journal.html"
    fragment: ClassVar[str] = "journal/_entries.html"

    title: str
    journal: Mapping[str, Any]
    back: Link
    back_to: ReportQuery
    as_of: str
    present_url: str
    earlier_url: str
    pager: Pager | None
    is_further_page: bool


def journal_page(pages: Pages) -> Handler:
    """`/journals/{currency}/{number}`, with the report's own parameters behind it."""

    async def journal(request: Request) -> Response:
        currency, number = (request.path_params[n] for n in ("currency", "number"))
        if not (CURRENCY.fullmatch(currency) and NUMBER.fullmatch(number)):
            return _not_found(request, currency, number)
        after = request.query_params.get("entries_after", "")
        before = request.query_params.get("entries_before", "")
        report = ReportQuery.of(request.query_params).put(currency=currency)
        if after and before:
            return _broken_page(request, report.journal_url(number))
        if "as_of" in report.problems():
            report = report.put(as_of="")
        page: dict[str, Any] = {"first": PAGE_SIZE, "after": after or None}
        if before:
            page = {"last": PAGE_SIZE, "before": before}
        identity = {
            "id": encode(JournalId(currency, int(number))),
            "asOf": report["as_of"] or None,
        }
        variables = {**identity, **page}
        try:
            data = await pages.start(request).run("JournalDetail", variables)
        except OperationFailed as failed:
            if failed.codes != {"INVALID_CURSOR"}:
                raise
            return _broken_page(request, report.journal_url(number))
        if data["journal"] is None:
            return _not_found(request, currency, number)
        view = _view(data["journal"], report, is_further_page=bool(after or before))
        return respond(request, view)

    return journal


def _view(
    journal: Mapping[str, Any], report: ReportQuery, *, is_further_page: bool
) -> JournalView:
    number, info = journal["number"], journal["entries"]["pageInfo"]
    previous = next_ = None
    if info["hasPreviousPage"]:
        previous = report.journal_url(number, entries_before=info["startCursor"])
    if info["hasNextPage"]:
        next_ = report.journal_url(number, entries_after=info["endCursor"])
    back_to = _left_report(journal, report)
    text = "Journal report"
    if back_to is not report:
        text = f"Journal report, {month(journal['month'])}"
    return JournalView(
        title=f"Journal {number}, {journal['ledger']['currency']}",
        journal=journal,
        back=Link(text, back_to.url()),
        back_to=back_to,
        as_of=report["as_of"],
        present_url=report.but(as_of="").journal_url(number),
        earlier_url=_earlier_url(journal, report),
        pager=Pager(previous, next_) if previous or next_ else None,
        is_further_page=is_further_page,
    )


def _earlier_url(journal: Mapping[str, Any], report: ReportQuery) -> str:
    """The journal as it was before some of its movements were superseded, if any."""
    day = journal["supersededAfter"]
    return report.but(as_of=day).journal_url(journal["number"]) if day else ""


def _left_report(journal: Mapping[str, Any], report: ReportQuery) -> ReportQuery:
    """The report as it was left, or else that of the journal's month."""
    if [name for name, _ in report.pairs() if name not in {"currency", "as_of"}]:
        return report
    return report.in_month(month_of(parse_day(journal["month"])))


def _not_found(request: Request, currency: str, number: str) -> Response:
    message = f"There is no journal {number} in a {currency} ledger."
    return error_page(request, 404, "Journal not found", message)


def _broken_page(request: Request, url: str) -> Response:
    links = [Link("Go to the journal's first page", url), HOME]
    message = "This address does not lead to a page of entries: it was cut or changed."
    return error_page(request, 400, "Not a page of this journal", message, links)
