"""One request for a page of the dataset, and what can be wrong with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from daybook_graphql.execution.operations import OperationFailed
from daybook_web.gl_reports.address import Address
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.formats import sentence
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.site import Site

ROWS = 50
"""How many rows a page of a list has."""
CURSORS = {"INVALID_CURSOR", "INVALID_PAGE"}
PERIODS = {"INVALID_PERIOD", "TOO_LARGE"}


class Page:
    """One request for a page of the dataset."""

    def __init__(self, request: Request, site: Site, path: str) -> None:
        self.request = request
        self.running = site.running(request)
        self.address = Address.of(path, request.query_params)

    async def answer(self) -> Response:
        """What the address asks for, or what is wrong with it."""
        problems = self.problems()
        if problems:
            return await self._refuse(problems)
        try:
            return respond(self.request, await self.view(self.variables()))
        except OperationFailed as failed:
            if failed.codes <= PERIODS:
                errors = [sentence(error.message) for error in failed.errors]
                return await self._refuse([Problem("", text) for text in errors])
            return self._missing(failed)

    def problems(self) -> list[Problem]:
        """What is wrong with the address."""
        return self.address.problems()

    def variables(self) -> Mapping[str, Any]:
        """What the operation takes of an address without problems."""
        raise NotImplementedError

    async def view(
        self, variables: Mapping[str, Any] | None, problems: Sequence[Problem] = ()
    ) -> View:
        """The page; without variables, nothing of the dataset is asked for."""
        raise NotImplementedError

    async def _refuse(self, problems: Sequence[Problem]) -> Response:
        return respond(self.request, await self.view(None, problems), status=422)

    def _missing(self, failed: OperationFailed) -> Response:
        """The page for a refresh, or a page of lines, that there isn't."""
        if failed.codes <= CURSORS:
            message = "There is no such page of the list. It begins on the first one."
            links = (Link("Go to the first page", self.address.url()),)
            return error_page(self.request, 404, "Page not found", message, links)
        if failed.codes == {"NOT_FOUND"}:
            message = sentence(failed.errors[0].message)
            links = (Link("Show the dataset as it is now", self.address.path),)
            return error_page(self.request, 404, "Not in the dataset", message, links)
        raise failed
