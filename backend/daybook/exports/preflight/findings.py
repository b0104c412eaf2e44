"""What a preflight finds: each with its place and the way out. Pure.

FindingCode  which rule; for programs
Finding      what was found, how often, and what to do about it
Examples     the first few places of many
"""

from dataclasses import dataclass, field
from enum import StrEnum

EXAMPLES_MAX = 3
"""How many places a finding names."""


class FindingCode(StrEnum):
    """Which rule a file breaks. Codes are only ever added: clients switch on them."""

    NOT_ENABLED = "NOT_ENABLED"
    """The system isn't enabled for the ledger."""
    PRESET_NOT_CHOSEN = "PRESET_NOT_CHOSEN"
    """Nobody has chosen how amounts are signed."""
    DECIMALS = "DECIMALS"
    """The currency has more decimals than the target reads."""
    BASE_CURRENCY = "BASE_CURRENCY"
    """The target keeps its books in another currency."""
    BASE_UNKNOWN = "BASE_UNKNOWN"
    """It isn't known in which currency the target keeps its books."""
    NO_RATE = "NO_RATE"
    """An amount can't be converted, since there is no exchange rate."""
    GROUPS_CONVERTED = "GROUPS_CONVERTED"
    """Groups of journals, of which each schedule has a rate of its own."""
    UNMAPPED = "UNMAPPED"
    """Lines without an account of the target."""
    DEFAULT_ACCOUNT = "DEFAULT_ACCOUNT"
    """The account for lines without a mapping can't be used."""
    UNIT_TOO_LARGE = "UNIT_TOO_LARGE"
    """An entry with more rows than a file holds; entries are never cut."""
    KEY_TOO_LONG = "KEY_TOO_LONG"
    """An entry's key is longer than the target's."""
    AMOUNT_TOO_LARGE = "AMOUNT_TOO_LARGE"
    """An amount with more digits than the target reads."""
    NAME_MISSING = "NAME_MISSING"
    """A line of receivables or payables without a name."""
    SUBSIDIARIES = "SUBSIDIARIES"
    """The lines of an entry belong to several subsidiaries, or to none."""
    ATTRIBUTE_MISSING = "ATTRIBUTE_MISSING"
    """A field that is taken from a line's customer or product, which it has not."""
    FIELD_TOO_LONG = "FIELD_TOO_LONG"
    """A field that is taken from a line's customer or product, and is too long."""
    CANNOT_POST = "CANNOT_POST"
    """By the target's published rule the entry doesn't sum to zero."""
    BACKWARDS = "BACKWARDS"
    """By the target's published rule debits are booked as credits."""
    NO_TAX_RATE = "NO_TAX_RATE"
    """Lines without a tax rate are imported as drafts that can't be posted."""
    FORMULA_TEXT = "FORMULA_TEXT"
    """Texts that a spreadsheet would run."""
    TARGET_CLOSED = "TARGET_CLOSED"
    """Rows dated on days that the target has closed."""
    CONNECTION_LOCKED = "CONNECTION_LOCKED"
    """Rows dated on days that the connected organisation has locked."""
    TEXT_CUT = "TEXT_CUT"
    """Descriptions that are longer than the target's."""
    TOO_MANY_ROWS = "TOO_MANY_ROWS"
    """More rows than the format holds, and it isn't split."""
    POSTED_BEFORE = "POSTED_BEFORE"
    """Journals that are in a posted file already."""
    KEYS_IN_USE = "KEYS_IN_USE"
    """Entries with keys that entries of other days have in posted files."""
    CHANGED_ACCOUNTS = "CHANGED_ACCOUNTS"
    """Accounts that were renamed or mapped otherwise since the file that is corrected.
    """
    EARLIER_ENTRIES = "EARLIER_ENTRIES"
    """Entries before the file's days that are in no file for its target."""
    NO_ROWS = "NO_ROWS"
    """Nothing is selected: the file would have no rows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found; it stops the file if it `blocks`.

    `title` says what is the case, `message` the details with the first places, and
    `way_out` what to do. `count` is how often it is the case. `places` has up to a
    thousand places, where each has to be mended by itself. `command` is what does it in
    a terminal, and `record` the posted file that the way out is a difference to.
    """

    code: FindingCode
    blocks: bool
    title: str
    message: str = ""
    way_out: str = ""
    count: int = 1
    places: tuple[str, ...] = ()
    command: str = ""
    record: int | None = None

    @property
    def text(self) -> str:
        """All of it in a line."""
        return ": ".join(filter(None, (self.title, self.message, self.way_out)))


@dataclass(slots=True)
class Examples:
    """Counts places, and keeps the first few of them, each once."""

    count: int = 0
    places: list[str] = field(default_factory=list)
    has_more: bool = False
    """Whether there were other places than those kept."""

    def add(self, place: str) -> None:
        """Count a place."""
        self.count += 1
        if place in self.places:
            return
        if len(self.places) < EXAMPLES_MAX:
            self.places.append(place)
        else:
            self.has_more = True

    @property
    def words(self) -> str:
        """The places: `7, 8, 12 and others`."""
        return ", ".join(self.places) + (" and others" if self.has_more else "")
