"""What is looked for in each unit of a file, before the file is made. Pure.

A watch sees every unit once and then says what it found.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from daybook.calendar import Day, day_text
from daybook.exports.formats.entry_csv import description_of
from daybook.exports.formats.quickbooks import DESCRIPTION_LONGEST
from daybook.exports.mapping.forms import FORMS, Integration, Preset
from daybook.exports.preflight.findings import (
    Examples,
    Finding,
    FindingCode,
    counted,
)
from daybook.exports.rules import ExportGroup, ExportLine, ExportMovement
from daybook.exports.splitting import PartLimits
from daybook.fx.rules import NoRate
from daybook.money import decimal_text
from daybook.sheets.cells import is_formula

KEEP_CLOSED = "don't open the file in a spreadsheet before it is loaded"


class Watch(Protocol):
    """Sees every unit of a file; `Finding`s are of all that it saw."""

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Look at a unit, or at a movement of one."""
        ...

    def findings(self) -> Iterable[Finding]:
        """What was found."""
        ...


class UnitSizes:
    """Entries with more rows than a part of the file, or than an entry may have."""

    def __init__(self, limits: PartLimits, unit_rows: int | None, title: str) -> None:
        rows = [limit for limit in (limits.rows, unit_rows) if limit is not None]
        self._most = min(rows, default=None)
        self._title = title
        self._large = Examples()

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Count the rows of an entry."""
        if self._most is None or isinstance(unit, ExportMovement):
            return
        if len(unit.lines) > self._most:
            self._large.add(f"{unit.key} ({counted(len(unit.lines), 'row')})")

    def findings(self) -> Iterator[Finding]:
        """Entries that fit into no file."""
        if self._large.count:
            yield Finding(
                FindingCode.UNIT_TOO_LARGE,
                blocks=True,
                title=f"{counted(self._large.count, 'entry', 'entries')} of more than"
                f" {self._most:,} rows, the most that {self._title} takes",
                message=self._large.words,
                way_out="entries are never cut: choose journals instead of groups,"
                " narrower groups, or rows by month",
                count=self._large.count,
            )


class KeyLengths:
    """Entries whose keys are too long for the target."""

    def __init__(self, longest: int, title: str) -> None:
        self._longest, self._title = longest, title
        self._long = Examples()

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Measure an entry's key."""
        if isinstance(unit, ExportGroup) and len(unit.key) > self._longest:
            self._long.add(unit.key)

    def findings(self) -> Iterator[Finding]:
        """Keys that are too long."""
        if self._long.count:
            yield Finding(
                FindingCode.KEY_TOO_LONG,
                blocks=True,
                title=f"{counted(self._long.count, 'number')} of more than"
                f" {self._longest} characters, the most that {self._title} takes",
                message=self._long.words,
                way_out="choose rows by month, and journals instead of groups",
                count=self._long.count,
            )


class AmountDigits:
    """Lines with more digits before the point than the target reads."""

    def __init__(self, digits: int, decimals: int, title: str) -> None:
        self._limit, self._decimals = 10 ** (digits + decimals), decimals
        self._digits, self._title = digits, title
        self._large = Examples()

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Look at an entry's amounts."""
        if isinstance(unit, ExportMovement):
            return
        for line in unit.lines:
            if line.amount >= self._limit:
                amount = decimal_text(line.amount, self._decimals)
                self._large.add(f"{amount} in {unit.key}")

    def findings(self) -> Iterator[Finding]:
        """Amounts that are too large."""
        if self._large.count:
            yield Finding(
                FindingCode.AMOUNT_TOO_LARGE,
                blocks=True,
                title=f"{counted(self._large.count, 'amount')} of more than"
                f" {self._digits} digits, the most that {self._title} reads",
                message=self._large.words,
                way_out="choose rows by day, or narrower groups",
                count=self._large.count,
            )


class Unmapped:
    """Lines without an account of the target."""

    def __init__(self, title: str, decimals: int) -> None:
        self._title, self._decimals = title, decimals
        self._accounts, self._entries = Examples(), Examples()
        self._amount = 0

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Look for lines without a target."""
        if isinstance(unit, ExportMovement):
            return
        without = [line for line in unit.lines if line.target is None]
        if without:
            self._entries.add(unit.key)
            for line in without:
                of = f" of {unit.product_name}" if unit.product_name else ""
                self._accounts.add(f"{line.account}{of}")
                self._amount += line.amount

    def findings(self) -> Iterator[Finding]:
        """The accounts without a mapping."""
        if self._accounts.count:
            entries = counted(self._entries.count, "entry", "entries")
            amount = decimal_text(self._amount, self._decimals)
            yield Finding(
                FindingCode.UNMAPPED,
                blocks=True,
                title=f"{counted(self._accounts.count, 'line')} without an account of"
                f" {self._title}",
                message=f"{self._accounts.words}; {amount} in {entries}",
                way_out="map them (daybook mapping set, or the integration's page), or"
                " choose an account for all of them (--default-account)",
                count=self._accounts.count,
            )


class XeroSigns:
    """What Xero's published rule makes of the amounts: plus debits, minus credits."""

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        self._refused, self._backwards = Examples(), Examples()
        self._untaxed = Examples()
        self._tax_rate = FORMS[Integration.XERO].names.index("tax_rate")

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Look at the signs and tax rates of an entry."""
        if isinstance(unit, ExportMovement):
            return
        if self._preset is Preset.VENDOR:
            for line in unit.lines:
                if line.target is not None and not line.target.values[self._tax_rate]:
                    self._untaxed.add(line.target.account)
            return
        total, is_backwards = 0, False
        for line in unit.lines:
            if line.target is None:
                return
            is_positive = line.is_debit is line.target.is_debit_normal
            total += line.amount if is_positive else -line.amount
            is_backwards |= is_positive is not line.is_debit
        if total:
            self._refused.add(f"{unit.key} ({_pair(unit.lines)})")
        elif is_backwards:
            self._backwards.add(f"{unit.key} ({_pair(unit.lines)})")

    def findings(self) -> Iterator[Finding]:
        """What Xero would refuse, book backwards, or keep as drafts."""
        way_out = "use Xero's own rule (--preset vendor, or the integration's settings)"
        if self._refused.count:
            yield Finding(
                FindingCode.CANNOT_POST,
                blocks=False,
                title="Xero reads plus as a debit, minus as a credit: by that rule"
                f" {counted(self._refused.count, 'entry', 'entries')} can't be posted",
                message=f"they don't sum to zero: {self._refused.words}",
                way_out=way_out,
                count=self._refused.count,
            )
        if self._backwards.count:
            yield Finding(
                FindingCode.BACKWARDS,
                blocks=False,
                title="Xero reads plus as a debit, minus as a credit: by that rule"
                f" {counted(self._backwards.count, 'entry', 'entries')} would be booked"
                " backwards",
                message=f"they sum to zero all the same: {self._backwards.words}",
                way_out=way_out,
                count=self._backwards.count,
            )
        if self._untaxed.count:
            yield Finding(
                FindingCode.NO_TAX_RATE,
                blocks=False,
                title=f"{counted(self._untaxed.count, 'line')} without a tax rate",
                message=f"accounts {self._untaxed.words}; Xero imports their journals"
                " as drafts that can't be posted",
                way_out="give the mapping a tax rate, by the name that Xero shows",
                count=self._untaxed.count,
            )


def _pair(lines: Sequence[ExportLine]) -> str:
    """The first debit and the first credit: `Dr 2400, Cr 200`."""
    sides = {line.is_debit: line for line in reversed(lines)}
    return ", ".join(
        f"{words} {line.target.account if line.target else line.account}"
        for words, line in (("Dr", sides.get(True)), ("Cr", sides.get(False)))
        if line is not None
    )


class QuickBooksNames:
    """Lines of receivables and payables without a name."""

    def __init__(self) -> None:
        names = FORMS[Integration.QUICKBOOKS].names
        self._type, self._name = names.index("type"), names.index("name")
        self._without = Examples()

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Look for lines that need a name and have none."""
        if isinstance(unit, ExportMovement):
            return
        for line in unit.lines:
            target = line.target
            # Only receivables and payables have a type.
            if target and target.values[self._type] and not target.values[self._name]:
                self._without.add(f"{target.account} in {unit.key}")

    def findings(self) -> Iterator[Finding]:
        """Lines that QuickBooks would refuse."""
        if self._without.count:
            yield Finding(
                FindingCode.NAME_MISSING,
                blocks=True,
                title=f"{counted(self._without.count, 'line')} of receivables or"
                " payables without a name, which QuickBooks asks for",
                message=self._without.words,
                way_out="give the mapping a name that all of its lines have, or choose"
                " rows by customer",
                count=self._without.count,
            )


class NetSuiteSubsidiaries:
    """Entries whose lines are mapped to several subsidiaries."""

    def __init__(self) -> None:
        self._place = FORMS[Integration.NETSUITE].names.index("subsidiary")
        self._several = Examples()

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Compare the subsidiaries of an entry's lines."""
        if isinstance(unit, ExportMovement):
            return
        found = {line.target.values[self._place] for line in unit.lines if line.target}
        if len(found) > 1:
            names = " and ".join(sorted(name or "none" for name in found))
            self._several.add(f"{unit.key} ({names})")

    def findings(self) -> Iterator[Finding]:
        """Entries that NetSuite would refuse."""
        if self._several.count:
            yield Finding(
                FindingCode.SUBSIDIARIES,
                blocks=True,
                title=f"{counted(self._several.count, 'entry', 'entries')} of several"
                " subsidiaries: an entry has one",
                message=self._several.words,
                way_out="map the accounts of a product to one subsidiary",
                count=self._several.count,
            )


class MissingRates:
    """Days without an exchange rate, in files that have one on each row."""

    def __init__(self, rate_of: Callable[[Day], str]) -> None:
        self._rate_of = rate_of
        self._days: set[Day] = set()
        self._missing: list[NoRate] = []

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Look up the rate of an entry's day."""
        if isinstance(unit, ExportGroup) and unit.day not in self._days:
            self._days.add(unit.day)
            try:
                self._rate_of(unit.day)
            except NoRate as missing:
                self._missing.append(missing)

    def findings(self) -> Iterator[Finding]:
        """Days that have no rate."""
        if self._missing:
            yield Finding(
                FindingCode.NO_RATE,
                blocks=True,
                title=f"{counted(len(self._missing), 'day')} without an exchange rate",
                message=self._missing[0].problems[0].message,
                way_out="choose days that have rates",
                count=len(self._missing),
            )


class ClosedDays:
    """Rows dated on days that the target has closed."""

    def __init__(self, closed_through: Day, title: str) -> None:
        self._closed, self._title = closed_through, title
        self._rows, self._months = 0, Examples()

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Look at an entry's date."""
        if isinstance(unit, ExportGroup) and unit.day <= self._closed:
            self._rows += len(unit.lines)
            self._months.add(day_text(unit.day)[:7])

    def findings(self) -> Iterator[Finding]:
        """Rows that the target would refuse."""
        if self._rows:
            yield Finding(
                FindingCode.TARGET_CLOSED,
                blocks=True,
                title=f"{counted(self._rows, 'row')} dated in months that"
                f" {self._title} has closed",
                message=f"{self._title} is closed through {day_text(self._closed)}:"
                f" {', '.join(self._months.places)}",
                way_out=f"choose later days, or open them in {self._title} and change"
                " the day that the integration is closed through",
                count=self._rows,
            )


class FormulaTexts:
    """Texts that a spreadsheet would run as formulas."""

    def __init__(self, *, are_kept: bool, title: str) -> None:
        self._are_kept, self._title = are_kept, title
        self._texts: set[str] = set()
        self._rows = Examples()

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Look at the names that came from outside."""
        names = (unit.customer_name, unit.product_name, unit.customer_id)
        for name in (*names, unit.invoice_number, unit.invoice_id):
            if name and is_formula(name) and name not in self._texts:
                self._texts.add(name)
                self._rows.add(f"“{name}”")

    def findings(self) -> Iterator[Finding]:
        """What is done with them."""
        if self._rows.count:
            kept = f"kept as they are: {self._title} matches names exactly"
            words = kept if self._are_kept else "written with a leading apostrophe"
            yield Finding(
                FindingCode.FORMULA_TEXT,
                blocks=False,
                title=f"{counted(self._rows.count, 'name')} that a spreadsheet would"
                " run",
                message=f"{words}: {self._rows.words}",
                way_out="don't open the file in a spreadsheet"
                if self._are_kept
                else "",
                count=self._rows.count,
            )


class LongDescriptions:
    """Descriptions that QuickBooks would cut."""

    def __init__(self) -> None:
        self._long = Examples()

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Measure the descriptions of an entry."""
        if isinstance(unit, ExportMovement):
            return
        for line in unit.lines:
            if len(description_of(unit, line)) > DESCRIPTION_LONGEST:
                self._long.add(unit.key)

    def findings(self) -> Iterator[Finding]:
        """Descriptions that are shortened."""
        if self._long.count:
            yield Finding(
                FindingCode.TEXT_CUT,
                blocks=False,
                title=f"{counted(self._long.count, 'description')} of more than"
                f" {DESCRIPTION_LONGEST:,} characters",
                message=f"shortened, with an ellipsis: {self._long.words}",
                count=self._long.count,
            )
