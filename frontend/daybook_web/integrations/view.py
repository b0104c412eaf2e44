"""What the page of a system shows, made from the result of its operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple
from urllib.parse import urlencode

from daybook.calendar import Month, date_of, first_day_of
from daybook.money import currencies_in_use
from daybook_graphql.kit.ids import decode
from daybook_graphql.parties.ids import ProductId
from daybook_web.integrations.results import (
    AccountMapping,
    Integration,
    IntegrationsPage,
    MappingField,
    MappingGap,
    TargetAccount,
)
from daybook_web.kit.formats import MINUS, month
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View

PATH = "/settings/integrations"
ROLES = ("BILLED", "UNBILLED", "DEFERRED", "RECOGNIZED")
PRESETS = (
    Choice("NORMAL_BALANCE", "By normal balance: what increases an account is +"),
    Choice("VENDOR", f"As Xero publishes it: debits +, credits {MINUS}"),
)
DATE_FORMS = {
    "DAY_NAMED_MONTH_YEAR": "30 Jun 2026",
    "DAY_MONTH_YEAR": "30/06/2026",
    "MONTH_DAY_YEAR": "06/30/2026",
    "DAY_MONTH_YEAR_DOTS": "30.06.2026",
    "ISO": "2026-06-30",
}
"""An example of each form of dates."""
BASES = {
    "XERO": "Base currency of the Xero organisation",
    "QUICKBOOKS": "Home currency of the QuickBooks company",
    "NETSUITE": "Base currency of the NetSuite subsidiary",
}
"""What each system calls the currency in which it keeps its books."""

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MappingRow:
    """An account or its lines of a product or category, and what it is mapped to."""

    name: str
    of: str
    account: str
    details: str
    change_url: str


class Fact(NamedTuple):
    """A setting as it is now, in words."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class FieldInput:
    """A field of the form: its value, and what it may be."""

    name: str
    title: str
    value: str
    max_length: int
    choices: Sequence[str]
    suggestions: Sequence[Choice]
    hint: str
    is_needed: bool
    """Whether it says which account it is, and not something more about it."""


@dataclass(frozen=True, slots=True)
class IntegrationView(View):
    """A system's settings and mappings, for one ledger.

    `facts` are its settings as they are, whatever is typed into the form.
    """

    page: ClassVar[str] = "integrations/integrations.html"
    fragment: ClassVar[str] = "integrations/_news.html"

    title: str
    kind: str
    system: str
    currency: str
    action: str
    systems: Sequence[Link]
    ledgers: Sequence[Link]
    facts: Sequence[Fact]
    is_enabled: bool
    presets: Sequence[Choice]
    preset: str
    date_forms: Sequence[Choice]
    date_form: str
    base: str
    bases: Sequence[Choice]
    base_currency: str
    closed_through: str
    rows: Sequence[MappingRow]
    gaps: Sequence[str]
    """The accounts without which a file is refused."""
    unused: Sequence[str]
    """The accounts that aren't mapped by themselves, and that no line needs."""
    within: str
    """Where lines were looked for."""
    roles: Sequence[Choice]
    role: str
    product: str
    category: str
    is_mapped: bool
    """Whether there is a mapping that the form would end."""
    inputs: Sequence[FieldInput]
    accounts: int
    saved: str
    requested: Link | None
    problems: Sequence[Problem]

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        found: IntegrationsPage,
        kind: str,
        currency: str,
        *,
        of_month: Month | None,
        typed: Form,
        saved: str = "",
        requested: Link | None = None,
        problems: Sequence[Problem] = (),
    ) -> "IntegrationView":
        """The system of a kind, and what was typed into a form or asked to change."""
        its = next(
            integration
            for integration in found.integrations
            if integration.kind == kind
        )
        settings = typed if typed.get("form") == "settings" else {}
        mapped = {} if settings else typed
        closed = str(its.closed_through or "")
        return cls(
            title=f"{its.title}, {currency}",
            kind=kind,
            system=its.title,
            currency=currency,
            action=address(currency, kind),
            systems=[
                Link(integration.title, address(currency, integration.kind))
                for integration in found.integrations
            ],
            ledgers=[
                Link(ledger.currency, address(ledger.currency, kind))
                for ledger in found.ledgers
            ],
            facts=_facts(its),
            is_enabled=(
                settings.get("is_enabled") == "on" if settings else its.is_enabled
            ),
            presets=PRESETS if kind == "XERO" else (),
            preset=settings.get("preset", its.preset or ""),
            date_forms=_date_forms(its),
            date_form=settings.get("date_form", its.chosen_date_form or ""),
            base=BASES[kind],
            bases=[
                Choice(code, f"{code} {name}")
                for code, name in currencies_in_use().items()
            ],
            base_currency=settings.get("base_currency", its.base_currency or ""),
            closed_through=settings.get("closed_through", closed),
            rows=[_row(mapping, currency, kind) for mapping in its.mappings],
            gaps=[_gap(gap) for gap in its.gaps],
            unused=_unused(its),
            within=_within(of_month),
            roles=[Choice(role, role.capitalize()) for role in ROLES],
            role=mapped.get("role", ""),
            product=mapped.get("product", ""),
            category=mapped.get("category", ""),
            is_mapped=any(mapping.fields for mapping in _wanted(its, mapped)),
            inputs=_inputs(its, mapped, _codes(found.integrations, kind)),
            accounts=len(its.target_accounts),
            saved=saved,
            requested=requested,
            problems=problems,
        )


def address(currency: str, kind: str, **more: str) -> str:
    """The address of a system's page."""
    return f"{PATH}?{urlencode({'currency': currency, 'system': kind, **more})}"


def _facts(its: Integration) -> list[Fact]:
    presets = {preset.value: preset.text for preset in PRESETS}
    preset = Fact("Signs of amounts", presets.get(its.preset or "", "Not chosen yet"))
    return [
        Fact("In use for this ledger", "yes" if its.is_enabled else "no"),
        *([preset] if its.kind == "XERO" else []),
        Fact("Dates are written as", DATE_FORMS[its.date_form]),
        Fact(BASES[its.kind], its.base_currency or "not said"),
        Fact(f"Closed in {its.title} through", str(its.closed_through or "no day")),
    ]


def _date_forms(its: Integration) -> list[Choice]:
    """The default, and the forms that may be chosen instead."""
    default = f"By default: {DATE_FORMS[its.date_forms[0]]}"
    if its.kind == "XERO":
        default = "By default, from the signs of amounts"
    return [
        Choice("", default),
        *(Choice(date_form, DATE_FORMS[date_form]) for date_form in its.date_forms),
    ]


def _row(mapping: AccountMapping, currency: str, kind: str) -> MappingRow:
    product, category = product_of(mapping.product_id), mapping.category or ""
    of = f"product {product}" if product else ""
    scope = {
        **({"product": product} if product else {}),
        **({"category": category} if category else {}),
    }
    change = address(currency, kind, role=mapping.role, **scope)
    return MappingRow(
        mapping.role.capitalize(),
        of or (f"category {category}" if category else ""),
        mapping.account or "",
        ", ".join(field.value for field in mapping.fields[1:]),
        f"{change}#mapping-heading",
    )


def _within(of_month: Month | None) -> str:
    """Where its lines were looked for: `October 2026`, or the whole ledger."""
    if of_month is None:
        return "this ledger"
    return month(date_of(first_day_of(of_month)))


def _gap(gap: MappingGap) -> str:
    name = gap.role.capitalize()
    return f"{name} of {gap.product_name}" if gap.product_name else name


def _unused(its: Integration) -> list[str]:
    """The accounts' own mappings that are missing, and that no line waits for."""
    needed = {gap.role for gap in its.gaps}
    return [
        mapping.role.capitalize()
        for mapping in its.mappings
        if mapping.account is None
        and not (mapping.product_id or mapping.category)
        and mapping.role not in needed
    ]


def product_of(product_id: str | None) -> str:
    """A product's own id; empty for none."""
    if product_id is None:
        return ""
    product = decode(product_id)
    assert isinstance(product, ProductId), "it is a product's"
    return product.external_id


def _wanted(its: Integration, form: Form) -> list[AccountMapping]:
    """The mapping that a form names, if there is one."""
    wanted = (
        form.get("role", ""),
        form.get("product", "").strip(),
        form.get("category", "").strip(),
    )
    return [
        mapping
        for mapping in its.mappings
        if (mapping.role, product_of(mapping.product_id), mapping.category or "")
        == wanted
    ]


def _codes(systems: Sequence[Integration], kind: str) -> list[Choice]:
    """Accounts to choose from: the chart's, and those that are mapped already.

    The system's own come first; another system's are often the same.
    """
    own_first = sorted(systems, key=lambda system: system.kind != kind)
    found = {
        account.account: _choice(account)
        for account in own_first[0].target_accounts
        if not account.refusal
    }
    for system in own_first:
        for mapping in system.mappings:
            if mapping.account and mapping.account not in found:
                words = f"{system.title}: {mapping.role.capitalize()}"
                found[mapping.account] = Choice(mapping.account, words)
    return list(found.values())


def _inputs(
    its: Integration, form: Form, accounts: Sequence[Choice]
) -> list[FieldInput]:
    """The fields, with what was typed, else with the mapping that is to be changed."""
    values = {
        field.name: field.value
        for mapping in _wanted(its, form)
        for field in mapping.fields
        if field.value != _from_chart(field.name, mapping.account, its)
    }
    return [
        _input(
            field,
            form.get(f"field_{field.name}", values.get(field.name, "")),
            its,
            accounts,
        )
        for field in its.fields
    ]


def _from_chart(name: str, account: str | None, its: Integration) -> str:
    """What the chart gives for a field that is left empty, so that it needn't be shown.

    Another account may then be chosen without its type and tax rate.
    """
    for known in its.target_accounts:
        if known.account == account:
            return {"type": known.type, "tax_rate": known.tax_rate}.get(name, "")
    return ""


def _input(
    field: MappingField, value: str, its: Integration, accounts: Sequence[Choice]
) -> FieldInput:
    suggestions: Sequence[Choice] = [
        Choice(attribute, attribute) for attribute in field.attributes
    ]
    if field.name == its.fields[0].name:
        suggestions = accounts
    from_chart = field.name in {"type", "tax_rate"} and bool(its.target_accounts)
    hint = "empty: the chart's" if from_chart else ""
    return FieldInput(
        field.name,
        field.title,
        value,
        field.max_length,
        field.choices,
        suggestions,
        hint,
        field.is_required or from_chart,
    )


def _choice(account: TargetAccount) -> Choice:
    return Choice(account.account, f"{account.name} ({account.type})")
