"""One journal: how its amount came about, and the document behind it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook.numbers import read_number
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.journals.filters import variables_of
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import encode, read_currency
from daybook_web.journal_detail.address import Address
from daybook_web.journal_detail.news import journal_news
from daybook_web.journal_detail.results import JournalDetail
from daybook_web.journal_detail.view import JournalView
from daybook_web.journals.query_problems import problems_of
from daybook_web.kit.error_pages import TO_REPORT, error_page
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import nobody


def journal_detail_routes(site: Site) -> list[Route]:
    """`/journals/{currency}/{number}`, followed by the report's own parameters."""

    async def journal(request: Request) -> Response:
        currency, number = (request.path_params[n] for n in ("currency", "number"))
        try:
            journal_id = JournalId(read_currency(currency), read_number(number))
        except ValueError:
            return _not_found(request, currency, number)
        address = Address.of(currency, number, request.query_params)
        try:
            recording = read_number(address.recording) if address.recording else None
        except ValueError:
            return _no_recording(request, address)
        variables = {
            "id": encode(journal_id),
            "asOf": None if recording else address.report["as_of"] or None,
            "asOfRecording": None if recording is None else str(recording),
            "withPresent": address.is_of_the_past,
        }
        running = site.running(request)
        listed = _list_of(address)
        try:
            try:
                found = await running.run_kept(JournalDetail, variables | listed)
            except OperationFailed:
                if not listed:
                    raise
                # A list that isn't there any more takes nothing from its journals. What
                # failed may have cancelled reads that the same context still waits for.
                running = site.running(request)
                found = await running.run_kept(JournalDetail, variables)
        except OperationFailed as failed:
            if recording is None or failed.codes != {"NOT_FOUND"}:
                raise
            return _no_recording(request, address)
        if found.journal is None:
            return _not_found(request, currency, number)
        pin = (await running.context.pins())[found.journal.ledger.currency]
        at = running.context.now
        view = JournalView.of(found.journal, found, address, (pin, at))
        return respond(request, view)

    path = "/journals/{currency}/{number}"
    return [
        site.guarded(path, journal),
        site.guarded(f"{path}/news", journal_news(site), stranger=nobody),
    ]


def _not_found(request: Request, currency: str, number: str) -> Response:
    message = f"There is no journal {number} in a {currency} ledger."
    return error_page(request, 404, "Journal not found", message)


def _list_of(address: Address) -> dict[str, Any]:
    """The variables of the list that an address comes from, if it is of journals.

    The list is of the present, or of its own as-of day: a journal as a recording left
    it stands beside the journals that surround it now.
    """
    report = address.report
    is_list = report.has_period and report.groupings is None
    if not is_list or problems_of(report) or not report.is_of_a_page:
        return {}
    selected = variables_of(report.selection(report.period()))
    beside = "withPresentList" if address.recording else "withList"
    return {"list": selected, "order": report.order, beside: True}


def _no_recording(request: Request, address: Address) -> Response:
    url = address.after("").url()
    links = [Link("Go to the journal as it is now", url), TO_REPORT]
    message = f"There is no recording {address.recording} of this ledger."
    return error_page(request, 404, "Recording not found", message, links)
