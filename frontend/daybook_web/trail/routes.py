"""`/audit` and `/activity`: the pages, and the rows that came in after one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.errors import Rejected
from daybook.reports.trail.filters import read_activity_filter, read_trail_filter
from daybook_graphql.execution.operations import OperationFailed
from daybook_web.kit.forms import Problem, form_of, number_in
from daybook_web.kit.guard import Handler
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import Changed
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.site import Site
from daybook_web.trail.downloads import activity_csv, audit_csv
from daybook_web.trail.query import (
    ListQuery,
    activity_query,
    activity_variables,
    audit_query,
    problems_of,
    trail_variables,
)
from daybook_web.trail.results import ActivityNews, ActivityPage, AuditNews, AuditPage
from daybook_web.trail.view import (
    ActivityView,
    AuditView,
    DismissForm,
    NewRowsView,
    News,
    news_words,
)

DISMISSED = "dismissed"
"""The parameter that names the import that was dismissed just now."""
WRONG = {"INVALID_CURSOR", "INVALID_VALUE", "NOT_FOUND"}
"""The codes of an address that names what isn't there."""


@dataclass(frozen=True, slots=True)
class _List:
    """What differs between the lists: their addresses, operations and views.

    `variables` gives a filter's variables, and raises Rejected for what doesn't fit.
    """

    query: Callable[[QueryParams], ListQuery]
    variables: Callable[[Mapping[str, str]], dict[str, Any]]
    page: type[Any]
    view: Callable[[Any, ListQuery, Sequence[Problem]], View]
    news: type[Any]
    count: Callable[[Any], int]


AUDIT = _List(
    query=audit_query,
    variables=lambda texts: trail_variables(read_trail_filter(texts)),
    page=AuditPage,
    view=AuditView.of,
    news=AuditNews,
    count=lambda found: len(found.audit_trail.nodes),
)
ACTIVITY = _List(
    query=activity_query,
    variables=lambda texts: activity_variables(read_activity_filter(texts)),
    page=ActivityPage,
    view=ActivityView.of,
    news=ActivityNews,
    count=lambda found: len(found.activity.nodes),
)


def trail_routes(site: Site) -> list[Route]:
    """Both lists, as pages and as files."""
    return [
        site.guarded("/audit", _page(site, AUDIT)),
        site.guarded("/audit/new", _news(site, AUDIT)),
        site.guarded("/audit.csv", audit_csv(site.database)),
        site.guarded("/activity", _activity(site), "GET", "POST"),
        site.guarded("/activity/new", _news(site, ACTIVITY)),
        site.guarded("/activity.csv", activity_csv(site.database)),
    ]


def _page(site: Site, listed: _List) -> Handler:
    """The page of a list."""

    async def page(request: Request) -> Response:
        return await _show(request, site.running(request), listed)

    return page


def _activity(site: Site) -> Handler:
    """The page of the activity log, whose forms dismiss failed imports."""

    async def page(request: Request) -> Response:
        running = site.running(request)
        if request.method == "POST":
            return await _dismiss(request, running)
        number = number_in(request.query_params, DISMISSED)
        view = partial(ActivityView.of, dismissed=str(number) if number else "")
        return await _show(request, running, replace(ACTIVITY, view=view))

    return page


async def _dismiss(request: Request, running: Running) -> Response:
    """Dismiss a failed import, and show the list again."""
    form, query = await form_of(request), activity_query(request.query_params)
    number, reason = number_in(form, "number"), form.get("reason", "")
    try:
        given = {"number": str(number), "reason": reason}
        await running.change("DismissImport", given, Changed)
    except Refused as refused:
        problems = [Problem("reason", fault.message) for fault in refused.faults]
        sent = DismissForm(str(number), reason, problems)
        listed = replace(ACTIVITY, view=partial(ActivityView.of, form=sent))
        return await _show(request, running.renewed(), listed, status=422)
    address = query.url(**query.page, **{DISMISSED: str(number)})
    return RedirectResponse(address, 303)


async def _show(
    request: Request, running: Running, listed: _List, status: int = 200
) -> Response:
    """A list; its filters alone where the address doesn't fit."""
    query = listed.query(request.query_params)
    try:
        found = await _found(listed, query, running)
    except Rejected as rejected:
        problems = problems_of(rejected)
    except OperationFailed as failed:
        problems = _problems(failed)
    else:
        return respond(request, listed.view(found, query, []), status=status)
    form = await running.run(listed.page, {"withRows": False})
    return respond(request, listed.view(form, query, problems), status=422)


async def _found(listed: _List, query: ListQuery, running: Running) -> Any:
    """The selected rows; raises Rejected or OperationFailed for what doesn't fit."""
    wanted = listed.variables(query.texts)
    variables = {"filter": wanted, "withRows": True, **query.page_variables()}
    return await running.run(listed.page, variables)


def _problems(failed: OperationFailed) -> list[Problem]:
    """What an address names that isn't there; raises any other error again."""
    if not failed.codes <= WRONG:
        raise failed
    found = []
    for error in failed.errors:
        paths = [problem["path"][-1] for problem in error.problems] or [""]
        found += [Problem(str(path), error.message) for path in paths]
    return found


def _news(site: Site, listed: _List) -> Handler:
    """How many rows came in after a page, with a link to them."""

    async def news(request: Request) -> Response:
        query = listed.query(request.query_params)
        variables = {
            "filter": listed.variables(query.texts),
            "before": query.page.get("before"),
        }
        found = await site.running(request).run(listed.news, variables)
        address = query.url(f"{query.path}/new", **query.page)
        words = news_words(listed.count(found))
        return respond(request, NewRowsView(News(address, query.url(), words)))

    return news
