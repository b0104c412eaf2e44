"""`/documents/<id>`: one document, its milestones, and its void."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.access.rules import Permission
from daybook.calendar import day_text
from daybook_graphql.documents.ids import expect_document
from daybook_graphql.execution.operations import OperationFailed
from daybook_web.documents.address import VOID, DocumentAddress
from daybook_web.documents.document_view import JOURNALS, DocumentView
from daybook_web.documents.query import PATH
from daybook_web.documents.results import ActionDone, DocumentPage
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forbidden import forbidden
from daybook_web.kit.formats import sentence
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.guard import Handler
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import is_unchanged, no_news, token_of
from daybook_web.kit.where import note_where

TO_LIST = Link("Go to the documents", PATH)
OPERATIONS = {
    "complete": "CompleteMilestone",
    "reopen": "CompleteMilestone",
    "void": "VoidDocument",
}
"""The mutation of each button."""

Form = Mapping[str, str]


def document(site: Site) -> Handler:
    """Shows a document, and does what its buttons ask for."""

    async def handle(request: Request) -> Response:
        page = _Page(request, site.running(request))
        return await (page.act() if request.method == "POST" else page.show())

    return handle


class _Page:
    """One request for a document."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running
        self.address = DocumentAddress.of(request)

    async def show(
        self, problems: Sequence[Problem] = (), form: Form | None = None
    ) -> Response:
        """The page; after a refused form, with what was typed into it."""
        if not _is_document(self.address.id):
            return self._not_found()
        asked = {self.address.given.get("ask"), (form or {}).get("do")}
        variables = {
            "id": self.address.id,
            "journals": JOURNALS,
            "void": VOID in asked,
        }
        found = await self.running.run_kept(DocumentPage, variables)
        if found.node is None:
            return self._not_found()
        note_where(self.request, found.node.total.currency)
        token = token_of(found)
        if is_unchanged(self.request, token):
            return no_news()
        view = DocumentView.of(
            found,
            found.node,
            self.address,
            today=day_text(await self.running.context.today()),
            token=token,
            typed=form or {},
            problems=problems,
        )
        return respond(self.request, view, status=422 if problems else 200)

    async def act(self) -> Response:
        """Do what a button asks for, and show the page again, or what is wrong."""
        form = await form_of(self.request)
        button = form.get("do", "")
        if button not in OPERATIONS:
            message = "The form was incomplete. Go back and send it again."
            return error_page(
                self.request, 400, "Nothing was changed", message, [TO_LIST]
            )
        if button == "complete" and not form.get("completed_on", "").strip():
            message = "Give the day on which it was reached."
            return await self.show([Problem(form.get("field", ""), message)], form)
        variables = self._variables(button, form)
        try:
            done = await self.running.change(OPERATIONS[button], variables, ActionDone)
        except Refused as refused:
            field = form.get("field", "")
            problems = [
                Problem(field, sentence(fault.message)) for fault in refused.faults
            ]
            self.running = self.running.renewed()
            return await self.show(problems, form)
        except OperationFailed as failed:
            if failed.codes != {"FORBIDDEN"}:
                raise
            here = Link("Go back to the document", self.address.url())
            return await forbidden(self.request, Permission.RECORD, here)
        about = {name: form.get(name, "") for name in ("line", "milestone")}
        address = self.address.after(button, done, about)
        return RedirectResponse(address, status_code=303)

    def _variables(self, button: str, form: Form) -> dict[str, Any]:
        if button == "void":
            reason = form.get("reason", "").strip() or None
            return {"documentId": self.address.id, "reason": reason}
        is_complete = button == "complete"
        return {
            "invoiceId": self.address.id,
            "lineId": form.get("line", ""),
            "milestoneId": form.get("milestone", ""),
            "completedOn": form["completed_on"].strip() if is_complete else None,
        }

    def _not_found(self) -> Response:
        message = "There is no such document."
        return error_page(self.request, 404, "Document not found", message, [TO_LIST])


def _is_document(text: str) -> bool:
    try:
        expect_document(text, "id")
    except GraphQLError:
        return False
    return True
