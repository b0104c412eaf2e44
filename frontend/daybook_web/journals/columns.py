"""The columns of the report: each account with its own sign, and what may go. Pure."""

from dataclasses import dataclass, replace

from daybook_web.journals.parameters import OPTIONAL
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.results import GroupListing, JournalEdge, JournalListing
from daybook_web.kit.formats import money
from daybook_web.kit.results import Money

USUAL_LENGTH = len("\N{MINUS SIGN}999,999,999.99")
LONG_LENGTH = len("\N{MINUS SIGN}999,999,999,999.99")


@dataclass(frozen=True, slots=True)
class Column:
    """An account's amounts; `style` are the classes of its cells.

    A narrow window shows Recognized alone, and one that is a little wider leaves
    Unbilled out.
    """

    name: str
    style: str

    @property
    def gain(self) -> str:
        """The field of the account's gains."""
        return self.name.lower()


BILLED = Column("Billed", "phone-off")
UNBILLED = Column("Unbilled", "phone-off unbilled-col")
DEFERRED = Column("Deferred", "phone-off")
RECOGNIZED = Column("Recognized", "recognized")


@dataclass(frozen=True, slots=True)
class Choosable:
    """A column, or a line of one, that a reader may leave out.

    One that `is_of_rows` can be chosen here; others are kept as they are.
    """

    name: str
    words: str
    is_shown: bool
    is_of_rows: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """Which of the optional columns are shown."""

    product: bool = True
    source: bool = True
    unbilled: bool = True
    status: bool = True


def choices_of(shown: Shown, *, is_grouped: bool) -> list[Choosable]:
    """What can be chosen: groups have no source, and products where made by them."""
    is_of_journals = not is_grouped
    return [
        Choosable("product", "Product", shown.product, is_of_journals),
        Choosable("source", "Source", shown.source, is_of_journals),
        Choosable("unbilled", "Unbilled", shown.unbilled, is_of_rows=True),
        Choosable("status", "Status", shown.status, is_of_rows=True),
    ]


def shown_in(query: ReportQuery, listing: JournalListing | GroupListing) -> Shown:
    """The chosen columns; by default all, Unbilled where any journal moves it."""
    if query.columns is None:
        return Shown(unbilled=listing.moves("UNBILLED"))
    return Shown(**{name: name in query.columns for name in OPTIONAL})


def columns_of(shown: Shown, *, is_chosen: bool = False) -> list[Column]:
    """The columns of amounts; a chosen Unbilled stays where the window is narrow."""
    chosen = replace(UNBILLED, style="phone-off") if is_chosen else UNBILLED
    unbilled = [chosen] if shown.unbilled else []
    return [BILLED, *unbilled, DEFERRED, RECOGNIZED]


def width_of(listing: JournalListing | GroupListing) -> str:
    """The class of the table by its longest amount: the columns are as wide."""
    rows = [
        edge if isinstance(edge, JournalEdge) else edge.node for edge in listing.edges
    ]
    gains = (listing.gains, *(row.gains for row in rows))
    amounts = [
        amount
        for its in gains
        for amount in (its.billed, its.unbilled, its.deferred, its.recognized)
    ]
    # Of two that are as long, the one without a sign has more digits to separate.
    longest = len(money(max(amounts, key=by_length)))
    if longest <= USUAL_LENGTH:
        return ""
    return "amounts-long" if longest <= LONG_LENGTH else "amounts-longest"


def by_length(amount: Money) -> tuple[int, bool]:
    """Orders amounts as the lengths of their texts do."""
    return len(amount.amount), not amount.amount.startswith("-")
