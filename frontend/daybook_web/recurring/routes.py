"""Recurring manual journals: the list, and the routes of one and of its form."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook_graphql.execution.operations import OperationFailed
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.rendering import respond
from daybook_web.kit.site import Site
from daybook_web.recurring.form import recurrence_form
from daybook_web.recurring.recurrence import TO_LIST, recurrence_page
from daybook_web.recurring.results import RecurringManualJournalsPage
from daybook_web.recurring.view import RecurrencesView
from daybook_web.recurring.words import PATH

PAGE_SIZE = 50


def recurring_routes(site: Site) -> list[Route]:
    """`/manual-journals/recurring` and what is below it."""

    async def listing(request: Request) -> Response:
        query = request.query_params
        variables: dict[str, Any] = {"first": PAGE_SIZE, "after": query.get("after")}
        if query.get("before"):
            variables = {"last": PAGE_SIZE, "before": query["before"]}
        try:
            running = site.running(request)
            found = await running.run_kept(RecurringManualJournalsPage, variables)
        except OperationFailed as failed:
            if failed.codes != {"INVALID_CURSOR"}:
                raise
            message = "This address was cut or changed."
            return error_page(
                request, 400, "Not a page of this list", message, [TO_LIST]
            )
        return respond(request, RecurrencesView.of(found))

    form, methods = recurrence_form(site), ("GET", "POST")
    return [
        site.guarded(PATH, listing),
        site.guarded(f"{PATH}/new", form, *methods),
        site.guarded(f"{PATH}/{{number:int}}", recurrence_page(site), *methods),
        site.guarded(f"{PATH}/{{number:int}}/edit", form, *methods),
    ]
