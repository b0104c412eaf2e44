"""The filters of journals: each is declared once, in `FILTERS`, for all interfaces.

Selection        what people select, by the senders' own ids
JournalFilter    the same by ids in Daybook; `conditions.py` turns it into SQL
FILTERS          names, values and labels, from which options, query parameters, the
                 API's fields, the report's form and its chips are made
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import NamedTuple

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    first_day_of,
    last_day_of,
    month_of,
)
from daybook.errors import Problem, ProblemCode, did_you_mean
from daybook.ledger.pins import Pin
from daybook.ledger.roll_forward import Column
from daybook.ledger.rules import ACCOUNT_NAMES, Role, SourceKind
from daybook.reports.journals.filter_kinds import (
    AnyDay,
    Kind,
    OneOf,
    OwnId,
    RecordingNumber,
    Text,
    YesOrNo,
)

UNKNOWN_MAX = 10
"""How many unknown filters are named: an address may have thousands."""


class Purpose(Enum):
    """What a selection is for, which decides about scheduled entries by default."""

    REPORT = "REPORT"
    """Lists, groups and totals, which distinguish posted and scheduled entries."""
    EXPORT = "EXPORT"
    """Files of every interface: a general ledger takes what is posted."""

    @property
    def includes_scheduled(self) -> bool:
        """Whether scheduled entries are selected by default."""
        return self is Purpose.REPORT


class JournalType(Enum):
    """Who made a journal: Daybook from a document, or a person."""

    SYSTEM = "SYSTEM"
    MANUAL = "MANUAL"

    @property
    def sources(self) -> tuple[SourceKind, ...]:
        """The kinds of documents that such journals come from."""
        is_manual = self is JournalType.MANUAL
        return tuple(
            kind for kind in SourceKind if (kind is SourceKind.STANDALONE) == is_manual
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """The filters that the command line, the API, pages and downloads share.

    Absent fields don't narrow. Customers, products and documents are named by the
    senders' own ids; `document` is one of any kind, and `billing_schedule` includes its
    invoices. `as_of` is for the pin: what was known at the end of that day, and
    `changed_after` the number of a recording up to it. Without `include_scheduled`, the
    purpose decides.
    """

    posted_from: Day | None = None
    posted_to: Day | None = None
    sources: tuple[SourceKind, ...] | None = None
    customer: str | None = None
    product: str | None = None
    invoice: str | None = None
    credit_note: str | None = None
    document: tuple[SourceKind, str] | None = None
    billing_schedule: str | None = None
    journal_type: JournalType | None = None
    shifted: bool | None = None
    revised: bool | None = None
    voided: bool | None = None
    partly_scheduled: bool | None = None
    excludes_recognized: bool = False
    account: Role | None = None
    column: Column | None = None
    against: tuple[Role, ...] | None = None
    deferred_on: Day | None = None
    unscheduled: bool = False
    changed_after: int | None = None
    as_of: Day | None = None
    on: Day | None = None
    include_scheduled: bool | None = None
    search: str | None = None

    def includes_scheduled(self, purpose: Purpose) -> bool:
        """Whether scheduled entries are selected too, explicitly or by default."""
        if self.include_scheduled is None:
            return purpose.includes_scheduled
        return self.include_scheduled

    def documents(self) -> dict[str, tuple[SourceKind, str]]:
        """The documents that it narrows to, by the filters that name them."""
        named = {
            "invoice": self.invoice and (SourceKind.INVOICE, self.invoice),
            "credit_note": self.credit_note
            and (SourceKind.CREDIT_NOTE, self.credit_note),
            "document": self.document,
        }
        return {name: document for name, document in named.items() if document}


class ChangedSince(NamedTuple):
    """Journals that a recording after `recording`, through `until`, changed.

    With `day`, also those with an amount after it.
    """

    recording: int
    until: int
    day: Day | None = None


class ChangedPart(NamedTuple):
    """The new ones of the journals that changed, or those that were there before.

    A page reads one part after the other: new ones are numbered from the last known one
    on, through the last one at the pin.
    """

    is_new: bool
    last_known: int
    last: int


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """A selection of journals by ids in Daybook.

    Absent fields don't narrow; all present ones apply. `posted_from … posted_to` are
    posting dates, both included. `on` divides posted from scheduled entries. A billing
    schedule's journals are its own and those of its invoices. `shifted` selects
    journals with a movement that a lock moved, or those without one; `revised` those of
    documents that were revised and not voided, and `voided` those of voided ones.
    `partly_scheduled` selects journals with entries up to the day that divides posted
    from scheduled and after it, whatever days are selected. `account`, `column`,
    `against` and `deferred_on` select movements: those that touch an account, those in
    a column of its roll-forward, those between it and other accounts, and those that
    the waterfall of a day sums; with `unscheduled` only those of what keeps something
    on Deferred for ever. A journal counts with these alone. `changed_after` selects
    journals that a recording after it changed, also those of which nothing is left.
    `search` finds journal numbers, customers, products and document numbers.
    """

    posted_from: Day | None = None
    posted_to: Day | None = None
    sources: tuple[SourceKind, ...] | None = None
    customer_id: int | None = None
    product_id: int | None = None
    document_id: int | None = None
    billing_schedule_id: int | None = None
    shifted: bool | None = None
    revised: bool | None = None
    voided: bool | None = None
    partly_scheduled: bool | None = None
    excludes_recognized: bool = False
    account: Role | None = None
    column: Column | None = None
    against: tuple[Role, ...] | None = None
    deferred_on: Day | None = None
    unscheduled: bool = False
    changed_after: int | None = None
    on: Day | None = None
    include_scheduled: bool = True
    search: str | None = None
    changed_part: ChangedPart | None = None
    """With `changed_after`: only one part of these journals."""
    changed_since: ChangedSince | None = None
    """Only journals that changed, to compare what a file held with what is."""

    def first_day(self) -> Day:
        """The first selected posting date."""
        return FIRST_DAY if self.posted_from is None else self.posted_from

    def divides_on(self, pin: Pin) -> Day:
        """The last day whose entries are posted; later ones are scheduled."""
        return pin.today if self.on is None else self.on

    def last_day(self, pin: Pin) -> Day:
        """The last selected posting date."""
        last = LAST_DAY if self.posted_to is None else self.posted_to
        return last if self.include_scheduled else min(last, self.divides_on(pin))

    def months(self, pin: Pin) -> tuple[Month, Month]:
        """The first and the last month with selected days."""
        return month_of(self.first_day()), month_of(self.last_day(pin))

    def is_whole_months(self, pin: Pin) -> bool:
        """Whether the selected days are all days of their months."""
        first, last = self.months(pin)
        return self.first_day() <= first_day_of(first) and (
            self.last_day(pin) >= last_day_of(last)
        )

    def narrows_movements(self) -> bool:
        """Whether only some of a journal's movements of a day are selected."""
        selecting = (self.account, self.column, self.against, self.deferred_on)
        return any(value is not None for value in selecting)

    def narrows_journals(self) -> bool:
        """Whether anything but days and sources is filtered."""
        every = JournalFilter()
        return any(
            getattr(self, filter_.selects) != getattr(every, filter_.selects)
            for filter_ in FILTERS
            if filter_.narrows and filter_.selects not in {None, "sources"}
        )


def of_month(month: Month) -> JournalFilter:
    """All journals of a month."""
    return JournalFilter(posted_from=first_day_of(month), posted_to=last_day_of(month))


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter, the same in every interface.

    `name` is the query parameter; the option and the API's field are spelled after it.
    It fills `field` of a Selection, which becomes `selects` of a JournalFilter unless
    it is resolved in its own way. `label` is shown in the form and on the chip, unless
    the `chip` has words of its own. A filter that `narrows` leaves out journals and not
    only days. Links alone give one that isn't `is_offered`: a form shows it then.
    """

    name: str
    field: str
    selects: str | None
    kind: Kind
    label: str
    help: str
    chip: str = ""
    narrows: bool = True
    is_offered: bool = True

    def tidy(self, text: str) -> str:
        """The canonical spelling of a value, for addresses; other texts stay."""
        return text if isinstance(self.kind, AnyDay | Text) else self.kind.tidy(text)

    @property
    def is_many(self) -> bool:
        """Whether it takes several values."""
        return isinstance(self.kind, OneOf) and self.kind.is_many

    @property
    def is_switch(self) -> bool:
        """Whether it is on or absent."""
        return isinstance(self.kind, YesOrNo) and not self.kind.no


_ACCOUNTS = {role.name: name for role, name in ACCOUNT_NAMES.items()}

FILTERS = (
    Filter(
        name="from",
        field="posted_from",
        selects="posted_from",
        kind=AnyDay(),
        label="From day",
        help="First posting date, YYYY-MM-DD.",
        narrows=False,
    ),
    Filter(
        name="to",
        field="posted_to",
        selects="posted_to",
        kind=AnyDay(),
        label="To day",
        help="Last posting date, YYYY-MM-DD.",
        narrows=False,
    ),
    Filter(
        name="customer",
        field="customer",
        selects="customer_id",
        kind=OwnId(),
        label="Customer",
        help="The customer's own id.",
    ),
    Filter(
        name="product",
        field="product",
        selects="product_id",
        kind=OwnId(),
        label="Product",
        help="The product's own id.",
    ),
    Filter(
        name="invoice",
        field="invoice",
        selects="document_id",
        kind=OwnId(SourceKind.INVOICE),
        label="Invoice",
        help="The invoice's own id.",
    ),
    Filter(
        name="credit_note",
        field="credit_note",
        selects="document_id",
        kind=OwnId(SourceKind.CREDIT_NOTE),
        label="Credit note",
        help="The credit note's own id.",
    ),
    Filter(
        name="billing_schedule",
        field="billing_schedule",
        selects="billing_schedule_id",
        kind=OwnId(SourceKind.BILLING_SCHEDULE),
        label="Billing schedule",
        help="The billing schedule's own id, with its invoices.",
    ),
    Filter(
        name="source",
        field="sources",
        selects="sources",
        kind=OneOf(
            "source",
            SourceKind,
            {
                "INVOICE": "Invoice",
                "CREDIT_NOTE": "Credit note",
                "BILLING_SCHEDULE": "Billing schedule",
                "STANDALONE": "Manual journal",
            },
            is_many=True,
        ),
        label="Source",
        help="INVOICE, BILLING_SCHEDULE, CREDIT_NOTE or STANDALONE; may be repeated.",
    ),
    Filter(
        name="type",
        field="journal_type",
        selects=None,  # it narrows the sources
        kind=OneOf(
            "type",
            JournalType,
            {"": "Anyone", "SYSTEM": "Daybook", "MANUAL": "A person"},
        ),
        label="Made by",
        help="SYSTEM or MANUAL: who made the journals.",
    ),
    Filter(
        name="shifted",
        field="shifted",
        selects="shifted",
        kind=YesOrNo("Moved by a lock", "Not moved", either="All journals"),
        label="Period lock",
        help="Only journals that a period lock moved, or only the others.",
    ),
    Filter(
        name="revised",
        field="revised",
        selects="revised",
        kind=YesOrNo("Revised", "Not revised", either="All journals"),
        label="Revision",
        help="Only journals of documents that were revised, and not voided, or only the"
        " others.",
    ),
    Filter(
        name="voided",
        field="voided",
        selects="voided",
        kind=YesOrNo("Voided", "Not voided", either="All journals"),
        label="Void",
        help="Only journals of documents that were voided, or only the others.",
    ),
    Filter(
        name="partly_scheduled",
        field="partly_scheduled",
        selects="partly_scheduled",
        kind=YesOrNo(
            "Partly scheduled", "Wholly posted or scheduled", either="All journals"
        ),
        label="Posted in part",
        help="Only journals that are posted in part by today (or --on), and scheduled"
        " for the rest, or only the others.",
    ),
    Filter(
        name="exclude_fully_recognized",
        field="excludes_recognized",
        selects="excludes_recognized",
        kind=YesOrNo("Not fully recognized"),
        label="Only",
        help="Only journals with something left to come.",
    ),
    Filter(
        name="account",
        field="account",
        selects="account",
        kind=OneOf(
            "account",
            Role,
            {"": "All accounts", **_ACCOUNTS},
        ),
        label="Account",
        help="BILLED, UNBILLED, DEFERRED or RECOGNIZED: only movements that touch it.",
    ),
    Filter(
        name="column",
        field="column",
        selects="column",
        kind=OneOf(
            "column",
            Column,
            {
                "": "All changes",
                "BILLED": "Billed",
                "RECOGNIZED": "Recognized",
                "CREDIT_NOTES": "Credit notes",
                "APPLIED": "Applied to unbilled",
                "MANUAL": "Manual",
                "VOIDS": "Voids",
                "REVISIONS": "Revisions",
                "BREAKAGE": "Breakage",
            },
        ),
        label="Roll-forward column",
        help="With --account deferred or unbilled: only movements in this column of"
        " its roll-forward, such as BILLED, CREDIT_NOTES or VOIDS.",
        chip="Column",
    ),
    Filter(
        name="against",
        field="against",
        selects="against",
        kind=OneOf("account", Role, _ACCOUNTS, is_many=True),
        label="Against",
        help="With --account: only movements between it and this account; may be"
        " repeated.",
        is_offered=False,
    ),
    Filter(
        name="deferred_on",
        field="deferred_on",
        selects="deferred_on",
        kind=AnyDay(),
        label="Deferred on",
        help="Only what the waterfall of this day sums: lines and their credits with"
        " something on Deferred then, and of manual journals that had begun by then"
        " what touches Deferred.",
        is_offered=False,
    ),
    Filter(
        name="unscheduled",
        field="unscheduled",
        selects="unscheduled",
        kind=YesOrNo("Unscheduled"),
        label="Only",
        help="With --deferred-on: only lines and their credits, and manual journals,"
        " that keep something on Deferred after their last scheduled entry.",
        is_offered=False,
    ),
    Filter(
        name="changed_after",
        field="changed_after",
        selects="changed_after",
        kind=RecordingNumber(),
        label="Changed after recording",
        help="Only journals that changed after this recording, by its number; also"
        " those of which nothing is left.",
        is_offered=False,
    ),
    Filter(
        name="as_of",
        field="as_of",
        selects=None,  # it is for the pin
        kind=AnyDay(),
        label="As known at the end of",
        help="As it was known at the end of this day.",
        chip="As of",
        narrows=False,
    ),
    Filter(
        name="on",
        field="on",
        selects="on",
        kind=AnyDay(),
        label="Posted up to",
        help="Entries up to this day are posted, later ones scheduled.",
        narrows=False,
    ),
    Filter(
        name="include_scheduled",
        field="include_scheduled",
        selects="include_scheduled",
        kind=YesOrNo("Shown", "Left out"),
        label="Scheduled entries",
        help="Entries after today (or --on) too, or not."
        " `journals` shows them by itself, `export` leaves them out.",
        narrows=False,
    ),
    Filter(
        name="search",
        field="search",
        selects="search",
        kind=Text(),
        label="Search",
        help="In journal numbers, customers, products and documents.",
    ),
)
"""All filters, in the order of options, addresses and chips."""


def unknown_names(names: Iterable[str], also: Iterable[str]) -> list[Problem]:
    """A problem for each unknown filter, since a misspelt one selects too much.

    `also` are the interface's parameters that aren't filters. The first problems are
    enough.
    """
    known = sorted({*(filter_.name for filter_ in FILTERS), *also})
    unknown = islice((name for name in names if name not in known), UNKNOWN_MAX)
    return [
        Problem(
            ProblemCode.UNKNOWN_FIELD,
            f"there is no such filter; there are {', '.join(known)}"
            f"{did_you_mean(name, known)}",
            (name,),
        )
        for name in unknown
    ]
