"""`/manual-journals/recurring/<number>`: one of them, and what people do with it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.adjustments.recurring.rules import label
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.ids import encode
from daybook_graphql.recurring.ids import RecurrenceId
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_of, number_in
from daybook_web.kit.guard import Handler
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import is_unchanged, no_news, token_of
from daybook_web.recurring.recurrence_view import RecurrenceView
from daybook_web.recurring.results import (
    RecurrenceHandled,
    RecurringManualJournalPage,
)
from daybook_web.recurring.words import PATH

OPERATIONS = {
    "submit": "SubmitRecurringManualJournal",
    "withdraw": "WithdrawRecurringManualJournal",
    "approve": "ApproveRecurringManualJournal",
    "reject": "RejectRecurringManualJournal",
    "end": "EndRecurringManualJournal",
}
"""The mutation of each button."""
WITH_REASON = {"reject", "end"}
SHOWN = 24
"""How many journals it made are shown: two years."""
DATES = 6
TO_LIST = Link("Go to the recurring manual journals", PATH)

Form = Mapping[str, str]


def recurrence_page(site: Site) -> Handler:
    """Shows a recurring manual journal, and takes the steps of its buttons."""

    async def handle(request: Request) -> Response:
        page = _Page(request, site.running(request), request.path_params["number"])
        return await (page.act() if request.method == "POST" else page.show())

    return handle


@dataclass(slots=True)
class _Page:
    """One request for a recurring manual journal."""

    request: Request
    running: Running
    number: int

    async def show(
        self, form: Form | None = None, problems: Sequence[Problem] = ()
    ) -> Response:
        """The page; after a refused step, with the reason that was typed."""
        query = self.request.query_params
        variables = {
            "number": self.number,
            "first": SHOWN,
            "after": query.get("after"),
            "dates": DATES,
        }
        try:
            found = await self.running.run_kept(RecurringManualJournalPage, variables)
        except OperationFailed as failed:
            if failed.codes != {"INVALID_CURSOR"}:
                raise
            message = "This address was cut or changed."
            return error_page(
                self.request, 400, "Not a page of this list", message, [TO_LIST]
            )
        if found.recurring_manual_journal is None:
            message = f"There is no recurring manual journal {label(self.number)}."
            return error_page(self.request, 404, "Not found", message, [TO_LIST])
        token = token_of(found)
        if is_unchanged(self.request, token):
            return no_news()
        view = RecurrenceView.of(
            found.recurring_manual_journal,
            needs_approval=found.four_eyes.is_on,
            after=query.get("after", ""),
            token=token,
            today=await self.running.context.today(),
            done=query.get("done", ""),
            made=query.get("made", "").split(","),
            reason=(form or {}).get("reason", ""),
            problems=problems,
        )
        return respond(self.request, view, status=422 if problems else 200)

    async def act(self) -> Response:
        """Take a step and show the page again, or what is wrong."""
        form = await form_of(self.request)
        name = form.get("do", "")
        if name not in OPERATIONS:
            message = "The form was incomplete. Go back and send it again."
            return error_page(
                self.request, 400, "Nothing was changed", message, [TO_LIST]
            )
        variables: dict[str, str | int | None] = {
            "id": encode(RecurrenceId(self.number)),
            "version": number_in(form, "version"),
        }
        if name in WITH_REASON:
            reason = form.get("reason", "").strip()
            variables["reason"] = reason if reason or name == "reject" else None
        try:
            done = await self.running.change(
                OPERATIONS[name], variables, RecurrenceHandled
            )
        except Refused as refused:
            problems = [
                Problem(
                    f"{name}-reason" if fault.field == "reason" else "", fault.message
                )
                for fault in refused.faults
            ]
            self.running = self.running.renewed()
            return await self.show(form, problems)
        if name == "submit":
            name = STATES[done.recurring_manual_journal.status]
        url = page_after(self.number, name, done.made)
        return RedirectResponse(url, status_code=303)


def page_after(number: int, done: str, made: Collection[int] = ()) -> str:
    """The page of a recurring journal after a step, which `made` these at once."""
    given = {"done": done}
    if made:
        given["made"] = ",".join(map(str, made))
    return f"{PATH}/{number}?{urlencode(given)}"


STATES = {"ACTIVE": "active", "SUBMITTED": "submitted"}
"""What the page says after a submission, by the state that it led to."""
