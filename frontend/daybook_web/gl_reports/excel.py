"""`/general-ledger/address`: how spreadsheets and programs load the dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook.access.rules import Permission
from daybook.sheets.xlsx_book import EXTRA
from daybook_web.gl_reports.address import ADDRESS, Address
from daybook_web.gl_reports.frame import Frame, frame_of
from daybook_web.gl_reports.lines import chips_of, files_of
from daybook_web.gl_reports.results import NamedConnection
from daybook_web.kit.api_keys import (
    ApiKey,
    ApiKeys,
    CreateApiKey,
    Secret,
    end_of_day,
    last_day_of_keys,
    once_of,
    shown_before,
)
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.guard import caller_of
from daybook_web.kit.links import Link
from daybook_web.kit.privacy import is_private
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import Result
from daybook_web.kit.running import Refused
from daybook_web.kit.site import Site

DATASET = str(Permission.DATASET.name)
"""What the page's keys may do."""
KEYS_READ = 100
"""Of how many keys those of the dataset are found; the API lists all."""
FIELDS = {"name": "key_name", "expiresAt": "expires_on"}
"""Form fields, by the input's fields."""


@dataclass(frozen=True, slots=True)
class GlAddressPage(Result):
    """The result of the operation; without keys for those who may not see them."""

    gl_connections: tuple[NamedConnection, ...]
    api_keys: ApiKeys | None = None


@dataclass(frozen=True, slots=True)
class KeyForm:
    """The values of the form of a key; sent again with `once`, it makes nothing."""

    once: str
    key_name: str
    expires_on: str


@dataclass(frozen=True, slots=True)
class AddressView(View):
    """The dataset's address in its forms, how it is loaded, and its keys.

    `keys` are None for those who may not see them.
    """

    page: ClassVar[str] = "gl_reports/address.html"
    has_secret: ClassVar[bool] = True

    title: str
    frame: Frame
    files: Sequence[Link]
    is_private: bool
    keys: Sequence[ApiKey] | None
    form: KeyForm
    secret: Secret | None
    saved: str
    problems: Sequence[Problem]


def address_routes(site: Site) -> list[Route]:
    """The page, and its form that makes a key."""

    async def address(request: Request) -> Response:
        page = _Page(request, site)
        return await (page.make_key() if request.method == "POST" else page.show())

    return [site.guarded(ADDRESS, address, "GET", "POST")]


class _Page:
    """One request for the page."""

    def __init__(self, request: Request, site: Site) -> None:
        self.request = request
        self.settings = site.settings
        self.running = site.running(request)
        self.address = Address.of(ADDRESS, request.query_params)

    async def make_key(self) -> Response:
        """Make a key that may load the dataset, and nothing else; it is shown once."""
        form = await form_of(self.request)
        zone = caller_of(self.request).time_zone
        variables = {
            "name": form.get("key_name", ""),
            "permissions": [DATASET],
            "expiresAt": end_of_day(form.get("expires_on", ""), zone),
            "idempotencyKey": once_of(form, "dataset key"),
        }
        try:
            made = await self.running.change("CreateApiKey", variables, CreateApiKey)
        except Refused as refused:
            problems = [
                Problem(FIELDS.get(fault.field, "expires_on"), fault.message)
                for fault in refused.faults
            ]
            self.running = self.running.renewed()
            return await self.show(typed=form, problems=problems)
        secret = Secret.of_key(made)
        return await self.show(
            secret=secret, saved="" if secret else shown_before(made)
        )

    async def show(
        self,
        *,
        typed: Mapping[str, str] | None = None,
        problems: Sequence[Problem] = (),
        secret: Secret | None = None,
        saved: str = "",
    ) -> Response:
        """Show the page; after problems, with what was typed."""
        caller = caller_of(self.request)
        may_see = caller.may(Permission.ADMINISTER)
        wrong = self.address.problems()
        address = Address(ADDRESS, {}) if wrong else self.address
        found = await self.running.run(
            GlAddressPage, {"withKeys": may_see, "keys": KEYS_READ}
        )
        connections, given = found.gl_connections, typed or {}
        chips = chips_of(address, connections)
        frame = frame_of(self.address, connections, None, wrong, chips)
        view = AddressView(
            title=frame.title,
            frame=frame,
            files=self._files(address, connections),
            is_private=is_private(self.request, self.settings),
            keys=_keys_of(found.api_keys),
            form=KeyForm(
                once=token_urlsafe(16),
                key_name=given.get("key_name", ""),
                expires_on=given.get("expires_on", "")
                or last_day_of_keys(caller.time_zone),
            ),
            secret=secret,
            saved=saved,
            problems=problems,
        )
        headers = {"Cache-Control": "no-store"} if secret else None
        status = 422 if problems or wrong else 200
        return respond(self.request, view, status=status, headers=headers)

    def _files(
        self, address: Address, connections: Sequence[NamedConnection]
    ) -> list[Link]:
        """The file's addresses, as other machines reach them."""
        site = (self.settings.public_url or str(self.request.base_url)).rstrip("/")
        has_workbook = EXTRA.is_installed()
        found = files_of(address, connections, has_workbook=has_workbook)
        every = found or files_of(
            Address(ADDRESS, {}), connections, has_workbook=has_workbook
        )
        return [Link(file.text, f"{site}{file.url}") for file in every]


def _keys_of(keys: ApiKeys | None) -> list[ApiKey] | None:
    """The keys that open the address; those that were revoked are left out."""
    if keys is None:
        return None
    return [
        key
        for key in keys.nodes
        if DATASET in key.permissions and key.revoked_at is None
    ]
