"""Journal entries for QuickBooks Online: a debit or a credit for each account.

The rows of a journal number are one entry, so number and date are on each of them.
Accounts go by their names, and the file begins with a byte order mark, without which
QuickBooks reads names in another encoding.
"""

import codecs
from collections.abc import Iterable

from daybook.exports.formats.contract import Format, Limits
from daybook.exports.formats.entry_csv import (
    EntryRenderer,
    description_of,
    fields_of,
    row_of,
)
from daybook.exports.mapping.forms import FORMS, Integration
from daybook.exports.rules import ExportGroup, ExportLine
from daybook.money import decimal_text
from daybook.sheets.cells import exact_cell

COLUMNS = (
    *("*JournalNo", "*JournalDate", "*AccountName", "*Debits", "*Credits"),
    *("Description", "Name", "Currency", "Location", "Class"),
)
DESCRIPTION_LONGEST = 4_000
_NAMES = FORMS[Integration.QUICKBOOKS].names


class _Renderer(EntryRenderer):
    columns = COLUMNS

    def header(self) -> Iterable[bytes]:
        """The byte order mark and the names of the columns."""
        return (codecs.BOM_UTF8, *super().header())

    def start(self, entry: ExportGroup) -> str:
        """The journal's number and date."""
        return f"{exact_cell(entry.key)},{self.facts.date_form.text(entry.day)},"

    def end(self, entry: ExportGroup, line: ExportLine) -> str:
        """The account and its debit or credit; the other one is empty."""
        fields = fields_of(line, _NAMES)
        amount = decimal_text(line.amount, self.facts.decimals)
        return row_of(
            (
                fields["account"],
                amount if line.is_debit else "",
                "" if line.is_debit else amount,
                shortened(description_of(entry, line)),
                fields["name"],
                self.facts.currency,
                fields["location"],
                fields["class"],
            )
        )


def shortened(text: str) -> str:
    """A description that QuickBooks takes; a longer one ends with an ellipsis."""
    if len(text) <= DESCRIPTION_LONGEST:
        return text
    return f"{text[: DESCRIPTION_LONGEST - 1]}…"


QUICKBOOKS = Format(
    name="QUICKBOOKS",
    number=3,
    description="CSV of journal entries for QuickBooks Online, with the mapped account"
    " names.",
    suffix="csv",
    media_type="text/csv; charset=utf-8",
    version=2,
    renderer=_Renderer,
    # 1,000 rows with the header.
    limits=Limits(rows=999, key=21, decimals=2),
    integration=Integration.QUICKBOOKS,
    is_split=True,
)
