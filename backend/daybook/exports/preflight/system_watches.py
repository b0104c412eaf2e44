"""What one accounting system looks for in the entries of its files. Pure.

Each is a `Watch`, as in `watches`.
"""

from collections.abc import Callable, Iterator, Sequence

from daybook.calendar import Day
from daybook.exports.formats.entry_csv import description_of
from daybook.exports.formats.quickbooks import DESCRIPTION_LONGEST
from daybook.exports.mapping.forms import FORMS, Integration, Preset
from daybook.exports.preflight.findings import Examples, Finding, FindingCode
from daybook.exports.preflight.watches import EntryWatch
from daybook.exports.rules import ExportGroup, ExportLine
from daybook.fx.rules import NoRate
from daybook.numbers import counted


class XeroSigns(EntryWatch):
    """What Xero's published rule makes of the file: plus is a debit, minus a credit."""

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        self._refused, self._backwards = Examples(), Examples()
        self._untaxed = Examples()
        self._tax_rate = FORMS[Integration.XERO].names.index("tax_rate")

    def see_entry(self, entry: ExportGroup) -> None:
        """Look at the signs and tax rates of an entry."""
        if any(line.target is None for line in entry.lines):
            return  # without an account there is no sign yet
        if self._preset is Preset.VENDOR:
            self._see_tax_rates(entry)
        else:
            self._see_signs(entry)

    def _see_tax_rates(self, entry: ExportGroup) -> None:
        for line in entry.lines:
            if line.target is not None and not line.target.values[self._tax_rate]:
                self._untaxed.add(line.target.account)

    def _see_signs(self, entry: ExportGroup) -> None:
        total, is_backwards = 0, False
        for line in entry.lines:
            assert line.target is not None, "entries without accounts were left out"
            self._untaxed.add(line.target.account)
            is_positive = line.is_debit is line.target.is_debit_normal
            total += line.amount if is_positive else -line.amount
            is_backwards |= is_positive is not line.is_debit
        if total:
            self._refused.add(f"{entry.key} ({_pair(entry.lines)})")
        elif is_backwards:
            # The sum is zero and proves nothing: -1000/+1000 is backwards.
            self._backwards.add(f"{entry.key} ({_pair(entry.lines)})")

    def findings(self) -> Iterator[Finding]:
        """What Xero would refuse, book backwards, or keep as drafts."""
        rule = "by Xero's own rule, plus for debits and minus for credits,"
        way_out = "use Xero's own rule: the preset vendor"
        if self._refused.count:
            yield Finding(
                FindingCode.CANNOT_POST,
                blocks=False,
                title=f"{rule} {counted(self._refused.count, 'entry', 'entries')} can't"
                " be posted",
                message=f"their amounts don't sum to zero: {self._refused.words}",
                way_out=way_out,
                count=self._refused.count,
            )
        if self._backwards.count:
            yield Finding(
                FindingCode.BACKWARDS,
                blocks=False,
                title=f"{rule} {counted(self._backwards.count, 'entry', 'entries')}"
                " would be booked backwards",
                message="their amounts sum to zero, but debits come as credits:"
                f" {self._backwards.words}",
                way_out=way_out,
                count=self._backwards.count,
            )
        if self._untaxed.count:
            yield self._without_tax_rates()

    def _without_tax_rates(self) -> Finding:
        is_vendor = self._preset is Preset.VENDOR
        return Finding(
            FindingCode.NO_TAX_RATE,
            blocks=False,
            title=f"{counted(self._untaxed.count, 'line')} without a tax rate: Xero"
            " imports their journals as drafts, which can't be posted before they have"
            " one",
            message=f"accounts {self._untaxed.words}"
            if is_vendor
            else "the preset normal-balance leaves tax rates blank",
            way_out="give the accounts' mappings a tax rate, by the name that Xero"
            " shows"
            if is_vendor
            else "fill them in in Xero, or use the preset vendor, which writes the"
            " mapped tax rates",
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


class QuickBooksNames(EntryWatch):
    """Lines of receivables and payables without a name."""

    def __init__(self) -> None:
        names = FORMS[Integration.QUICKBOOKS].names
        self._type, self._name = names.index("type"), names.index("name")
        self._without = Examples()

    def see_entry(self, entry: ExportGroup) -> None:
        """Look for lines that need a name and have none."""
        for line in entry.lines:
            target = line.target
            # Only receivables and payables have a type.
            if target and target.values[self._type] and not target.values[self._name]:
                self._without.add(f"{target.account} in {entry.key}")

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


class LongDescriptions(EntryWatch):
    """Descriptions that QuickBooks would cut."""

    def __init__(self) -> None:
        self._long = Examples()

    def see_entry(self, entry: ExportGroup) -> None:
        """Measure the descriptions of an entry."""
        for line in entry.lines:
            if len(description_of(entry, line)) > DESCRIPTION_LONGEST:
                self._long.add(entry.key)

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


class NetSuiteSubsidiaries(EntryWatch):
    """Entries whose lines are mapped to several subsidiaries."""

    def __init__(self) -> None:
        self._place = FORMS[Integration.NETSUITE].names.index("subsidiary")
        self._several = Examples()

    def see_entry(self, entry: ExportGroup) -> None:
        """Compare the subsidiaries of an entry's lines."""
        found = {line.target.values[self._place] for line in entry.lines if line.target}
        if len(found) > 1:
            names = " and ".join(sorted(name or "none" for name in found))
            self._several.add(f"{entry.key} ({names})")

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


class MissingRates(EntryWatch):
    """Days without an exchange rate, in files that have one on each row."""

    def __init__(self, rate_of: Callable[[Day], str]) -> None:
        self._rate_of = rate_of
        self._days: set[Day] = set()
        self._missing: list[NoRate] = []

    def see_entry(self, entry: ExportGroup) -> None:
        """Look up the rate of an entry's day."""
        if entry.day not in self._days:
            self._days.add(entry.day)
            try:
                self._rate_of(entry.day)
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
