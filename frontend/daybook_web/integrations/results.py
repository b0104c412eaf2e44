"""The result of the operation `IntegrationsPage`."""

from dataclasses import dataclass
from datetime import date

from daybook_web.kit.results import Result


@dataclass(frozen=True, slots=True)
class MappingField(Result):
    """A field of a system's mappings."""

    name: str
    title: str
    max_length: int
    is_required: bool
    choices: tuple[str, ...]
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MappedField(Result):
    """A field's value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class AccountMapping(Result):
    """An account, or its lines of a product or category, and its mapping if any."""

    role: str
    product_id: str | None
    category: str | None
    account: str | None
    fields: tuple[MappedField, ...]


@dataclass(frozen=True, slots=True)
class MappingGap(Result):
    """An account that lines have and that isn't mapped; of a product if it has one."""

    role: str
    product_name: str | None


@dataclass(frozen=True, slots=True)
class TargetAccount(Result):
    """An account of the target's chart."""

    account: str
    name: str
    type: str
    tax_rate: str
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Integration(Result):
    """A system, its settings and its mappings."""

    kind: str
    title: str
    is_enabled: bool
    preset: str | None
    date_form: str
    chosen_date_form: str | None
    date_forms: tuple[str, ...]
    closed_through: date | None
    base_currency: str | None
    fields: tuple[MappingField, ...]
    mappings: tuple[AccountMapping, ...]
    gaps: tuple[MappingGap, ...]
    target_accounts: tuple[TargetAccount, ...]


@dataclass(frozen=True, slots=True)
class SwitchLedger(Result):
    """A ledger that the page can be of."""

    currency: str


@dataclass(frozen=True, slots=True)
class IntegrationsPage(Result):
    """The ledgers, and all systems for one of them unless none was asked for."""

    ledgers: tuple[SwitchLedger, ...]
    integrations: tuple[Integration, ...] = ()
