"""Pages of settings that are of a ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeVar
from urllib.parse import urlencode

from starlette.responses import Response

from daybook_web.kit.error_pages import TO_REPORT, error_page
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.where import note_where
from daybook_web.settings.page import NOT_SENT, Sent, SettingsPage


class HasCurrency(Protocol):
    """A ledger of an operation's result."""

    @property
    def currency(self) -> str:
        """Its currency."""


Ledger = TypeVar("Ledger", bound=HasCurrency)


class NoLedger(Exception):
    """There is none in the currency of the address, or none at all."""

    def __init__(self, currency: str = "") -> None:
        super().__init__(currency)
        self.currency = currency


@dataclass(frozen=True, slots=True)
class NoLedgerView(View):
    """A page of a ledger while there is none."""

    page: ClassVar[str] = "settings/no_ledger.html"

    title: str


class LedgerPage(SettingsPage):
    """One request for such a page."""

    title: ClassVar[str]

    @property
    def wanted(self) -> str:
        """The currency of the address."""
        return self.request.query_params.get("currency", "").strip().upper()

    def chosen(self, ledgers: Sequence[Ledger]) -> Ledger:
        """The ledger of the address, or the first one; raises NoLedger."""
        if not ledgers:
            raise NoLedger
        wanted = self.wanted or ledgers[0].currency
        for ledger in ledgers:
            if ledger.currency == wanted:
                note_where(self.request, wanted)
                return ledger
        raise NoLedger(wanted)

    def links(self, ledgers: Sequence[Ledger]) -> list[Link]:
        """This page of each ledger."""
        return [
            Link(
                ledger.currency,
                f"{self.path}?{urlencode({'currency': ledger.currency})}",
            )
            for ledger in ledgers
        ]

    async def show(self, sent: Sent = NOT_SENT) -> Response:
        """Show the page, or that there is no such ledger."""
        try:
            return await super().show(sent)
        except NoLedger as missing:
            return self._missing(missing)

    async def change(self) -> Response:
        """Make the change of a form, unless there is no such ledger."""
        try:
            return await super().change()
        except NoLedger as missing:
            return self._missing(missing)

    def _missing(self, missing: NoLedger) -> Response:
        if not missing.currency:
            status = 200 if self.request.method == "GET" else 404
            view = NoLedgerView(title=self.title)
            return respond(self.request, view, status=status)
        message = f"There is no ledger in “{missing.currency}”."
        links = [Link("Go to the settings", "/settings"), TO_REPORT]
        return error_page(self.request, 404, "No ledger to set", message, links)
