"""Manual journals: the list with what waits, and the routes of one and of its form."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook_graphql.execution.operations import OperationFailed
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.guard import caller_of, note_waiting
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.results import Changed
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import is_unchanged, no_news, token_of
from daybook_web.manual_journals.form import manual_journal_form
from daybook_web.manual_journals.journal import manual_journal
from daybook_web.manual_journals.news import news_of, signed_out
from daybook_web.manual_journals.query import PATH, ListQuery
from daybook_web.manual_journals.results import ManualJournalsPage
from daybook_web.manual_journals.view import ManualJournalsView

PAGE_SIZE = 50
WAITING = 20
"""How many are shown of each kind of what waits."""
DECISIONS = {
    "approve": ("ApproveChange", "changed"),
    "reject": ("RejectChange", "change-rejected"),
    "withdraw": ("WithdrawChange", "change-withdrawn"),
}
"""The mutation of each button, and what the page says after it."""


def manual_journal_routes(site: Site) -> list[Route]:
    """`/manual-journals` and what is below it."""

    async def listing(request: Request) -> Response:
        page = _Page(request, site.running(request))
        return await (page.decide() if request.method == "POST" else page.show())

    form, methods = manual_journal_form(site), ("GET", "POST")
    news = news_of(site)
    return [
        site.guarded(PATH, listing, *methods),
        site.guarded(f"{PATH}/new", form, *methods, stranger=signed_out),
        site.guarded(f"{PATH}/{{number:int}}", manual_journal(site), *methods),
        site.guarded(
            f"{PATH}/{{number:int}}/edit", form, *methods, stranger=signed_out
        ),
        site.guarded(f"{PATH}/{{number:int}}/news", news, stranger=signed_out),
    ]


class _Page:
    """One request for the list."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running
        self.query = ListQuery.of(request.query_params)

    async def show(
        self, problems: tuple[Problem, ...] = (), reason: str = "", request_id: str = ""
    ) -> Response:
        """The list; with problems of its filters, without any filter."""
        problems = (*problems, *self.query.problems())
        query = ListQuery() if self.query.problems() else self.query
        if query["after"] and query["before"]:
            return self._broken()
        try:
            found = await self._load(query)
        except OperationFailed as failed:
            if failed.codes == {"INVALID_CURSOR"}:
                return self._broken()
            if failed.codes == {"NOT_FOUND"}:
                message = "There is no such ledger."
                return error_page(self.request, 404, "Not found", message, [TO_LIST])
            raise
        token = token_of(found)
        if is_unchanged(self.request, token):
            return no_news()
        counts = found.manual_journal_counts
        waiting = counts.waiting_for_me + counts.changes_waiting_for_me
        waiting += found.recurring_manual_journal_counts.waiting_for_me
        note_waiting(self.request, waiting)
        view = ManualJournalsView.of(
            found,
            self.query,
            reader=caller_of(self.request).name,
            token=token,
            done=self.request.query_params.get("done", ""),
            problems=problems,
            typed_reason=reason,
            typed_request=request_id,
        )
        return respond(self.request, view, status=422 if problems else 200)

    async def decide(self) -> Response:
        """Approve, reject or withdraw a change that was requested."""
        form = await form_of(self.request)
        identity, reason = form.get("request", ""), form.get("reason", "").strip()
        if form.get("do") not in DECISIONS:
            message = "The form was incomplete. Go back and send it again."
            return error_page(
                self.request, 400, "Nothing was changed", message, [TO_LIST]
            )
        operation, done = DECISIONS[form["do"]]
        variables = {"id": identity}
        if form["do"] == "reject":
            variables["reason"] = reason
        try:
            await self.running.change(operation, variables, Changed)
        except Refused as refused:
            problems = tuple(
                Problem(
                    f"reason-{identity}" if fault.field == "reason" else "",
                    fault.message,
                )
                for fault in refused.faults
            )
            self.running = self.running.renewed()
            return await self.show(problems, reason, identity)
        return RedirectResponse(f"{PATH}?done={done}", status_code=303)

    async def _load(self, query: ListQuery) -> ManualJournalsPage:
        page: dict[str, Any] = {"first": PAGE_SIZE, "after": query["after"] or None}
        if query["before"]:
            page = {"last": PAGE_SIZE, "before": query["before"]}
        recurring = query.recurring()
        variables = {
            "filter": query.variables(),
            "withWaiting": query.is_whole,
            "recurring": recurring or {},
            "withRecurring": recurring is not None,
            "waiting": WAITING,
            **page,
        }
        return await self.running.run_kept(ManualJournalsPage, variables)

    def _broken(self) -> Response:
        message = (
            "This address does not lead to a page of the list: it was cut or changed."
        )
        return error_page(
            self.request, 400, "Not a page of this list", message, [TO_LIST]
        )


TO_LIST = Link("Go to the manual journals", PATH)
