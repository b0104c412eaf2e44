"""Documents after reading: checked values, no I/O.

Amounts are minor units, days are numbers (`daybook.calendar`), and defaults have been
filled in. `reading` makes these values of files, `groups` makes schedules of lines.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import blake2b
from typing import NamedTuple

from daybook.calendar import Day
from daybook.errors import Problem
from daybook.ledger.rules import SourceKind, UndatedLines
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method, Terms, Treatment

FORMAT_VERSION = 2
"""Part of every content hash; it rises when the hashed content changes its form."""

_ENCODER = json.JSONEncoder(separators=(",", ":"))


class DocumentStatus(IntEnum):
    """What has become of a document; stored by its number.

    A billing schedule that is `ACTIVE` is final here; drafts are never stored.
    """

    FINAL = 1
    VOIDED = 2
    CANCELLED = 3


_STANDING_ON = (
    SourceKind.BILLING_SCHEDULE,
    SourceKind.INVOICE,
    SourceKind.CREDIT_NOTE,
)
"""Kinds of documents; each may refer to those before it."""

RANKS = range(-len(_STANDING_ON), len(_STANDING_ON))
"""All ranks of documents, in the order in which an import records them."""


def recording_rank(kind: SourceKind, status: DocumentStatus) -> int:
    """The place of a document in the order of recording, which its file doesn't decide.

    Voids come first, a credit note's before its invoice's, since a document can be
    voided once nothing refers to it. Other documents come after those they refer to.
    """
    rank = _STANDING_ON.index(kind)
    return ~rank if status is DocumentStatus.VOIDED else rank


@dataclass(frozen=True, slots=True)
class CustomerDetails:
    """A customer as a document names it; `id` is the sender's own."""

    id: str
    name: str
    legal_name: str


@dataclass(frozen=True, slots=True)
class ProductDetails:
    """A product as a document names it; `id` is the sender's own."""

    id: str
    name: str
    category: str | None = None


class Milestone(NamedTuple):
    """A part of a line that is earned when it is reached.

    If the sender left its completion out (`is_untouched`), it keeps the recorded one;
    a new milestone is then open.
    """

    id: str
    name: str
    amount: int
    completed_on: Day | None
    is_untouched: bool = False


class LedgerDefaults(NamedTuple):
    """What a ledger's settings fill in where neither line nor product has a value.

    `undated_lines` says what becomes of a line without the service period it needs.
    """

    method: Method = Method.STRAIGHT_LINE
    strategy: Strategy = Strategy.DAILY_RATE_EVEN_MONTHS
    undated_lines: UndatedLines = UndatedLines.REFUSE


@dataclass(frozen=True, slots=True)
class Defaults:
    """Settings that fill in what documents leave out, in the order of domain rule 2.

    `methods` are by the products' own ids, `ledgers` by currency.
    """

    methods: Mapping[str, Method] = field(default_factory=dict)
    ledgers: Mapping[str, LedgerDefaults] = field(default_factory=dict)

    def method(self, product_id: str, currency: str) -> Method:
        """The method of a line that states none: the product's, else the ledger's."""
        return self.methods.get(product_id) or self.ledger(currency).method

    def ledger(self, currency: str) -> LedgerDefaults:
        """A ledger's settings; one that doesn't exist yet has the built-in ones."""
        return self.ledgers.get(currency, LedgerDefaults())


@dataclass(frozen=True, slots=True)
class Line:
    """A line item.

    `terms` are the line's own, with the document's sign (a credit note's line is
    positive) and with the line's amount, not its group's. A line that credits an
    invoice's line has neither terms nor product: it has those of the line it names.

    `group` is the line whose schedule it shares, if it has none of its own. `grant` is
    the id of the credit grant that a prepayment makes, or that a burn-down takes from.
    `sent` are the terms as sent, before anything was filled in.
    """

    id: str
    amount: int
    description: str | None = None
    product: ProductDetails | None = None
    terms: Terms | None = None
    invoice_line_id: str | None = None
    group: str | None = None
    milestones: tuple[Milestone, ...] = ()
    grant: str | None = None
    sent: tuple[object, ...] | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """The line that names the schedule within the document."""
        return self.id if self.group is None else self.group


class SheetRows(NamedTuple):
    """Where the rows of a CSV file's document are, for messages.

    `lines` are the lines of the file on which its line items begin. `repeated` are
    those of rows that are the same, cell by cell, each two or more.
    """

    lines: tuple[int, ...]
    repeated: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A final or voided invoice, billing schedule or credit note.

    `invoice_id` is a credit note's parent, `billing_schedule_id` an invoice's, if any.
    A billing schedule has one line, with the terms of the accrual. `line` is the line
    of the file where it began, or its index among several values, for messages.
    `undated` are its problems in a ledger that refuses lines without the dates they
    need. `rows` are the rows of a CSV file. None of these is part of the content.
    """

    kind: SourceKind
    id: str
    number: str
    currency: str
    customer: CustomerDetails
    issued_on: Day
    accounting_date: Day
    lines: tuple[Line, ...]
    invoice_id: str | None = None
    billing_schedule_id: str | None = None
    discount: int = 0
    treatment: Treatment = Treatment.REVERSAL
    status: DocumentStatus = DocumentStatus.FINAL
    line: int | None = field(default=None, compare=False)
    undated: tuple[Problem, ...] = field(default=(), compare=False)
    rows: SheetRows | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[SourceKind, str]:
        """What identifies the document within the organisation."""
        return self.kind, self.id

    @property
    def total(self) -> int:
        """What its lines sum to, less its own discount."""
        return sum(line.amount for line in self.lines) - self.discount

    @property
    def nets_usage(self) -> bool:
        """Whether a group of dated usage has corrections, or usage without dates."""
        dated: set[str] = set()
        others: set[str] = set()
        for line in self.lines:
            terms = line.terms
            if terms is None or terms.method is not Method.USAGE:
                continue
            if terms.parts:
                dated.add(line.key)
            if any(part.amount < 0 for part in terms.parts) or (
                not terms.parts and line.amount > 0
            ):
                others.add(line.key)
        return not dated.isdisjoint(others)

    def content_hash(self) -> bytes:
        """Equal for documents of the same content, whatever their file looked like.

        Values that settings filled in don't count, so a document that is sent again
        after the settings changed is unchanged. Usage that is netted by its own days is
        marked, since an earlier version spread it: sent again, it is a revision.
        """
        customer = self.customer
        content: tuple[object, ...] = (
            FORMAT_VERSION,
            self.kind,
            self.id,
            self.number,
            self.currency,
            (customer.id, customer.name, customer.legal_name),
            self.issued_on,
            self.accounting_date,
            (self.invoice_id, self.billing_schedule_id, self.discount, self.treatment),
            self.status,
            [_content_of(line) for line in self.lines],
        )
        if any(line.group is not None for line in self.lines) and self.nets_usage:
            content += ("usage by its own days",)
        return blake2b(_ENCODER.encode(content).encode(), digest_size=16).digest()


def keys_named(
    invoice_id: str | None, billing_schedule_id: str | None
) -> Iterator[tuple[SourceKind, str]]:
    """The keys of the documents that a document refers to by these ids, if any."""
    if invoice_id is not None:
        yield SourceKind.INVOICE, invoice_id
    if billing_schedule_id is not None:
        yield SourceKind.BILLING_SCHEDULE, billing_schedule_id


def _content_of(line: Line) -> tuple[object, ...]:
    """A line's content; spelled out, since `astuple` takes ten times as long."""
    product = line.product
    return (
        line.id,
        line.amount,
        line.description,
        line.invoice_line_id,
        product and (product.id, product.name, product.category),
        line.group,
        line.grant,
        line.milestones,
        line.sent if line.sent is not None else _content_of_terms(line.terms),
    )


def _content_of_terms(terms: Terms | None) -> tuple[object, ...] | None:
    if terms is None:
        return None
    return (
        terms.amount,
        terms.method,
        terms.timing,
        terms.strategy,
        terms.first_day,
        terms.last_day,
        terms.recognized_on,
        terms.parts,
        terms.classification,
        (terms.months, terms.cancelled_on, terms.expires_on),
    )
