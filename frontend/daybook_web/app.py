"""The routes of all pages and static files, for the application to put in place."""

from collections.abc import Callable

from starlette.routing import Route

from daybook_web.access.routes import access_routes
from daybook_web.account.routes import account_routes
from daybook_web.closing.lock import lock_routes
from daybook_web.closing.routes import closing_routes
from daybook_web.datasets.routes import dataset_routes
from daybook_web.documents.routes import document_routes
from daybook_web.evidence.routes import evidence_routes
from daybook_web.explorer.routes import explorer_routes
from daybook_web.exports.routes import export_routes
from daybook_web.general_ledger.importing import gl_importing_routes
from daybook_web.general_ledger.reconciliation import reconciliation_routes
from daybook_web.general_ledger.routes import general_ledger_routes
from daybook_web.general_ledger.xero import xero_routes
from daybook_web.gl_reports.routes import gl_report_routes
from daybook_web.importing.routes import importing_routes
from daybook_web.integrations.routes import integration_routes
from daybook_web.journal_detail.routes import journal_detail_routes
from daybook_web.journals.routes import journals_routes
from daybook_web.kit.live import live_routes
from daybook_web.kit.site import Site
from daybook_web.kit.static_files import static_route
from daybook_web.mail.routes import mail_routes
from daybook_web.manual_journals.routes import manual_journal_routes
from daybook_web.recurring.routes import recurring_routes
from daybook_web.reports.routes import report_routes
from daybook_web.saved_filters.routes import saved_filter_routes
from daybook_web.settings.routes import settings_routes
from daybook_web.signing_in.routes import sign_in_routes
from daybook_web.trail.routes import trail_routes
from daybook_web.webhooks.routes import webhook_routes

GROUPS: tuple[Callable[[Site], list[Route]], ...] = (
    explorer_routes,
    live_routes,
    sign_in_routes,
    journals_routes,
    journal_detail_routes,
    report_routes,
    closing_routes,
    lock_routes,
    manual_journal_routes,
    recurring_routes,
    importing_routes,  # before the pages of documents by their ids
    document_routes,
    evidence_routes,
    export_routes,
    settings_routes,
    integration_routes,
    general_ledger_routes,
    gl_importing_routes,
    gl_report_routes,
    xero_routes,
    reconciliation_routes,
    dataset_routes,
    trail_routes,
    saved_filter_routes,
    webhook_routes,
    access_routes,
    mail_routes,
    account_routes,
)
"""The page groups: each brings its routes, views and templates in a folder."""


def page_routes(site: Site) -> list[Route]:
    """The pages of a site, and what they load."""
    routes = [route for group_routes in GROUPS for route in group_routes(site)]
    return [static_route(), *routes]
