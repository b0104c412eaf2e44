"""`/exports/new`: a file's options and preflight, and the button that exports it."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.access.rules import Permission
from daybook.calendar import (
    day_text,
    first_day_of,
    month_of,
    month_text,
    parse_month,
)
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.exports.acting import act_on_export, key_of
from daybook_web.exports.list_query import is_currency
from daybook_web.exports.query import SINCE, ExportQuery
from daybook_web.exports.results import NewExportPage
from daybook_web.exports.view import NewExportView
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.guard import Handler, caller_of
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond, wants_fragment
from daybook_web.kit.results import Changed
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.site import Site
from daybook_web.kit.usual_format import usual_format
from daybook_web.kit.where import note_where

CHECK = "check"
"""What the form's button is called that only checks."""
PART = "exports/_new_export.html"
"""All of the page that depends on the form's choices."""
PART_ID = "div#new-export"
"""What htmx calls it."""
LAST = 5
"""How many of the last exports are shown."""
FIELDS = {
    "maxRows": "max_rows",
    "dateForm": "date_form",
    "defaultAccount": "default_account",
    **{
        name: name
        for name in (
            *("format", "granularity", "compress", "preset", "convert", "opens"),
            SINCE,
        )
    },
}
"""The page's fields by the input's fields; problems of others are of no field."""
TO_REPORT = Link("Go to the report", "/journals")


def new_export(site: Site) -> Handler:
    """`/exports/new`, which a form is sent to for an export of what it shows."""

    async def handle(request: Request) -> Response:
        query = ExportQuery.of(request.query_params)
        page = _Page(request, site.running(request), query)
        return await (page.export() if request.method == "POST" else page.show())

    return handle


@dataclass(slots=True)
class _Page:
    """One request for the page."""

    request: Request
    running: Running
    query: ExportQuery

    async def show(
        self, problems: Sequence[Problem] = (), *, is_checked_again: bool = False
    ) -> Response:
        """The page; where something is wrong, without a preflight.

        Without a ledger, a period or a format in the address it redirects to one that
        has them.
        """
        report = self.query.report
        problems = [*problems, *self._own_problems()]
        if not report["currency"] or not self.query.has_selection:
            return await self._complete()
        if self._may_begin_elsewhere(problems):
            found = await self._load(with_preflight=False)
            usual = usual_format(record.format for record in found.posted.nodes)
            if usual:
                return RedirectResponse(self.query.url(format=usual), status_code=303)
        may_export = caller_of(self.request).may(Permission.EXPORT)
        is_part = self.request.headers.get("hx-target") == PART_ID
        is_list = wants_fragment(self.request) and not is_part
        wants = may_export and not is_list and not problems
        try:
            found = await self._load(with_preflight=wants)
        except OperationFailed as failed:
            refused = _by_field(
                (_field(problem["path"][1:]), problem["message"])
                for error in failed.errors
                for problem in error.problems
            )
            if not refused:
                return self._no_ledger(failed)
            problems = refused
            found = await self._load(with_preflight=False)
        if report["currency"] not in {ledger.currency for ledger in found.ledgers}:
            return self._no_ledger()
        note_where(self.request, report["currency"])
        view = NewExportView.of(
            found,
            self.query,
            self._words(),
            key=secrets.token_urlsafe(16),
            problems=problems,
            is_checked_again=is_checked_again,
        )
        status = 422 if problems or is_checked_again else 200
        part = PART if is_part else ""
        return respond(self.request, view, status=status, part=part)

    async def export(self) -> Response:
        """Request the export and show it in the list, or what is wrong with it.

        A file that was chosen since the page checked another is checked first. The
        list's forms cancel one of its exports, or request it again.
        """
        form = await form_of(self.request)
        sent = self.query.sent(form)
        if form.get("do") == CHECK:
            return RedirectResponse(sent.url(), status_code=303)
        if sent is not self.query and not sent.makes_the_same(self.query):
            self.query = sent
            return await self.show(is_checked_again=True)
        report = self.query.report
        is_whole = report["currency"] and self.query.has_selection
        if self._own_problems() or not is_whole:
            return await self.show()
        try:
            if not await act_on_export(self.running, form):
                wanted = self.query.variables()
                given = {**wanted, "idempotencyKey": key_of(form)}
                await self.running.change("CreateExport", given, Changed)
        except Refused as refused:
            problems = [
                # What the target would not take is the file's, and no field's.
                ("" if fault.code == "UNLOADABLE" else _field((fault.field,)), fault)
                for fault in refused.faults
            ]
            return await self.show(
                _by_field((field, fault.message) for field, fault in problems)
            )
        return RedirectResponse(f"{self.query.url()}#exports", status_code=303)

    def _may_begin_elsewhere(self, problems: Sequence[Problem]) -> bool:
        """Whether a format is still to be chosen."""
        is_chosen = self.query["format"] or self.query[SINCE]
        return not (is_chosen or problems or wants_fragment(self.request))

    def _words(self) -> str:
        """The days of the file; a difference has those of the file that it is to."""
        if self._own_problems() or self.query[SINCE]:
            return ""
        return self.query.report.period().words

    def _own_problems(self) -> list[Problem]:
        return [
            Problem(name if name in FIELDS.values() else "", text)
            for name, text in self.query.problems().items()
        ]

    async def _load(self, *, with_preflight: bool) -> NewExportPage:
        wanted: dict[str, Any] = {"ledgerId": encode(LedgerId("USD"))}
        if with_preflight:
            wanted = self.query.variables()
        report = self.query.report
        currency = report["currency"]
        variables: dict[str, Any] = {
            "input": wanted,
            "withPreflight": with_preflight,
            "first": LAST,
            "currency": currency if is_currency(currency) else None,
        }
        if with_preflight and not self.query[SINCE] and report["month"]:
            first = day_text(first_day_of(parse_month(report["month"])))
            variables |= {
                "ledgerId": wanted["ledgerId"],
                "month": first,
                "withMonth": True,
            }
        return await self.running.run(NewExportPage, variables)

    async def _complete(self) -> Response:
        """Redirect to the same page of a ledger and a period."""
        found = await self._load(with_preflight=False)
        if not found.ledgers:
            return RedirectResponse("/journals", status_code=303)
        report = self.query.report
        currency = report["currency"] or found.ledgers[0].currency
        month = report["month"]
        if not self.query.has_selection:
            month = month_text(month_of(await self.running.context.today()))
        known = report.with_values(currency=currency, month=month)
        url = ExportQuery(known, self.query.own).url()
        return RedirectResponse(url, status_code=303)

    def _no_ledger(self, failed: OperationFailed | None = None) -> Response:
        if failed is not None and failed.codes != {"NOT_FOUND"}:
            raise failed
        message = "There is no ledger in that currency."
        return error_page(self.request, 404, "Ledger not found", message, [TO_REPORT])


def _by_field(found: Iterable[tuple[str, str]]) -> list[Problem]:
    """Problems as the form shows them: those of one field together."""
    of_fields: dict[str, list[str]] = {}
    problems = []
    for field, message in found:
        if field:
            of_fields.setdefault(field, []).append(message)
        else:
            problems.append(Problem("", message))
    return [
        *(Problem(field, "; ".join(said)) for field, said in of_fields.items()),
        *problems,
    ]


def _field(path: Sequence[str]) -> str:
    """The page's field that a problem's path leads to; empty if there is none."""
    return FIELDS.get(path[0], "") if path else ""
