"""What is checked before a file is rendered, for the command line, jobs and pages.

Whether its format is installed and may be compressed, and whether it can hold the rows
and amounts that were selected.
"""

from collections.abc import Iterator

from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.file_spec import DEFAULT_OPTIONS, FileOptions, FileSpec
from daybook.exports.formats import FORMATS, Format
from daybook.exports.formats.contract import Opens
from daybook.exports.mapping.forms import FORMS, Integration
from daybook.exports.preflight.queries import Preflight, check_loadable
from daybook.exports.reading.expected import expected_amount, expected_totals
from daybook.exports.reading.units import read_units
from daybook.exports.rules import Movements, Totals, Units
from daybook.exports.writing.compression import Compression
from daybook.money import grouped_text


def check_form(
    file_format: Format,
    compression: Compression | None = None,
    options: FileOptions = DEFAULT_OPTIONS,
) -> None:
    """Raise Rejected if files of the format can't be made here, or not in this form.

    That is, compressed or with these options. Paths are the options' names.
    """
    problems = list(_option_problems(file_format, compression, options))
    extra = file_format.extra
    if extra is not None and not extra.is_installed():
        message = extra.advice(file_format.name)
        problems.append(Problem(ProblemCode.UNSUPPORTED, message, ("format",)))
    if compression is not None and not file_format.may_be_compressed:
        texts = " or ".join(known.name for known in FORMATS if known.may_be_compressed)
        why = (
            f"a file of {file_format.name} is compressed already"
            if file_format.integration is None
            else f"{FORMS[file_format.integration].title} reads no compressed files"
        )
        message = f"{why}: leave {compression.name} out, or choose {texts}"
        problems.append(Problem(ProblemCode.UNSUPPORTED, message, ("compress",)))
    if problems:
        raise Rejected(problems)


def _option_problems(
    file_format: Format, compression: Compression | None, options: FileOptions
) -> Iterator[Problem]:
    """What is wrong with a file's options."""
    name, integration = file_format.name, file_format.integration
    form = None if integration is None else FORMS[integration]
    presets, dates = (form.presets, form.date_forms) if form else ((), ())
    preset, date_form, rows = options.preset, options.date_form, options.max_rows
    is_for_xero = integration is Integration.XERO
    refused = {
        "preset": f"{name} has no sign presets" if preset and not presets else "",
        "date_form": (
            f"{name} takes dates as {', '.join(dates)}"
            if date_form and dates and date_form not in dates
            else f"{name} has one form of dates"
            if date_form and not dates
            else ""
        ),
        "convert": (
            "only files for Xero are converted"
            if options.converts and not is_for_xero
            else ""
        ),
        "default_account": (
            f"{name} has no accounts of its own"
            if options.default_account and not form
            else ""
        ),
        "opens": (
            f"files of {name} open no accounts"
            if options.opens is not Opens.USED and not file_format.opens_accounts
            else ""
        ),
        "max_rows": _rows_problem(file_format, compression, rows),
    }
    for option, message in refused.items():
        if message:
            yield Problem(ProblemCode.INVALID_VALUE, message, (option,))


def _rows_problem(  # noqa: PLR0911  (a return for each reason)
    file_format: Format, compression: Compression | None, rows: int | None
) -> str:
    """What is wrong with the most rows of a part; empty if nothing."""
    if rows is None:
        return ""
    most = file_format.limits.rows
    is_kept = file_format.integration is not None and most is not None
    if is_kept and not 0 < rows <= (most or 0):
        return f"{file_format.name} takes up to {most:,} rows a file: choose fewer"
    if not rows:  # a single file is what every format makes
        return ""
    if not file_format.is_split:
        return f"files of {file_format.name} are not split"
    if rows < 0 or rows == 1:
        return f"{rows} rows hold no entry, which has two at least; 0 is for one file"
    if compression is not None:
        return f"a file is either split or compressed: leave {compression.name} out"
    return ""


async def check_file(database: Database, spec: FileSpec) -> None:
    """Raise Rejected if the file can't be made, or its target would not take it."""
    if spec.is_read_first:
        await check_units(database, spec)
    else:
        await check_size(database, spec)


async def check_units(database: Database, spec: FileSpec) -> Preflight:
    """The preflight of a file that is read first; raises Rejected as `check_file`."""
    found = await check_loadable(database, spec)
    if spec.integration is None:
        await check_size(database, spec, found.totals)
    return found


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
