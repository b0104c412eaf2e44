"""`/settings`: how a ledger recognizes, and the methods of products."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from daybook.access.rules import Permission
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import ProductId
from daybook_web.kit.formats import method, strategy
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.guard import caller_of
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Result
from daybook_web.kit.shown import changed
from daybook_web.settings.history import LINES, History, SettingRecords
from daybook_web.settings.ledgers import LedgerPage
from daybook_web.settings.page import Sent, SettingsForm, Typed

PRODUCTS = 50
"""How many products with a method of their own the page shows."""
LACKING = 100
"""How many products without a method it suggests."""
LISTED = 8
"""How many of these have a form of their own."""
DEFAULTS = {
    "method": "defaultMethod",
    "strategy": "defaultStrategy",
    "breakage": "recognizesBreakage",
    "undated_lines": "undatedLines",
}
"""The input's fields by those of the form with a ledger's settings."""
METHODS = ("STRAIGHT_LINE", "USAGE", "POINT_IN_TIME", "MILESTONE")
STRATEGIES = (
    "DAILY_RATE_EVEN_MONTHS",
    "CALENDAR_FRACTION",
    "EXACT_DAYS",
    "EVEN_PERIODS",
    "THIRTY_360",
)
KEPT = (
    "Documents that were recorded before keep the method and the settings that they"
    " were recorded with."
)
"""What a change leaves as it is."""
UNDATED_LINES = {
    "REFUSE": "are refused",
    "ACCOUNTING_DATE": "are recognized on their accounting date",
}
"""What happens to lines without the dates they need, as the page says it."""


@dataclass(frozen=True, slots=True)
class LedgerDefaults(Result):
    """What fills in where neither a line nor its product says."""

    currency: str
    default_method: str
    default_strategy: str
    recognizes_breakage: bool
    undated_lines: str


@dataclass(frozen=True, slots=True)
class ProductMethod(Result):
    """A product with a method of its own."""

    external_id: str
    name: str
    method: str


@dataclass(frozen=True, slots=True)
class ProductMethods(Result):
    """The first products with a method of their own, and how many there are."""

    total_count: int
    nodes: tuple[ProductMethod, ...]


@dataclass(frozen=True, slots=True)
class Lacking(Result):
    """A product without a method of its own."""

    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class LackingProducts(Result):
    """The first products without a method of their own, and how many there are."""

    total_count: int
    nodes: tuple[Lacking, ...]

    def with_first(self, wanted: Sequence[str]) -> Sequence[Lacking]:
        """The products, those of some ids first."""
        return sorted(self.nodes, key=lambda its: its.external_id not in wanted)


@dataclass(frozen=True, slots=True)
class RecognitionPage(Result):
    """All that the page shows."""

    ledgers: tuple[LedgerDefaults, ...]
    products: ProductMethods
    lacking: LackingProducts
    settings_changes: SettingRecords
    product_changes: SettingRecords


@dataclass(frozen=True, slots=True)
class RecognitionForms:
    """The values of the forms' fields: the present settings, or what was typed."""

    method: str
    strategy: str
    undated_lines: str
    breakage: str
    sold: str = ""
    sold_method: str = ""

    @classmethod
    def of(cls, ledger: LedgerDefaults) -> "RecognitionForms":
        """The settings of a ledger."""
        return cls(
            method=ledger.default_method,
            strategy=ledger.default_strategy,
            undated_lines=ledger.undated_lines,
            breakage="on" if ledger.recognizes_breakage else "",
        )

    def with_typed(self, typed: Typed) -> "RecognitionForms":
        """The values, replaced with those that were changed in a form."""
        names = DEFAULTS if typed.get("form") == "defaults" else ("sold", "sold_method")
        return replace(self, **changed(typed, *names)) if typed else self

    @property
    def defaults(self) -> dict[str, str]:
        """The values of the form with the ledger's settings."""
        return {name: getattr(self, name) for name in DEFAULTS}


@dataclass(frozen=True, slots=True)
class RecognitionView(View):
    """A ledger's defaults, products with a method of their own, and those without.

    Those of the ids `of_month` come first: the month's invoices have them.
    """

    page: ClassVar[str] = "settings/recognition.html"
    fragment: ClassVar[str] = "settings/_recognition_news.html"

    title: str
    ledgers: Sequence[Link]
    currency: str
    forms: RecognitionForms
    shown: RecognitionForms
    record: str
    methods: Sequence[Choice]
    strategies: Sequence[Choice]
    undated: Sequence[Choice]
    products: Sequence[ProductMethod]
    products_more: int
    lacking: Sequence[Lacking]
    lacking_more: int
    of_month: Sequence[str]
    suggestions: Sequence[Choice]
    history: History
    kept: str
    saved: str
    is_method_saved: bool
    problems: Sequence[Problem]


def _defaults(currency: str, typed: Typed) -> dict[str, Any]:
    values: dict[str, Any] = changed(typed, *DEFAULTS)
    if "breakage" in values:
        values["breakage"] = values["breakage"] == "on"
    settings = {DEFAULTS[name]: value for name, value in values.items()}
    return {"ledgerId": encode(LedgerId(currency)), **settings}


def _product(_currency: str, typed: Typed) -> dict[str, Any]:
    return {
        "productId": encode(ProductId(typed.get("sold", "").strip())),
        "method": typed.get("sold_method") or None,
    }


class Recognition(LedgerPage):
    """One request for the page."""

    path = "/settings"
    title = "Recognition and products"
    forms: ClassVar[Mapping[str, SettingsForm]] = {
        "defaults": SettingsForm(
            "UpdateSettings",
            _defaults,
            f"The settings are saved. {KEPT}",
            "method",
            {path: field for field, path in DEFAULTS.items()},
        ),
        "product": SettingsForm(
            "SetProductMethod",
            _product,
            f"The product's method is saved. {KEPT}",
            "sold",
            {"productId": "sold", "method": "sold_method"},
        ),
    }

    async def currency(self) -> str:
        """The ledger of the address, or the first one."""
        return self.chosen((await self._load()).ledgers).currency

    async def view(self, sent: Sent) -> View:
        """The page of a ledger."""
        found = await self._load()
        ledger, products = self.chosen(found.ledgers), found.products
        wanted = self.request.query_params.getlist("product")
        lacking = found.lacking.with_first(wanted)
        # Who may not change the settings sees the stored ones, whatever was sent.
        may_close = caller_of(self.request).may(Permission.CLOSE)
        forms = RecognitionForms.of(ledger)
        return RecognitionView(
            title=f"{self.title}, {ledger.currency}",
            ledgers=self.links(found.ledgers),
            currency=ledger.currency,
            forms=forms.with_typed(sent.typed) if may_close else forms,
            shown=forms,
            record=sent.record,
            methods=[Choice(name, method(name)) for name in METHODS],
            strategies=[
                Choice(name, strategy(name).capitalize()) for name in STRATEGIES
            ],
            undated=[
                Choice(name, words.capitalize())
                for name, words in UNDATED_LINES.items()
            ],
            products=products.nodes,
            products_more=products.total_count - len(products.nodes),
            lacking=lacking[:LISTED],
            lacking_more=max(found.lacking.total_count - LISTED, 0),
            of_month=wanted,
            suggestions=[
                *(Choice(its.external_id, its.name) for its in lacking),
                *(Choice(its.external_id, its.name) for its in products.nodes),
            ],
            history=History.of(
                self.request,
                (*found.settings_changes.nodes, *found.product_changes.nodes),
                page_url=f"{self.path}?currency={ledger.currency}",
                trail_url="/audit?action=UPDATE_SETTINGS",
            ),
            kept=KEPT,
            saved=self.saved(sent),
            is_method_saved=self.saved(sent) == self.forms["product"].saved,
            problems=sent.problems,
        )

    async def _load(self) -> RecognitionPage:
        variables = {"lines": LINES, "products": PRODUCTS, "lacking": LACKING}
        return await self.running.run(RecognitionPage, variables)
