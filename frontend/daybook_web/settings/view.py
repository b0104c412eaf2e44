"""What the settings page shows, made from the result of its operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import ClassVar

from markupsafe import Markup

from daybook_graphql.kit.ids import decode
from daybook_graphql.parties.ids import ProductId
from daybook_web.kit.formats import day, method, strategy
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.links import Link
from daybook_web.kit.lock_review import LockReview
from daybook_web.kit.rendering import View
from daybook_web.kit.requests import request_link
from daybook_web.kit.times import moment
from daybook_web.settings.records import RecordRow, activity_of, record_of
from daybook_web.settings.results import (
    ActivityLine,
    Clock,
    FourEyes,
    LedgerSettings,
    OpenRequest,
    ProductMethod,
    RecordedLock,
    SettingsPage,
)

METHODS = ("STRAIGHT_LINE", "USAGE", "POINT_IN_TIME", "MILESTONE")
STRATEGIES = (
    "DAILY_RATE_EVEN_MONTHS",
    "CALENDAR_FRACTION",
    "EXACT_DAYS",
    "EVEN_PERIODS",
    "THIRTY_360",
)
SYSTEMS = {"XERO": "Xero", "QUICKBOOKS": "QuickBooks Online", "NETSUITE": "NetSuite"}
"""The accounting systems that have a page of their own, by their kinds."""
UNDATED_LINES = {
    "REFUSE": "are refused",
    "ACCOUNTING_DATE": "are recognized on their accounting date",
}
"""What happens to lines without the dates they need, as the page says it."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account or a sub-account, and its name."""

    role: str
    built_in: str
    name: str
    code: str
    of: str = ""
    """What the sub-account is for, in words; empty for the account itself."""


@dataclass(frozen=True, slots=True)
class SettingsForms:
    """The values of the forms' fields: the present settings, or what was typed."""

    lock_method: str
    locked_through: str
    method: str
    strategy: str
    undated_lines: str
    breakage: str
    reason: str = ""
    confirm_future: str = ""
    four_eyes_reason: str = ""
    sold: str = ""
    sold_method: str = ""
    role: str = ""
    product: str = ""
    category: str = ""
    name: str = ""
    code: str = ""

    @classmethod
    def of(cls, ledger: LedgerSettings) -> "SettingsForms":
        """The settings of a ledger."""
        return cls(
            lock_method=ledger.lock_method,
            locked_through=str(ledger.locked_through or ""),
            method=ledger.default_method,
            strategy=ledger.default_strategy,
            breakage="on" if ledger.recognizes_breakage else "",
            undated_lines=ledger.undated_lines,
        )

    def with_typed(self, form: Mapping[str, str]) -> "SettingsForms":
        """The values, replaced with those that a form was sent with."""
        known = {
            field.name: form[field.name] for field in fields(self) if field.name in form
        }
        return replace(self, **known)


@dataclass(frozen=True, slots=True)
class FourEyesPart:
    """Whether another person has to approve, and an open request to end that."""

    is_on: bool
    words: str
    requested: str
    request: Link | None

    @classmethod
    def of(cls, four_eyes: FourEyes) -> "FourEyesPart":
        """The setting for people."""
        words = "It is off: what somebody submits is posted at once."
        if four_eyes.is_on:
            since, by = "", ""
            if four_eyes.since:
                since = Markup(" since {}").format(moment(four_eyes.since))
            if four_eyes.set_by:
                by = f", turned on by {four_eyes.set_by}"
            words = Markup("It is on{since}{by}.").format(since=since, by=by)
        request = four_eyes.request
        return cls(
            is_on=four_eyes.is_on,
            words=words,
            requested=_requested_words(request) if request else "",
            request=request_link(request.number) if request else None,
        )


@dataclass(frozen=True, slots=True)
class SettingsView(View):
    """A ledger's lock and settings, and the latest activity."""

    page: ClassVar[str] = "settings/settings.html"

    title: str
    ledgers: Sequence[Link]
    currency: str
    lock_sentence: str
    forms: SettingsForms
    review: LockReview | None
    methods: Sequence[Choice]
    strategies: Sequence[Choice]
    undated: Sequence[Choice]
    products: Sequence[ProductMethod]
    products_more: int
    accounts: Sequence[AccountRow]
    systems: Sequence[Link]
    locks: Sequence[RecordedLock]
    activity: Sequence[ActivityLine]
    records: Sequence[RecordRow]
    four_eyes: FourEyesPart
    saved: str
    requested: Link | None
    problems: Sequence[Problem]

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        found: SettingsPage,
        ledger: LedgerSettings,
        *,
        form: Mapping[str, str],
        review: LockReview | None = None,
        saved: str = "",
        requested: Link | None = None,
        problems: Sequence[Problem] = (),
    ) -> "SettingsView":
        """The settings of a ledger, and what was typed into a form."""
        products = found.products
        return cls(
            title=f"Settings, {ledger.currency}",
            ledgers=[
                Link(other.currency, f"/settings?currency={other.currency}")
                for other in found.ledgers
            ],
            currency=ledger.currency,
            lock_sentence=lock_sentence(ledger),
            forms=SettingsForms.of(ledger).with_typed(form),
            review=review,
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
            accounts=accounts_of(ledger),
            systems=[
                Link(
                    title,
                    f"/settings/integrations?currency={ledger.currency}&system={kind}",
                )
                for kind, title in SYSTEMS.items()
            ],
            locks=ledger.locks.nodes,
            activity=[activity_of(line) for line in found.activity.nodes],
            records=[record_of(record) for record in found.audit_trail.nodes],
            four_eyes=FourEyesPart.of(found.four_eyes),
            saved=saved,
            requested=requested,
            problems=problems,
        )


def _requested_words(request: OpenRequest) -> str:
    return Markup("{by} asked on {at} to turn it off; another person decides.").format(
        by=request.made_by, at=moment(request.made_at)
    )


def lock_sentence(ledger: LedgerSettings) -> str:
    """How a ledger is locked, for people."""
    if ledger.lock_method == "ACCOUNTING_DATE":
        return "Each document is locked up to the day before its accounting date."
    if ledger.locked_through is None or ledger.first_open_day is None:
        return "No day is locked."
    through, first = day(ledger.locked_through), day(ledger.first_open_day)
    return f"Locked through {through}; the first open day is {first}."


def accounts_of(ledger: LedgerSettings) -> list[AccountRow]:
    """The four accounts, each followed by its sub-accounts."""
    rows = []
    for account in ledger.accounts:
        role, built_in = account.role, account.role.capitalize()
        named = [name for name in ledger.account_names if name.role == role]
        own = [name for name in named if not (name.product_id or name.category)]
        rows += [
            AccountRow(role, built_in, name.name, name.code or "") for name in own[:1]
        ] or [AccountRow(role, built_in, "", "")]
        rows += [
            AccountRow(
                role,
                built_in,
                name.name,
                name.code or "",
                of=_scope_words(name.product_id, name.category),
            )
            for name in named
            if name not in own
        ]
    return rows


def clock_words(clock: Clock) -> str:
    """What a form says where the clock refuses all changes."""
    name, other = "last recording", clock.last_recorded_at
    if clock.state == "AHEAD":
        name, other = "database server", clock.database_now
    times = Markup("clock: {}").format(moment(clock.now))
    if other:
        times += Markup("; {}: {}").format(name, moment(other))
    return Markup(
        "The server's clock doesn't fit what was recorded ({}): ask whoever runs"
        " Daybook."
    ).format(times)


def _scope_words(product_id: str | None, category: str | None) -> str:
    """What a sub-account is for."""
    if product_id is None:
        return f"category {category}"
    product = decode(product_id)
    assert isinstance(product, ProductId), "a sub-account is a product's"
    return f"product {product.external_id}"
