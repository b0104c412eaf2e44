"""The routes of the reports: pages, files, and news of their ledgers."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook_web.kit.guard import Handler
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import nobody
from daybook_web.reports.address import DEFERRED, PATH
from daybook_web.reports.downloads import report_file
from daybook_web.reports.kinds import KINDS, ReportKind
from daybook_web.reports.news import report_news
from daybook_web.reports.page import ReportPage
from daybook_web.reports.suggestions import document_suggestions


def report_routes(site: Site) -> list[Route]:
    """`/reports` and what is below it."""
    routes = [
        site.guarded(PATH, first_report),
        site.guarded(f"{PATH}/documents", document_suggestions(site)),
    ]
    for kind in KINDS:
        path, report = f"{PATH}/{kind.report.name}", kind.report
        routes += [
            site.guarded(path, _page(site, kind)),
            site.guarded(f"{path}/news", report_news(site, report), stranger=nobody),
            site.guarded(
                f"{path}.{{suffix}}",
                report_file(site.database, site.settings, report.name),
            ),
        ]
        if report.has_late_sums:
            routes.append(
                site.guarded(f"{path}/sums", _sums(site, kind), stranger=nobody)
            )
    return routes


async def first_report(request: Request) -> Response:
    """The reports begin with the first of them, of the same ledger and day."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{PATH}/{DEFERRED.name}{query}", status_code=302)


def _sums(site: Site, kind: ReportKind) -> Handler:
    async def sums(request: Request) -> Response:
        return await ReportPage(request, site.running(request), kind).sums()

    return sums


def _page(site: Site, kind: ReportKind) -> Handler:
    async def page(request: Request) -> Response:
        return await ReportPage(request, site.running(request), kind).answer()

    return page
