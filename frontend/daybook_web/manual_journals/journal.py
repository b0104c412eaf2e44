"""`/manual-journals/<number>`: one manual journal, and what people do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.adjustments.rules import label
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.kit.ids import encode
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_of, number_in
from daybook_web.kit.guard import Handler
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.requests import requested_link
from daybook_web.kit.running import Refused, Requested, Running
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import is_unchanged, no_news, token_of
from daybook_web.manual_journals.form_results import Handled
from daybook_web.manual_journals.journal_view import ManualJournalView
from daybook_web.manual_journals.query import PATH
from daybook_web.manual_journals.results import ManualJournalPage

OPERATIONS = {
    "submit": "SubmitManualJournal",
    "withdraw": "WithdrawManualJournal",
    "approve": "ApproveManualJournal",
    "reject": "RejectManualJournal",
    "reverse": "ReverseManualJournal",
    "discard": "DiscardManualJournal",
}
"""The mutation of each button."""
WITH_REASON = {"reject", "reverse"}
TO_LIST = Link("Go to the manual journals", PATH)

Form = Mapping[str, str]


def manual_journal(site: Site) -> Handler:
    """Shows a manual journal, and takes the steps that its buttons ask for."""

    async def handle(request: Request) -> Response:
        page = _Page(request, site.running(request), request.path_params["number"])
        return await (page.act() if request.method == "POST" else page.show())

    return handle


@dataclass(slots=True)
class _Page:
    """One request for a manual journal."""

    request: Request
    running: Running
    number: int

    async def show(
        self, form: Form | None = None, problems: Sequence[Problem] = ()
    ) -> Response:
        """The page; after a refused step, with the reason that was typed."""
        found = await self.running.run_kept(ManualJournalPage, {"number": self.number})
        if found.manual_journal is None:
            return self._not_found()
        token = token_of(found)
        if is_unchanged(self.request, token):
            return no_news()
        view = ManualJournalView.of(
            found.manual_journal,
            needs_approval=found.four_eyes.is_on,
            token=token,
            done=self.request.query_params.get("done", ""),
            requested=None if form else requested_link(self.request.query_params),
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
        variables = {
            "id": encode(ManualJournalId(self.number)),
            "version": number_in(form, "version"),
        }
        if name in WITH_REASON:
            variables["reason"] = form.get("reason", "").strip()
        try:
            await self.running.change(OPERATIONS[name], variables, Handled)
        except Requested as requested:
            return RedirectResponse(
                f"{PATH}/{self.number}?done=requested&request={requested.number}",
                status_code=303,
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
        return RedirectResponse(f"{PATH}/{self.number}?done={name}", status_code=303)

    def _not_found(self) -> Response:
        message = f"There is no manual journal {label(self.number)}."
        return error_page(self.request, 404, "Not found", message, [TO_LIST])
