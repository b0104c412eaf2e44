"""Settings of integrations, and how the most specific mapping is found. Pure.

IntegrationSettings  whether a system is enabled, and how its files are written
SettingsPatch        changes of these
MappedAccount        what the lines of a ledger's account get in a system
Mappings             all mapped accounts of a ledger at one moment
LineSubject          the product and customer of a line
TargetLine           what a line gets in a system
Targets              the lines of one system, each resolved on first use
Missing              an account that a selection has and nobody mapped
MappingLine          a mapping that somebody wants to set
TargetAccount        an account of a target's chart
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from daybook.calendar import Day
from daybook.exports.mapping.forms import (
    FORMS,
    Attribute,
    DateForm,
    Integration,
    Preset,
)
from daybook.ledger.rules import Role, scopes_of
from daybook.patches import UNSET, Unset, given


class IntegrationSettings(NamedTuple):
    """How a ledger's files for one system are written, and whether it is enabled.

    `preset` is None until somebody chooses one. `date_form` is None for the default.
    `closed_through` is the last day that the target has closed. `base_currency` is the
    currency in which the target keeps its books; None if nobody said it.
    """

    is_enabled: bool = False
    preset: Preset | None = None
    date_form: DateForm | None = None
    closed_through: Day | None = None
    base_currency: str | None = None

    def form_of_dates(
        self, integration: Integration, preset: Preset | None = None
    ) -> DateForm:
        """The form of dates: the chosen one, else the default under the preset.

        `preset` is a file's own; without it the chosen one counts.
        """
        default = FORMS[integration].default_dates(preset or self.preset)
        return self.date_form or default


class SettingsPatch(NamedTuple):
    """Changes of a system's settings; what is left out stays as it is."""

    is_enabled: bool | Unset = UNSET
    preset: Preset | Unset | None = UNSET
    date_form: DateForm | Unset | None = UNSET
    closed_through: Day | Unset | None = UNSET
    base_currency: str | Unset | None = UNSET

    def applied_to(self, settings: IntegrationSettings) -> IntegrationSettings:
        """The settings with these changes."""
        return settings._replace(**given(self))


@dataclass(frozen=True, slots=True)
class MappedAccount:
    """What the lines of a ledger's account get in a system: fields by their names.

    Fields without a value are left out; a mapping without any field is none.
    """

    integration: Integration
    fields: Mapping[str, str]

    @property
    def account(self) -> str:
        """The code or the name by which the target knows the account."""
        return self.fields[FORMS[self.integration].key]

    @property
    def is_debit_normal(self) -> bool | None:
        """Whether the target account's normal balance is a debit; None if unknown."""
        types = FORMS[self.integration].types
        known = types.get(self.fields.get("type", ""))
        return None if known is None else known.is_debit_normal

    @property
    def has_attributes(self) -> bool:
        """Whether a field is taken from a line's product or customer."""
        return any(text in _BY_VALUE for text in self.fields.values())

    def value(self, name: str, attributes: Mapping[Attribute, str]) -> str:
        """A field's value for a line of a product and a customer; empty if none."""
        text = self.fields.get(name, "")
        if text in _BY_VALUE:
            return attributes.get(_BY_VALUE[text], "")
        return text


_BY_VALUE = {attribute.value: attribute for attribute in Attribute}

MappingKey = tuple[Integration, Role, str]
"""A system, a role and a scope: empty, `product:<own id>` or `category:<name>`."""


@dataclass(frozen=True, slots=True)
class Mappings:
    """All mapped accounts of a ledger at one moment.

    The most specific one wins: a product's, its category's, the account's own.
    """

    mapped: Mapping[MappingKey, MappedAccount] = field(default_factory=dict)

    def of(
        self,
        integration: Integration,
        role: Role,
        product_id: str | None = None,
        category: str | None = None,
    ) -> MappedAccount | None:
        """The account that a role's lines are mapped to, for a product if it has one.

        `product_id` is the sender's own id.
        """
        for scope in scopes_of(product_id, category):
            found = self.mapped.get((integration, role, scope))
            if found is not None:
                return found
        return None

    def fields_with_attributes(
        self, integration: Integration
    ) -> frozenset[tuple[str, str]]:
        """The fields that come from each line's product or customer.

        Each after the account whose lines have it so by some mapping.
        """
        return frozenset(
            (account.account, name)
            for (system, _, _), account in self.mapped.items()
            if system is integration
            for name, text in account.fields.items()
            if text in _BY_VALUE
        )

    def divided_roles(self, integration: Integration) -> frozenset[Role]:
        """The roles that have a mapping of a product or category."""
        return frozenset(
            role
            for system, role, scope in self.mapped
            if system is integration and scope
        )

    def for_all_products(self, integration: Integration) -> frozenset[Role]:
        """The roles that are mapped whatever the product is."""
        return frozenset(role for role in Role if self.of(integration, role))


TargetKey = tuple[int, str | None, str | None]
"""A role, and a product's own id and category if there is a product."""


class LineSubject(NamedTuple):
    """The product and customer of a line, as attributes take them; empty if none."""

    product_id: str = ""
    product_name: str = ""
    category: str = ""
    customer_id: str = ""
    customer_name: str = ""

    @property
    def attributes(self) -> Mapping[Attribute, str]:
        """The attributes' values."""
        return dict(zip(Attribute, self, strict=True))


class TargetLine(NamedTuple):
    """What a line gets in a system: the values of the form's fields, in their order.

    The first is the account. `is_debit_normal` is None if its balance is unknown.
    `product_id` is set only where lines are kept apart by product.
    """

    values: tuple[str, ...]
    is_debit_normal: bool | None = None
    product_id: str = ""

    @property
    def account(self) -> str:
        """The code or the name by which the target knows the account."""
        return self.values[0]


SUBJECTS_KEPT = 20_000
"""For how many customers and products lines are kept, so that memory stays flat."""


class Targets(dict[TargetKey, MappedAccount | None]):
    """The mapped accounts of one system at one moment, each resolved on first use.

    Lines have `fields` only: all of the system's, or the account alone. Where nothing
    is mapped, `default` is used if there is one. Lines that are `by_product` are kept
    apart by their products, and have no values where nothing is mapped.
    """

    def __init__(
        self,
        mappings: Mappings,
        integration: Integration,
        fields: Sequence[str] | None = None,
        default: MappedAccount | None = None,
        *,
        by_product: bool = False,
    ) -> None:
        super().__init__()
        self._by_product = by_product
        self._mappings = mappings
        self._integration = integration
        self._fields = FORMS[integration].names if fields is None else tuple(fields)
        self._default = default
        self._lines: dict[tuple[int, LineSubject], TargetLine] = {}
        self._fixed: dict[TargetKey, TargetLine] = {}
        """Lines of accounts without attributes, alike for all customers."""

    @property
    def divided_roles(self) -> frozenset[Role]:
        """The roles that have a mapping of a product or category."""
        return self._mappings.divided_roles(self._integration)

    def __missing__(self, key: TargetKey) -> MappedAccount | None:
        role, product_id, category = key
        mapped = self._mappings.of(self._integration, Role(role), product_id, category)
        found = self[key] = mapped or self._default
        return found

    def line(self, role: int, subject: LineSubject) -> TargetLine | None:
        """What a line of a role and a subject gets; None if nothing is mapped."""
        key = (role, subject.product_id or None, subject.category or None)
        line = self._fixed.get(key) or self._lines.get((role, subject))
        if line is not None:
            return line
        account = self[key]
        product = subject.product_id if self._by_product else ""
        if account is None:
            return TargetLine((), None, product) if self._by_product else None
        attributes = subject.attributes
        values = tuple(account.value(name, attributes) for name in self._fields)
        line = TargetLine(values, account.is_debit_normal, product)
        if account.has_attributes:
            if len(self._lines) >= SUBJECTS_KEPT:
                self._lines.clear()
            self._lines[role, subject] = line
        else:
            self._fixed[key] = line
        return line


class TargetAccount(NamedTuple):
    """An account of a target's chart: its code or name, by which mappings name it."""

    account: str
    name: str
    type: str = ""
    tax_rate: str = ""


Chart = Mapping[str, TargetAccount]
"""The known accounts of a target, by their codes or names."""


class Missing(NamedTuple):
    """An account without a mapping; with a product if others of its role are mapped.

    `journals` is how many have lines of it, and `amount` what these come to, debits and
    credits together, in minor units.
    """

    role: Role
    product_id: str | None
    product_name: str | None
    category: str | None
    journals: int
    amount: int


class MappingLine(NamedTuple):
    """A mapping to set: fields by name, of a role and a scope.

    Without a currency it is for all ledgers. `line` is its line in a file.
    """

    role: Role
    scope: str
    fields: Mapping[str, str | None]
    currency: str | None = None
    line: int | None = None
