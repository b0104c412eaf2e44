"""`/exports`: all exports with what can be done with each, and files of commands."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook_graphql.execution.operations import OperationFailed
from daybook_web.exports.acting import act_on_export
from daybook_web.exports.list_query import PATH, ExportsQuery
from daybook_web.exports.list_view import ExportsView
from daybook_web.exports.results import ExportsPage
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.guard import Handler
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.site import Site

WRONG = {"INVALID_CURSOR", "INVALID_VALUE"}
"""The codes of an address that names what isn't there."""
TO_LIST = Link("Go to the exports", PATH)


def export_list(site: Site) -> Handler:
    """The list; its buttons cancel an export, or make one again."""

    async def handle(request: Request) -> Response:
        query = ExportsQuery.of(request.query_params)
        page = _Page(request, site.running(request), query)
        return await (page.act() if request.method == "POST" else page.show())

    return handle


@dataclass(slots=True)
class _Page:
    """One request for the list."""

    request: Request
    running: Running
    query: ExportsQuery

    async def show(self, refused: Sequence[Problem] = ()) -> Response:
        """The list, with what a button was refused for.

        It has no rows where the address doesn't fit.
        """
        problems = self.query.problems()
        if not problems:
            try:
                variables = {**self.query.variables(), "withRows": True}
                found = await self.running.run(ExportsPage, variables)
            except OperationFailed as failed:
                if not failed.codes <= WRONG:
                    raise
                problems = [Problem("", error.message) for error in failed.errors]
        if problems:
            form = {"withRows": False, "files": 1}
            found = await self.running.run(ExportsPage, form)
        problems = [*problems, *refused]
        view = ExportsView.of(
            found, self.query, key=secrets.token_urlsafe(16), problems=problems
        )
        return respond(self.request, view, status=422 if problems else 200)

    async def act(self) -> Response:
        """Do what a button asks for, and show the same page of the list."""
        try:
            is_done = await act_on_export(self.running, await form_of(self.request))
        except Refused as refused:
            return await self.show(
                [Problem("", fault.message) for fault in refused.faults]
            )
        if not is_done:
            message = "The form was incomplete. Go back and send it again."
            title = "Nothing was changed"
            return error_page(self.request, 400, title, message, [TO_LIST])
        return RedirectResponse(f"{self.query.here()}#exports", status_code=303)
