"""Manual journals for Xero: one row for each account, with a signed amount.

Xero makes one journal of the rows that share narration and date, so the narration
begins with the entry's key, up to its first space. What signs mean is a preset:

    normal-balance  an amount that increases its account is positive, by the normal
                    balance of the mapped account
    vendor          debits are positive and credits negative, as Xero publishes it
"""

from daybook.exports.differences.difference import without_mark
from daybook.exports.formats.contract import Format, Limits
from daybook.exports.formats.entry_csv import (
    EntryRenderer,
    description_of,
    fields_of,
    row_of,
    title_of,
)
from daybook.exports.mapping.forms import FORMS, Integration, Preset
from daybook.exports.rules import ExportGroup, ExportLine
from daybook.money import decimal_text
from daybook.sheets.cells import exact_cell

COLUMNS = (
    *("*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount"),
    *("TrackingName1", "TrackingOption1", "TrackingName2", "TrackingOption2"),
)
_NAMES = FORMS[Integration.XERO].names
_SPACE = "%20"


class _Renderer(EntryRenderer):
    columns = COLUMNS

    def start(self, entry: ExportGroup) -> str:
        """The narration and the date."""
        date = self.facts.date_form.text(entry.day)
        # A customer `a` called `b c` and a customer `a b` called `c` are two journals.
        # A `%` of an own id is encoded in the key already.
        unmistakable = entry._replace(key=entry.key.replace(" ", _SPACE))
        return f"{exact_cell(title_of(unmistakable))},{date},"

    def end(self, entry: ExportGroup, line: ExportLine) -> str:
        """The description, the account, the amount and the tracking."""
        fields = fields_of(line, _NAMES)
        is_vendor = self.facts.preset is Preset.VENDOR
        pairs = [
            (fields[f"tracking_name_{number}"], fields[f"tracking_option_{number}"])
            for number in (1, 2)
        ]
        # Xero refuses a category without an option, and a gap before the second pair.
        tracking = [text for pair in pairs if all(pair) for text in pair]
        return row_of(
            (
                description_of(entry, line),
                fields["code"],
                fields["tax_rate"] if is_vendor else "",
                self._amount(line, is_vendor=is_vendor),
                *tracking,
                *[""] * (4 - len(tracking)),
            )
        )

    def _amount(self, line: ExportLine, *, is_vendor: bool) -> str:
        target = line.target
        assert target is not None, "a line without a mapping was refused before"
        is_positive = line.is_debit
        if not is_vendor:
            is_positive = line.is_debit is target.is_debit_normal
        return signed_text(line.amount, self.facts.decimals, is_positive=is_positive)


def key_in(narration: str) -> str:
    """The key of the entry that a narration is of; of another one, its first word."""
    return without_mark(narration).partition(" ")[0].replace(_SPACE, " ")


def signed_text(minor: int, decimals: int, *, is_positive: bool) -> str:
    """An amount without zeros at the end of its decimals: `90`, `-2.9`, `3.05`."""
    text = decimal_text(minor if is_positive else -minor, decimals)
    return text.rstrip("0").rstrip(".") if decimals else text


XERO = Format(
    name="XERO",
    number=2,
    description="CSV of manual journals for Xero, with the mapped account codes; by"
    " the integration's sign preset and form of dates.",
    suffix="csv",
    media_type="text/csv; charset=utf-8",
    version=2,
    renderer=_Renderer,
    limits=Limits(rows=300, decimals=2),
    integration=Integration.XERO,
    is_split=True,
)
