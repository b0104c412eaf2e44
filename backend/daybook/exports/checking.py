"""What is checked before a file is rendered, for the command line, jobs and pages.

Whether its format is installed and may be compressed, and whether it can hold the rows
and amounts that were selected.
"""

from importlib.util import find_spec

from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.compression import Compression
from daybook.exports.expected import expected_amount, expected_totals
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import FORMATS, Format
from daybook.exports.rules import Movements, Totals, Units
from daybook.exports.units import read_units
from daybook.money import grouped_text


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


async def check_size(
    database: Database, spec: FileSpec, expected: Totals | None = None
) -> None:
    """Raise Rejected if the format can't hold the file's rows or amounts.

    `expected` are the file's totals, if they are known already.
    """
    file_format = spec.file_format
    limits = file_format.limits
    if limits.rows is not None and not file_format.is_split:
        expected = expected or await expected_totals(database, spec)
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
            else await expected_amount(database, spec.pin, spec.journal_filter)
        )
        largest = 0
        if total > limits.amount:
            largest = await _largest_line(database, spec)
        if largest > limits.amount:
            raise _refused(
                f"{file_format.name} holds amounts of up to {limits.digits} digits, and"
                f" the largest is {grouped_text(largest, spec.pin.currency)}: choose"
                f" narrower groups, or {_roomier('digits')}"
            )


async def _largest_line(database: Database, spec: FileSpec) -> int:
    largest = 0
    async for units in read_units(database, spec):
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
    names = [
        known.name
        for known in FORMATS
        if known.integration is None
        and (known.is_split or getattr(known.limits, limit) is None)
    ]
    return f"the format {' or '.join(names)}"


def _refused(message: str) -> Rejected:
    return Rejected([Problem(ProblemCode.TOO_LARGE, message, ("format",))])
