"""What is looked for in each unit of any file, before the file is made. Pure.

A watch sees every unit once and then says what it found. What only one accounting
system asks is in `system_watches`.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from daybook.calendar import Day, day_text
from daybook.exports.preflight.findings import Examples, Finding, FindingCode
from daybook.exports.rules import (
    ExportGroup,
    ExportMovement,
    Movements,
    slice_totals,
)
from daybook.exports.writing.splitting import PartLimits
from daybook.money import decimal_text
from daybook.numbers import counted
from daybook.sheets.cells import is_formula


class Watch(Protocol):
    """Sees every unit of a file; `Finding`s are of all that it saw."""

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Look at a unit, or at a movement of one."""
        ...

    def findings(self) -> Iterable[Finding]:
        """What was found."""
        ...


class EntryWatch(Watch, Protocol):
    """A watch of entries alone: movements have nothing that it looks for."""

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Look at an entry."""
        if isinstance(unit, ExportGroup):
            self.see_entry(unit)

    def see_entry(self, entry: ExportGroup) -> None:
        """Look at an entry."""
        ...


def _other_form(choice: str, since: int | None, title: str) -> str:
    """The way out by another form of the file; a difference has that of its base."""
    if since is None:
        return choice
    where = f" in {title}" if title else ""
    return (
        f"delete the entries of file {since}{where}, undo its posting, and export its"
        f" days in another form: {choice}"
    )


class UnitSizes:
    """Units with more rows than a part of the file, or than an entry may have."""

    def __init__(
        self,
        limits: PartLimits,
        unit_rows: int | None,
        title: str,
        *,
        since: int | None = None,
    ) -> None:
        rows = [limit for limit in (limits.rows, unit_rows) if limit is not None]
        self._most = min(rows, default=None)
        self._title, self._since = title, since
        self._large = Examples()
        self._journal: int | None = None
        self._rows = 0

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Count the rows of an entry, or of a journal with all of its movements."""
        if self._most is None:
            return
        if isinstance(unit, ExportGroup):
            self._count(unit.key, len(unit.lines))
            return
        if unit.journal != self._journal:
            self._end()
            self._journal, self._rows = unit.journal, 0
        self._rows += slice_totals(Movements([unit])).rows

    def _end(self) -> None:
        """Count the journal whose movements were all seen."""
        if self._journal is not None:
            self._count(str(self._journal), self._rows)
            self._journal = None

    def _count(self, key: str, rows: int) -> None:
        if self._most is not None and rows > self._most:
            self._large.add(f"{key} ({counted(rows, 'row')})")

    def findings(self) -> Iterator[Finding]:
        """Units that fit into no file."""
        self._end()
        if self._large.count:
            takes = f"that {self._title} takes" if self._title else "of a file"
            yield Finding(
                FindingCode.UNIT_TOO_LARGE,
                blocks=True,
                title=f"{counted(self._large.count, 'entry', 'entries')} of more than"
                f" {self._most:,} rows, the most {takes}",
                message=self._large.words,
                way_out="entries are never cut: "
                + _other_form(
                    "choose rows by month, journals instead of groups, or narrower"
                    f" groups{'' if self._title else ', or more rows a file'}",
                    self._since,
                    self._title,
                ),
                count=self._large.count,
            )


class KeyLengths(EntryWatch):
    """Entries whose keys are too long for the target."""

    def __init__(self, longest: int, title: str, *, since: int | None = None) -> None:
        self._longest, self._title, self._since = longest, title, since
        self._long = Examples()

    def see_entry(self, entry: ExportGroup) -> None:
        """Measure an entry's key."""
        if len(entry.key) > self._longest:
            self._long.add(entry.key)

    def findings(self) -> Iterator[Finding]:
        """Keys that are too long."""
        if self._long.count:
            yield Finding(
                FindingCode.KEY_TOO_LONG,
                blocks=True,
                title=f"{counted(self._long.count, 'number')} of more than"
                f" {self._longest} characters, the most that {self._title} takes",
                message=self._long.words,
                way_out=_other_form(
                    "choose rows by month, and journals instead of groups",
                    self._since,
                    self._title,
                ),
                count=self._long.count,
            )


class AmountDigits(EntryWatch):
    """Lines with more digits before the point than the target reads."""

    def __init__(
        self, digits: int, decimals: int, title: str, *, since: int | None = None
    ) -> None:
        self._limit, self._decimals = 10 ** (digits + decimals), decimals
        self._digits, self._title, self._since = digits, title, since
        self._large = Examples()

    def see_entry(self, entry: ExportGroup) -> None:
        """Look at an entry's amounts."""
        for line in entry.lines:
            if line.amount >= self._limit:
                amount = decimal_text(line.amount, self._decimals)
                self._large.add(f"{amount} in {entry.key}")

    def findings(self) -> Iterator[Finding]:
        """Amounts that are too large."""
        if self._large.count:
            yield Finding(
                FindingCode.AMOUNT_TOO_LARGE,
                blocks=True,
                title=f"{counted(self._large.count, 'amount')} of more than"
                f" {self._digits} digits, the most that {self._title} reads",
                message=self._large.words,
                way_out=_other_form(
                    "choose rows by day, or narrower groups", self._since, self._title
                ),
                count=self._large.count,
            )


class ClosedDays(EntryWatch):
    """Rows dated on days that the target has closed."""

    def __init__(
        self, closed_through: Day, title: str, *, is_difference: bool = False
    ) -> None:
        self._closed, self._title = closed_through, title
        # A difference has the days of its file: other rows of it can be loaded.
        self._is_difference = is_difference
        self._rows, self._months = 0, Examples()

    def see_entry(self, entry: ExportGroup) -> None:
        """Look at an entry's date."""
        if entry.day <= self._closed:
            self._rows += len(entry.lines)
            self._months.add(day_text(entry.day)[:7])

    def findings(self) -> Iterator[Finding]:
        """Rows that the target would refuse."""
        if self._rows:
            others = "" if self._is_difference else "choose later days, or "
            yield Finding(
                FindingCode.TARGET_CLOSED,
                blocks=not self._is_difference,
                title=f"{counted(self._rows, 'row')} dated in months that"
                f" {self._title} has closed",
                message=f"{self._title} is closed through {day_text(self._closed)}, and"
                f" they are of {self._months.words}",
                way_out=f"{others}open them in {self._title} and change the day that"
                " the integration is closed through",
                count=self._rows,
            )


class LockedDays(EntryWatch):
    """Rows dated on days that the connected organisation has locked.

    It says so and doesn't stop the file: the lock may have been moved since.
    """

    def __init__(self, locked_through: Day, connection: str, title: str) -> None:
        self._locked, self._connection, self._title = locked_through, connection, title
        self._rows, self._months = 0, Examples()

    def see_entry(self, entry: ExportGroup) -> None:
        """Look at an entry's date."""
        if entry.day <= self._locked:
            self._rows += len(entry.lines)
            self._months.add(day_text(entry.day)[:7])

    def findings(self) -> Iterator[Finding]:
        """Rows that can't be posted while the days are locked."""
        if self._rows:
            yield Finding(
                FindingCode.CONNECTION_LOCKED,
                blocks=False,
                title=f"{counted(self._rows, 'row')} dated on days that"
                f" {self._connection} has locked in {self._title}",
                message=f"it is locked through {day_text(self._locked)}, and they are"
                f" of {self._months.words}",
                way_out=f"choose later days, or open them in {self._title} before the"
                " file is loaded and change the lock on the connection's page",
                count=self._rows,
            )


class FormulaTexts:
    """Names that a spreadsheet would run as formulas."""

    def __init__(self, *, are_kept: bool, title: str) -> None:
        self._are_kept, self._title = are_kept, title
        self._texts: set[str] = set()
        self._names = Examples()

    def see(self, unit: ExportMovement | ExportGroup) -> None:
        """Look at the names that came from outside."""
        names = [unit.customer_name, unit.product_name, unit.customer_id]
        names += (unit.invoice_number, unit.invoice_id)
        if isinstance(unit, ExportGroup) and unit.is_entered:
            names += (unit.narrative, *(line.description for line in unit.lines))
        for name in names:
            if name and is_formula(name) and name not in self._texts:
                self._texts.add(name)
                self._names.add(f"“{name}”")

    def findings(self) -> Iterator[Finding]:
        """What is done with them."""
        if self._names.count:
            kept = f"kept as they are, since {self._title} matches names exactly"
            words = kept if self._are_kept else "written with an apostrophe in front"
            yield Finding(
                FindingCode.FORMULA_TEXT,
                blocks=False,
                title=f"{counted(self._names.count, 'name')} that a spreadsheet would"
                " run",
                message=f"{words}: {self._names.words}",
                way_out="don't open the file in a spreadsheet before it is loaded"
                if self._are_kept
                else "",
                count=self._names.count,
            )
