"""Parquet: the generic CSV's lines in typed columns, for databases and data frames.

Texts are dictionaries, so each is stored once in a row group, and absent texts are
null. A movement adds all of its days at once, and nothing is done per line. Row groups
end with a unit, by their number of lines alone, so that the same units give the same
file however they were sliced.
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter

from daybook.calendar import Day
from daybook.exports.formats.contract import FileFacts, Format, Limits, Renderer
from daybook.exports.formats.generic import status_of
from daybook.exports.rules import (
    ExportGroup,
    ExportMovement,
    Movements,
    Units,
    alike,
    code_of,
)
from daybook.sheets.parquet_file.columns import (
    DAYS,
    NUMBERS,
    TEXTS,
    Column,
    decimals_of,
)
from daybook.sheets.parquet_file.lines import (
    Lines,
    Pattern,
    Runs,
    day_lines,
    pattern_lines,
    run_lines,
)
from daybook.sheets.parquet_file.writer import MAGIC, ParquetWriter

LINES = 2**17
"""How many lines a row group has at least, but for the last."""
DIGITS = 18
"""As many as fit into 64 bits, which all readers know as a decimal."""

_LAYOUT = 2
"""The version of the encoding, which a file names as what made it."""
_JOURNAL, _DAY, _DIRECTION = "journal_number", "date", "direction"
_ACCOUNT, _AMOUNT = "ledger_account_name", "amount"
_STATUS = "status"
"""The next column, in files with scheduled entries."""
_CODE = "xero_ledger_account_code"
"""The last column while Xero is enabled."""
_ALIKE = (
    *("narrative", "product_name", "customer_id", "customer_name"),
    *("invoice_id", "invoice_number"),
)
"""The columns that are alike in all lines of a unit, by the unit's own names."""
_REQUIRED = {_JOURNAL, _DAY, "narrative", _DIRECTION, _ACCOUNT, _AMOUNT, _STATUS}

_DIRECTIONS = ("DEBIT", "CREDIT")
"""Of the lines of an entry: a debit and a credit."""

_alike = attrgetter(*_ALIKE)


class _Held:
    """The lines of a row group, by run or by pattern."""

    def __init__(self, facts: FileFacts) -> None:
        self._has_codes, self._divides_on = facts.has_codes, facts.divides_on
        self.lines = 0
        self._lengths: list[int] = []
        """How many lines each unit has."""
        self._keys: list[int | str] = []
        self._texts: list[tuple[str, ...]] = []
        """Those that are alike in a unit's lines."""
        self._statuses: list[str] = []
        self._days: list[tuple[Day, int, int]] = []
        self._directions: list[Pattern] = []
        self._accounts: list[Pattern] = []
        self._codes: list[Pattern] = []
        self._amounts: list[int] = []
        self._amount_lengths: list[int] = []

    def add_movement(self, movement: ExportMovement) -> None:
        """Add two lines for each day on which a movement has an amount."""
        first, last, daily = movement.first_day, movement.last_day, movement.daily
        share = movement.amount - daily * (last - first)
        if not daily:
            first = last
        days = last - first
        if days:
            self._amounts.append(daily)
            self._amount_lengths.append(2 * days)
        if share:
            days += 1
            self._amounts.append(share)
            self._amount_lengths.append(2)
        elif not days:
            return
        self._days.append((first, days, 2))
        self._directions.append((_DIRECTIONS, days))
        accounts = movement.debit_account, movement.credit_account
        self._accounts.append((accounts, days))
        if self._has_codes:
            codes = code_of(movement.debit_target), code_of(movement.credit_target)
            self._codes.append((codes, days))
        self._keys.append(movement.journal)
        self._texts.append(_alike(movement))
        self._statuses.append(status_of(last, self._divides_on))
        self._lengths.append(2 * days)
        self.lines += 2 * days

    def add_group(self, group: ExportGroup, key: int | str) -> None:
        """Add the lines of a group that have the same texts."""
        lines = group.lines
        if not lines:
            return
        self._days.append((group.day, 1, len(lines)))
        directions = tuple([_DIRECTIONS[not line.is_debit] for line in lines])
        self._directions.append((directions, 1))
        self._accounts.append((tuple([line.account for line in lines]), 1))
        if self._has_codes:
            self._codes.append((tuple([code_of(line.target) for line in lines]), 1))
        self._amounts += [line.amount for line in lines]
        self._amount_lengths += [1] * len(lines)
        self._keys.append(key)
        self._texts.append(_alike(group))
        self._statuses.append(status_of(group.day, self._divides_on))
        self._lengths.append(len(lines))
        self.lines += len(lines)

    def columns(self, columns: Iterable[Column]) -> Iterator[Lines]:
        """The lines of each column."""
        runs, amount_runs = Runs(self._lengths), Runs(self._amount_lengths)
        texts = dict(zip(_ALIKE, zip(*self._texts, strict=True), strict=True))
        patterns = {
            _DIRECTION: self._directions,
            _ACCOUNT: self._accounts,
            _CODE: self._codes,
        }
        for column in columns:
            name = column.name
            if name == _DAY:
                yield day_lines(self._days)
            elif name == _JOURNAL:
                yield run_lines(column, self._keys, runs)
            elif name == _STATUS:
                yield run_lines(column, self._statuses, runs)
            elif name == _AMOUNT:
                yield run_lines(column, self._amounts, amount_runs)
            elif name in patterns:
                yield pattern_lines(column, patterns[name])
            else:
                yield run_lines(column, texts[name], runs)


class _Renderer(Renderer):
    """Holds the lines of a row group, and the places of those that are written."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._columns = _columns(facts)
        self._held = _Held(facts)
        self._writer = ParquetWriter(
            self._columns,
            {"currency": facts.currency},
            f"daybook version {_LAYOUT} (build {_LAYOUT})",
        )

    def header(self) -> Iterable[bytes]:
        """What says that it is Parquet."""
        return (MAGIC,)

    def render(self, units: Units) -> Iterator[bytes]:
        """The row groups that the slice completes."""
        if isinstance(units, Movements):
            for movement in units.units:
                self._held.add_movement(movement)
                if self._held.lines >= LINES:
                    yield from self._row_group()
        else:
            for group in units.units:
                key = group.key if self._facts.has_text_keys else int(group.key)
                for part in alike(group):
                    self._held.add_group(part, key)
                if self._held.lines >= LINES:
                    yield from self._row_group()

    def footer(self) -> Iterable[bytes]:
        """The last row group, and where all of them are."""
        if self._held.lines:
            yield from self._row_group()
        yield self._writer.footer()

    def _row_group(self) -> list[bytes]:
        """A row group of the lines that are held; then none are."""
        held, self._held = self._held, _Held(self._facts)
        return self._writer.row_group(held.lines, held.columns(self._columns))


def _columns(facts: FileFacts) -> list[Column]:
    """The columns of the generic CSV, in its order, by names without spaces."""
    names = (
        *(_JOURNAL, _DAY, *_ALIKE[:4], _DIRECTION, _ACCOUNT, _AMOUNT, *_ALIKE[4:]),
        *([] if facts.divides_on is None else [_STATUS]),
        *([_CODE] if facts.has_codes else []),
    )
    kinds = {_DAY: DAYS, _AMOUNT: decimals_of(DIGITS, facts.decimals)}
    if not facts.has_text_keys:
        kinds[_JOURNAL] = NUMBERS
    return [
        Column(name, kinds.get(name, TEXTS), is_nullable=name not in _REQUIRED)
        for name in names
    ]


PARQUET = Format(
    name="PARQUET",
    number=6,
    description="Parquet with the columns of `SEQUENCE` in types, for databases and"
    " data frames.",
    suffix="parquet",
    media_type="application/vnd.apache.parquet",
    version=3,
    status_version=4,
    renderer=_Renderer,
    limits=Limits(digits=DIGITS),
    is_text=False,
    is_slow=True,
)
