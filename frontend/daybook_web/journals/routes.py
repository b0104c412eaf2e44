"""The journal report: the journals of a month or of days, with filters and pages."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook_web.journals.documents import DOCUMENT_KINDS, document_suggestions
from daybook_web.journals.downloads import journals_csv
from daybook_web.journals.late import late_counts, late_sums
from daybook_web.journals.list_files import PATH as LIST_PATH
from daybook_web.journals.list_files import journals_list
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.report import Report
from daybook_web.journals.suggestions import (
    KINDS,
    suggestions,
)
from daybook_web.journals.view import (
    LIVE,
)
from daybook_web.kit.guard import HOME
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import nobody


def journals_routes(site: Site) -> list[Route]:
    """The report, its downloads, and suggestions for its filters."""

    async def journals(request: Request) -> Response:
        query = ReportQuery.of(request.query_params)
        return await Report(request, site, query).answer()

    async def body(request: Request) -> Response:
        query = ReportQuery.of(request.query_params)
        return await Report(request, site, query, LIVE).answer()

    return [
        site.guarded("/", home),
        site.guarded("/journals", journals),
        site.guarded("/journals/body", body, stranger=nobody),
        site.guarded("/journals/counts", late_counts(site), stranger=nobody),
        site.guarded("/journals/sums", late_sums(site), stranger=nobody),
        site.guarded("/journals.csv", journals_csv(site.database, site.settings)),
        site.guarded(
            f"{LIST_PATH}.{{suffix}}", journals_list(site.database, site.settings)
        ),
        *(
            site.guarded(f"/suggestions/{kind}", suggestions(site, kind))
            for kind in KINDS
        ),
        *(
            site.guarded(f"/suggestions/{name}", document_suggestions(site, name))
            for name in DOCUMENT_KINDS
        ),
    ]


async def home(_request: Request) -> Response:
    """The first page is the overview."""
    return RedirectResponse(HOME, status_code=302)
