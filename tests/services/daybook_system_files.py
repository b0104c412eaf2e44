"""Files for accounting systems: checked, and compared with the generic CSV.

A system's file says of each entry, account and day what the generic CSV says of the
same selection; the checkers know nothing of the ledger, the generic CSV nothing of the
systems.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from daybook.db.engine import Database
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats import SEQUENCE, Format
from daybook.exports.formats.netsuite import NETSUITE
from daybook.exports.formats.quickbooks import QUICKBOOKS
from daybook.exports.formats.xero import XERO
from daybook.exports.mapping.forms import FORMS, DateForm, Integration, Preset
from daybook.exports.rules import Granularity
from daybook.exports.writing.streaming import render_file
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook_factories import pin
from daybook_files import minor
from daybook_mapped_ledgers import Fields
from daybook_netsuite_checker import check_netsuite
from daybook_quickbooks_checker import check_quickbooks
from daybook_strict_csv import DECIMALS, CheckedJournal
from daybook_xero_checker import check_xero

SYSTEMS = (XERO, QUICKBOOKS, NETSUITE)
ON = "2025-12-31"
EVERY = JournalFilter(include_scheduled=True)
LINE = "Journal Entry - Line: "
NAME_CELLS = {QUICKBOOKS: "Name", NETSUITE: f"{LINE}Name"}


class SystemLine(NamedTuple):
    """A line of an entry: debits are positive. `name` is the customer's, if asked."""

    key: str
    day: date
    account: str
    amount: int
    description: str
    name: str | None


class Form(NamedTuple):
    """How a file is asked for."""

    file_format: Format
    granularity: Granularity = Granularity.MONTHLY
    by: tuple[Grouping, ...] | None = None
    preset: Preset | None = None
    date_form: DateForm | None = None

    def of(self, spec: FileSpec) -> FileSpec:
        """The same selection in this form."""
        options = FileOptions(preset=self.preset, date_form=self.date_form)
        return replace(
            spec,
            granularity=self.granularity,
            by=self.by,
            file_format=self.file_format,
            options=options,
        )

    @property
    def integration(self) -> Integration:
        """The system."""
        assert self.file_format.integration is not None, "it is for a system"
        return self.file_format.integration

    @property
    def dates(self) -> str:
        """How dates are written: by the gl formats' defaults where none was chosen."""
        defaults = {XERO: "yyyy-mm-dd"}
        if self.preset is Preset.VENDOR:
            defaults[XERO] = "dd mmm yyyy"
        default = defaults.get(self.file_format, "mm/dd/yyyy")
        return default if self.date_form is None else str(self.date_form)


def forms_of(file_format: Format) -> Iterator[tuple[Preset | None, DateForm | None]]:
    """Each preset with each form of dates."""
    assert file_format.integration is not None, "it is for a system"
    form = FORMS[file_format.integration]
    for preset in form.presets or [None]:
        for date_form in [None, *form.date_forms]:
            yield preset, date_form


async def spec_of(
    database: Database, currency: str = "USD", selected: JournalFilter = EVERY
) -> FileSpec:
    """A selection of a ledger as it is on the last day of the year."""
    at = await pin(database, currency, on=ON)
    return FileSpec(at, selected, Granularity.MONTHLY)


async def content_of(database: Database, spec: FileSpec) -> bytes:
    """A whole file, in one part."""
    return b"".join([piece async for piece in render_file(database, spec)])


def checked(
    content: bytes,
    form: Form,
    fields: Mapping[str, Fields],
    currency: str,
    *,
    is_part: bool = False,
) -> list[CheckedJournal]:
    """The entries of a file, by the checker of its system.

    `fields` are those of the mapped accounts, by the names of the ledger's accounts.
    """
    accounts = list(fields.values())
    if form.file_format is XERO:
        types = {account["code"]: account["type"] for account in accounts}
        is_vendor = form.preset is Preset.VENDOR
        decimals = DECIMALS[currency]
        return check_xero(
            *(content, types),
            is_vendor=is_vendor,
            dates=form.dates,
            decimals=decimals,
            is_part=is_part,
        )
    if form.file_format is QUICKBOOKS:
        types = {account["account"]: account.get("type", "") for account in accounts}
        return check_quickbooks(content, types, dates=form.dates, is_part=is_part)
    names = {account["account"] for account in accounts}
    return check_netsuite(content, names, dates=form.dates, is_part=is_part)


def lines_of(
    journals: Iterable[CheckedJournal], form: Form, fields: Mapping[str, Fields]
) -> list[SystemLine]:
    """The lines of entries, in the order of the file."""
    named = _named(form, fields)
    description = f"{LINE}Memo" if form.file_format is NETSUITE else "Description"
    return [
        SystemLine(
            key_of(journal, form),
            journal.day,
            line.account,
            line.amount,
            plain(line.cells[description]),
            plain(line.cells[NAME_CELLS[form.file_format]])
            if line.account in named
            else None,
        )
        for journal in journals
        for line in journal.lines
    ]


def merged(lines: Iterable[SystemLine]) -> list[SystemLine]:
    """The lines with those of an entry, account and side as one.

    A system's account may stand there several times, each with another class.
    """
    sums: dict[SystemLine, int] = {}
    for line in lines:
        side = line._replace(amount=1 if line.amount > 0 else -1)
        sums[side] = sums.get(side, 0) + line.amount
    return [side._replace(amount=amount) for side, amount in sums.items()]


def key_of(journal: CheckedJournal, form: Form) -> str:
    """An entry's key; in Xero the narration begins with it, up to a space."""
    if form.file_format is not XERO:
        return journal.key
    return journal.key.partition(" ")[0].replace("%20", " ")


def _named(form: Form, fields: Mapping[str, Fields]) -> set[str]:
    """The accounts whose lines have the customer's name."""
    if form.file_format not in NAME_CELLS:
        return set()
    return {
        account["account"]
        for account in fields.values()
        if account.get("name") == "{customer.name}"
    }


async def generic_lines(
    database: Database, spec: FileSpec, form: Form, fields: Mapping[str, Fields]
) -> list[SystemLine]:
    """The lines of the generic CSV of the same selection, told as a system has them."""
    generic = form._replace(file_format=SEQUENCE, preset=None, date_form=None)
    content = await content_of(database, generic.of(spec))
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    if form.by is None:
        rows.sort(key=lambda row: _place(row, form))
    named, currency = _named(form, fields), spec.pin.currency
    accounts = {plain(name): account for name, account in fields.items()}
    lines = []
    for row in rows:
        its = accounts[plain(row["Ledger account name"])]
        account = its["code" if form.file_format is XERO else "account"]
        amount = minor(row["Amount"], DECIMALS[currency])
        line = SystemLine(
            f"{currency}-{_key(row, form)}",
            date.fromisoformat(row["Date"]),
            account,
            amount if row["Direction"] == "DEBIT" else -amount,
            plain(row["Narrative"]),
            plain(row["Customer name"]) if account in named else None,
        )
        lines.append(line)
    return lines


def plain(text: str) -> str:
    """A text without the apostrophe that keeps a spreadsheet from running it."""
    return text.removeprefix("'")


def _place(row: dict[str, str], form: Form) -> tuple[int, str, bool]:
    """Where a journal's line stands: by number and day; lines are sorted stably."""
    is_last = form.file_format is NETSUITE and row["Direction"] == "CREDIT"
    return int(row["Journal Number"]), row["Date"], is_last


def _key(row: dict[str, str], form: Form) -> str:
    """The key of a line's entry, without its currency."""
    if form.by is None and form.granularity is Granularity.DAILY:
        return f"{row['Journal Number']}-{row['Date'].replace('-', '')}"
    return row["Journal Number"]
