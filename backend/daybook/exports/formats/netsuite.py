"""Journal entries for NetSuite's CSV import: debits, then credits, of each entry.

All values of an entry's header are on each of its rows. Its external ID is its key, so
that NetSuite doesn't double an entry that is imported again.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from daybook.calendar import Day, month_of
from daybook.exports.formats.contract import Format, Limits
from daybook.exports.formats.entry_csv import (
    EntryRenderer,
    description_of,
    fields_of,
    row_of,
    title_of,
)
from daybook.exports.mapping.forms import FORMS, DateForm, Integration
from daybook.exports.rules import ExportGroup, ExportLine
from daybook.money import decimal_text
from daybook.reports.journals.narratives import month_words
from daybook.sheets.cells import exact_cell

COLUMNS = (
    *("External ID", "Date", "Posting Period", "Subsidiary", "Currency"),
    *("Exchange Rate", "Memo"),
    *(
        f"Journal Entry - Line: {name}"
        for name in (
            *("Account", "Debit", "Credit", "Memo", "Name"),
            *("Department", "Class", "Location"),
        )
    ),
)
_NAMES = FORMS[Integration.NETSUITE].names


class _Renderer(EntryRenderer):
    columns = COLUMNS

    def start(self, entry: ExportGroup) -> str:
        """The values of the entry's header."""
        # One for all lines, which is checked before the file is rendered.
        subsidiary = fields_of(entry.lines[0], _NAMES)["subsidiary"]
        when = _when(entry.day, self.facts.date_form)
        rate = self.facts.rate_of(entry.day)
        return (
            f"{exact_cell(entry.key)},{when},{exact_cell(subsidiary)},"
            f"{self.facts.currency},{rate},{exact_cell(title_of(entry))},"
        )

    def end(self, entry: ExportGroup, line: ExportLine) -> str:
        """The account and its debit or credit; the other one is empty."""
        fields = fields_of(line, _NAMES)
        amount = decimal_text(line.amount, self.facts.decimals)
        return row_of(
            (
                fields["account"],
                amount if line.is_debit else "",
                "" if line.is_debit else amount,
                description_of(entry, line),
                fields["name"],
                fields["department"],
                fields["class"],
                fields["location"],
            )
        )

    def ordered(self, lines: Sequence[ExportLine]) -> Iterable[ExportLine]:
        """All debits before the credits."""
        return sorted(lines, key=lambda line: not line.is_debit)


@lru_cache(maxsize=4_096)
def _when(day: Day, date_form: DateForm) -> str:
    """The date and its posting period: `01/31/2026,Jan 2026`."""
    return f"{date_form.text(day)},{month_words(month_of(day))}"


NETSUITE = Format(
    name="NETSUITE",
    number=4,
    description="CSV of journal entries for NetSuite's import, with the mapped"
    " accounts and the exchange rate to the subsidiary's currency.",
    suffix="csv",
    media_type="text/csv; charset=utf-8",
    version=2,
    renderer=_Renderer,
    limits=Limits(
        rows=25_000,
        unit_rows=10_000,
        bytes=50_000_000,
        whole_digits=10,
        decimals=2,
    ),
    integration=Integration.NETSUITE,
    is_split=True,
)
