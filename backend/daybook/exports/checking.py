"""What is checked before a file is rendered, for the command line, jobs and pages.

Whether its format is installed and may be compressed, and whether it can hold the rows
and amounts that were selected.
"""

from collections.abc import Sequence
from importlib.util import find_spec

from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.compression import Compression
from daybook.exports.expected import expected_amount, expected_totals
from daybook.exports.formats import FORMATS, Format
from daybook.exports.rules import Granularity, Movements, Totals, Units
from daybook.exports.units import read_units
from daybook.ledger.pins import Pin
from daybook.money import grouped_text
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping


def check_form(file_format: Format, compression: Compression | None = None) -> None:
    """Raise Rejected if files of the format can't be made here, or not compressed."""
    problems = []
    extra = file_format.extra
    if extra is not None and find_spec(extra.module) is None:
        message = (
            f"{file_format.name} needs the package {extra.module}, which is not"
            f" installed: pip install 'daybook-ledger[{extra.name}]'"
        )
        problems.append(Problem(ProblemCode.UNSUPPORTED, message, ("format",)))
    if compression is not None and not file_format.is_text:
        texts = " or ".join(known.name for known in FORMATS if known.is_text)
        message = (
            f"a file of {file_format.name} is compressed already: leave"
            f" {compression.name} out, or choose {texts}"
        )
        problems.append(Problem(ProblemCode.UNSUPPORTED, message, ("compress",)))
    if problems:
        raise Rejected(problems)


async def check_size(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    pin: Pin,
    journal_filter: JournalFilter,
    granularity: Granularity,
    *,
    by: Sequence[Grouping] | None = None,
    file_format: Format,
    expected: Totals | None = None,
) -> None:
    """Raise Rejected if the format can't hold the file's rows or amounts.

    `expected` are the file's totals, if they are known already.
    """
    limits = file_format.limits
    selected = (database, pin, journal_filter, granularity, by)
    if limits.rows is not None:
        expected = expected or await expected_totals(*selected)
        if expected.rows > limits.rows:
            raise _refused(
                f"{file_format.name} holds up to {limits.rows:,} rows, and these are"
                f" {expected.rows:,}: choose fewer days, rows by month, or"
                f" {_roomier('rows')}"
            )
    if limits.amount is not None:
        # No line is larger than all of them: hardly any file has to be read for this.
        total = (
            expected.debits
            if expected is not None
            else await expected_amount(database, pin, journal_filter)
        )
        largest = 0
        if total > limits.amount:
            largest = await _largest_line(*selected)
        if largest > limits.amount:
            raise _refused(
                f"{file_format.name} holds amounts of up to {limits.digits} digits, and"
                f" the largest is {grouped_text(largest, pin.currency)}: choose"
                f" narrower groups, or {_roomier('digits')}"
            )


async def _largest_line(
    database: Database,
    pin: Pin,
    journal_filter: JournalFilter,
    granularity: Granularity,
    by: Sequence[Grouping] | None,
) -> int:
    largest = 0
    async for units in read_units(database, pin, journal_filter, granularity, by):
        largest = max(largest, _largest(units))
    return largest


def _largest(units: Units) -> int:
    """The largest amount of a line, in minor units."""
    if isinstance(units, Movements):
        shares = (max(movement.daily, movement.last_share) for movement in units.units)
        return max(shares, default=0)
    amounts = (line.amount for group in units.units for line in group.lines)
    return max(amounts, default=0)


def _roomier(limit: str) -> str:
    """The formats without this limit: `the format SEQUENCE or PARQUET`."""
    names = [known.name for known in FORMATS if getattr(known.limits, limit) is None]
    return f"the format {' or '.join(names)}"


def _refused(message: str) -> Rejected:
    return Rejected([Problem(ProblemCode.TOO_LARGE, message, ("format",))])
