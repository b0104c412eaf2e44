"""The contract between the readers of units and the formats that render them.

A format turns slices of units into bytes; it never queries. All that a line needs is in
its unit, and all that holds for the whole file is in the file's facts.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from daybook.calendar import Day
from daybook.exports.mapping.forms import DateForm, Integration, Preset
from daybook.exports.rules import Granularity, Totals, Units, slice_totals
from daybook.ledger.rules import AccountNames
from daybook.sheets.contract import Extra


def no_rate(_day: Day) -> str:
    """The rate of a currency to itself."""
    return "1"


class Opens(StrEnum):
    """Which accounts a file opens; stored by its value."""

    USED = "used"
    """Those that it has entries of, at its first date: it is a ledger by itself."""
    ALL = "all"
    """All of the ledger, at the first day of all: other files are loaded with it."""
    NONE = "none"
    """None: it is loaded with a file that opens them."""


class FileFacts(NamedTuple):
    """What holds for all of a file.

    `has_codes` says whether lines carry Xero's account codes, since Xero is enabled,
    and `has_text_keys` whether units have other keys than a journal's number, as groups
    have. `accounts` are the ledger's names of accounts, those without an entry in the
    file too; `earlier` are those of the files that a difference goes on from. `preset`
    and `date_form` are those of an accounting system's file, and `rate_of` gives the
    exchange rate of a day as text. `opens` says which accounts the file opens. Lines
    up to the day `divides_on` say that they are posted, and later ones that they are
    scheduled; None if lines say neither.
    """

    currency: str
    decimals: int
    has_codes: bool = False
    has_text_keys: bool = False
    accounts: AccountNames = AccountNames()
    earlier: tuple[AccountNames, ...] = ()
    preset: Preset = Preset.NORMAL_BALANCE
    date_form: DateForm = DateForm.ISO
    rate_of: Callable[[Day], str] = no_rate
    opens: Opens = Opens.USED
    divides_on: Day | None = None


class Renderer(Protocol):
    """Writes one file: the header, then each slice in its order, then the footer.

    It may keep state between slices, and any of its pieces until the footer. A renderer
    that inherits from this class writes no header and no footer, and holds nothing.
    """

    def header(self) -> Iterable[bytes]:
        """What the file begins with, in pieces."""
        return ()

    def render(self, units: Units) -> Iterator[bytes]:
        """The slice in pieces that each end at the end of a unit and are never cut."""
        ...

    def footer(self) -> Iterable[bytes]:
        """What the file ends with, in pieces."""
        return ()

    def kept(self) -> Any:
        """What the footer needs of the slices that were rendered, as JSON."""
        return None

    def merge(self, kept: Any) -> None:
        """Add what another renderer of the same file kept; the order doesn't matter."""

    def close(self) -> None:
        """Release what is held, also if the file was not finished."""


class Limits(NamedTuple):
    """What one file of a format can hold; None for any number."""

    rows: int | None = None
    """The largest number of rows below the header."""
    digits: int | None = None
    """The largest number of digits of a line's amount in minor units."""
    unit_rows: int | None = None
    """The largest number of rows of a unit, which is never cut."""
    bytes: int | None = None
    """The largest size of a file in bytes."""
    key: int | None = None
    """The largest number of characters of a unit's key."""
    decimals: int | None = None
    """The largest number of decimals of a currency."""
    whole_digits: int | None = None
    """The largest number of digits of a line's amount before the point."""

    @property
    def amount(self) -> int | None:
        """The largest amount of a line, in minor units."""
        return None if self.digits is None else 10**self.digits - 1


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True, repr=False)
class Format:
    """A kind of file. `number` is stored with jobs and never reused.

    `version` rises when the renderer makes other bytes of the same units. `totals`
    counts a slice's rows and sums their sides, for progress, and to compare a job's
    file with the ledger.
    """

    name: str
    number: int
    description: str
    suffix: str
    media_type: str
    version: int
    renderer: Callable[[FileFacts], Renderer]
    totals: Callable[[Units], Totals] = slice_totals
    limits: Limits = NO_LIMITS
    """What a file can hold; a larger one is refused before it is rendered."""
    extra: Extra | None = None
    """The package that it needs, if it isn't always installed."""
    is_text: bool = True
    """Whether the file is text, which may be compressed piece by piece."""
    renders_apart: bool = False
    """Whether several renderers may render a file's slices: what each of them makes of
    a slice depends on that slice alone, and the last one merges what the others kept.
    Else one renderer renders all slices in their order."""
    is_slow: bool = False
    """Whether a slice takes so long that it is rendered in a thread."""
    integration: Integration | None = None
    """The accounting system that the file is for; its units are entries of one date."""
    is_split: bool = False
    """Whether a file above `limits` is split between units, instead of refused. Its
    renderer then renders all parts, so it keeps nothing between slices."""

    opens_accounts: bool = False
    """Whether accounts have to be opened before they are used."""
    has_safe_texts: bool = False
    """Whether texts that a spreadsheet would run get a leading apostrophe."""
    status_version: int | None = None
    """The version of files whose lines say whether they are posted or scheduled; None
    if no file's do. Other files are as they were before there was a status, so they
    keep their `version`, and their records go on making the same bytes."""

    def __repr__(self) -> str:
        """Its name, the same in every process."""
        return self.name

    @property
    def may_be_compressed(self) -> bool:
        """Whether files may be compressed: text that no accounting system reads."""
        return self.is_text and self.integration is None

    @property
    def granularity(self) -> Granularity:
        """What lines are by if nothing is said: accounting systems take months."""
        return Granularity.DAILY if self.integration is None else Granularity.MONTHLY
