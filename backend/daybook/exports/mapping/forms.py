"""The systems that files are made for, and what each asks of a mapping. Pure.

An integration is an accounting system. What it asks is declared here once (`FORMS`):
commands, CSV, API and page read it from there.

    Integration      the systems; stored by number
    Field            a field of a mapping
    IntegrationForm  a system's fields, forms of dates, sign presets and account types
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple

from daybook.calendar import Day, date_of


class Integration(IntEnum):
    """A system that files are made for; stored by its number."""

    XERO = 1
    QUICKBOOKS = 2
    NETSUITE = 3


class Preset(StrEnum):
    """How Xero's amounts get their signs; stored by its value."""

    NORMAL_BALANCE = "normal-balance"
    """By the mapped account's normal balance: what increases it is positive."""
    VENDOR = "vendor"
    """As Xero publishes it: debits positive, credits negative."""


class DateForm(StrEnum):
    """How a file writes dates; stored by its value."""

    DAY_NAMED_MONTH_YEAR = "dd mmm yyyy"
    DAY_MONTH_YEAR = "dd/mm/yyyy"
    MONTH_DAY_YEAR = "mm/dd/yyyy"
    DAY_MONTH_YEAR_DOTS = "dd.mm.yyyy"
    ISO = "yyyy-mm-dd"

    def text(self, day: Day) -> str:
        """A day in this form: `30 Jun 2025`, `30/06/2025`, `06/30/2025`."""
        value = date_of(day)
        year, month, number = value.year, value.month, value.day
        match self:
            case DateForm.DAY_NAMED_MONTH_YEAR:
                return f"{number:02} {_MONTHS[month - 1]} {year}"
            case DateForm.DAY_MONTH_YEAR:
                return f"{number:02}/{month:02}/{year}"
            case DateForm.MONTH_DAY_YEAR:
                return f"{month:02}/{number:02}/{year}"
            case DateForm.DAY_MONTH_YEAR_DOTS:
                return f"{number:02}.{month:02}.{year}"
        return value.isoformat()


# Spelled out, since a locale must not change a file.
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


class Attribute(StrEnum):
    """What a field may take from each line's product or customer, in braces."""

    PRODUCT_ID = "{product.id}"
    PRODUCT_NAME = "{product.name}"
    PRODUCT_CATEGORY = "{product.category}"
    CUSTOMER_ID = "{customer.id}"
    CUSTOMER_NAME = "{customer.name}"


ATTRIBUTES = tuple(Attribute)


class Field(NamedTuple):
    """A field of a mapping.

    `name` is for programs and never changes. `longest` counts characters. A field with
    `attributes` may be one of them instead of a text.
    """

    name: str
    title: str
    longest: int
    is_needed: bool = False
    choices: Sequence[str] = ()
    attributes: Sequence[Attribute] = ()


class TargetType(NamedTuple):
    """A type of accounts in a target's chart.

    `reason` says why no line may be written to such an account; empty if it may.
    """

    name: str
    is_debit_normal: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IntegrationForm:
    """What a system asks of a mapping and of an export.

    The first of `fields` names the account. The first of `date_forms` is the default,
    except under a preset that has its own in `preset_dates`.
    `types` are the account types by name; empty if the system doesn't need them.
    `entry_key` is the field whose values the system takes once; empty if it takes the
    same value again on another day.
    """

    title: str
    fields: tuple[Field, ...]
    date_forms: tuple[DateForm, ...]
    presets: tuple[Preset, ...] = ()
    preset_dates: Mapping[Preset, DateForm] = field(default_factory=dict)
    types: Mapping[str, TargetType] = field(default_factory=dict)
    entry_key: str = ""

    def default_dates(self, preset: Preset | None) -> DateForm:
        """The form of dates under a preset, where nobody chose one."""
        first = self.date_forms[0]
        return first if preset is None else self.preset_dates.get(preset, first)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in order."""
        return tuple(field.name for field in self.fields)

    @property
    def key(self) -> str:
        """The name of the field that names the account."""
        return self.fields[0].name


def _debits(*names: str) -> list[TargetType]:
    return [TargetType(name, is_debit_normal=True) for name in names]


def _credits(*names: str) -> list[TargetType]:
    return [TargetType(name, is_debit_normal=False) for name in names]


def _refused(reason: str, *names: str, is_debit_normal: bool) -> list[TargetType]:
    return [TargetType(name, is_debit_normal, reason) for name in names]


BANK = "Xero posts to a bank account by its own transactions only"
SYSTEM = "it is one of Xero's system accounts, which take no manual journals"
RECEIVABLE = (
    "Xero posts to receivables and payables by invoices and bills only; map Billed to"
    " the account that the invoice itself credits (Sales)"
)
TAX = "Xero posts to a tax account by its own transactions only"

XERO_TYPES: Mapping[str, TargetType] = {
    known.name: known
    for known in (
        *_debits("Current Asset", "Fixed Asset", "Inventory", "Non-current Asset"),
        *_debits("Prepayment", "Expense", "Direct Costs", "Overhead", "Depreciation"),
        *_credits("Current Liability", "Liability", "Non-current Liability", "Equity"),
        *_credits("Revenue", "Sales", "Other Income"),
        *_refused(BANK, "Bank", is_debit_normal=True),
        *_refused(RECEIVABLE, "Accounts Receivable", is_debit_normal=True),
        *_refused(RECEIVABLE, "Accounts Payable", is_debit_normal=False),
        *_refused(TAX, "GST", "VAT", "Sales Tax", "Tax", is_debit_normal=False),
        *_refused(
            SYSTEM,
            *("Bank Revaluations", "Historical", "Historical Adjustment"),
            *("PAYG Liability", "Realised Currency Gains", "Retained Earnings"),
            *("Rounding", "Tracking", "Tracking Transfers", "Unpaid Expense Claims"),
            *("Unrealised Currency Gains", "Wages Payable"),
            is_debit_normal=False,
        ),
    )
}
"""The types of Xero's chart of accounts, by the names that its export writes."""

_MAPPABLE = tuple(known.name for known in XERO_TYPES.values() if not known.reason)

RECEIVABLE_TYPE = "Accounts receivable (A/R)"
PAYABLE_TYPE = "Accounts payable (A/P)"
QUICKBOOKS_TYPES = {
    known.name: known for known in (*_debits(RECEIVABLE_TYPE), *_credits(PAYABLE_TYPE))
}
"""The types whose lines need a name; of other accounts no type is asked."""


def _tracking(number: int) -> tuple[Field, Field]:
    return (
        Field(f"tracking_name_{number}", f"Tracking name {number}", 100),
        Field(
            f"tracking_option_{number}",
            f"Tracking option {number}",
            100,
            attributes=ATTRIBUTES,
        ),
    )


FORMS: Mapping[Integration, IntegrationForm] = {
    Integration.XERO: IntegrationForm(
        "Xero",
        (
            Field("code", "Account code", 10, is_needed=True),
            Field("type", "Account type", 50, is_needed=True, choices=_MAPPABLE),
            Field("tax_rate", "Tax rate", 50),
            *_tracking(1),
            *_tracking(2),
        ),
        (DateForm.ISO, DateForm.DAY_NAMED_MONTH_YEAR, DateForm.DAY_MONTH_YEAR),
        presets=tuple(Preset),
        preset_dates={Preset.VENDOR: DateForm.DAY_NAMED_MONTH_YEAR},
        types=XERO_TYPES,
    ),
    Integration.QUICKBOOKS: IntegrationForm(
        "QuickBooks Online",
        (
            Field("account", "Account name", 500, is_needed=True),
            Field("type", "Account type", 50, choices=tuple(QUICKBOOKS_TYPES)),
            Field("name", "Name", 500, attributes=ATTRIBUTES),
            Field("class", "Class", 100, attributes=ATTRIBUTES),
            Field("location", "Location", 100, attributes=ATTRIBUTES),
        ),
        (DateForm.MONTH_DAY_YEAR, DateForm.DAY_MONTH_YEAR),
        types=QUICKBOOKS_TYPES,
        entry_key="JournalNo",
    ),
    Integration.NETSUITE: IntegrationForm(
        "NetSuite",
        (
            Field("account", "Account", 300, is_needed=True),
            Field("subsidiary", "Subsidiary", 300),
            Field("department", "Department", 300, attributes=ATTRIBUTES),
            Field("class", "Class", 300, attributes=ATTRIBUTES),
            Field("location", "Location", 300, attributes=ATTRIBUTES),
            Field("name", "Name", 300, attributes=ATTRIBUTES),
        ),
        (
            DateForm.MONTH_DAY_YEAR,
            DateForm.DAY_MONTH_YEAR,
            DateForm.DAY_MONTH_YEAR_DOTS,
            DateForm.ISO,
        ),
        entry_key="External ID",
    ),
}
"""What each system asks; a new system is a number above and a form here."""
