"""The pages of settings by their addresses."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook_web.kit.site import Site
from daybook_web.settings.accounts import Accounts
from daybook_web.settings.approval import Approval
from daybook_web.settings.locks import Locks
from daybook_web.settings.organisation import Organisation
from daybook_web.settings.page import SettingsPage
from daybook_web.settings.recognition import Recognition
from daybook_web.settings.storage import Storage

PAGES: tuple[type[SettingsPage], ...] = (
    *(Recognition, Locks, Accounts),
    *(Approval, Organisation, Storage),
)
MOVED = {
    "lock": Locks.path,
    "same-lock": Locks.path,
    "account": Accounts.path,
    "four-eyes": Approval.path,
    "requested": Approval.path,
}
"""What `/settings` said was saved when all settings were there, and where it is now."""


def settings_routes(site: Site) -> list[Route]:
    """`/settings` and the pages beside it."""
    return [_route(site, page) for page in PAGES]


def _route(site: Site, kind: type[SettingsPage]) -> Route:
    async def settings(request: Request) -> Response:
        moved = MOVED.get(request.query_params.get("saved", ""))
        if moved and kind is Recognition:
            query = urlencode(request.query_params.multi_items())
            return RedirectResponse(f"{moved}?{query}", status_code=303)
        page = kind(request, site.running(request))
        return await (page.change() if request.method == "POST" else page.show())

    return site.guarded(kind.path, settings, *(("GET", "POST") if kind.forms else ()))
