"""What a document is once it is read: checked values, no I/O.

Amounts are minor units, days are numbers (`daybook.calendar`), and what the sender left
out has been filled in. How a file becomes these values is in `reading`.
"""

import json
from dataclasses import dataclass, field
from hashlib import blake2b

from daybook.calendar import Day
from daybook.ledger.rules import SourceKind
from daybook.recognition.rules import Terms

FORMAT_VERSION = 1
"""Part of every content hash; a change of what is hashed changes it."""

_ENCODER = json.JSONEncoder(separators=(",", ":"))


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


@dataclass(frozen=True, slots=True)
class Line:
    """A line item.

    `terms` are those of the line's own recognition schedule, with the document's sign
    (a credit note's line is positive). A credit of an invoice's line has neither terms
    nor product: it takes over those of the line it names.
    """

    id: str
    amount: int
    description: str | None = None
    product: ProductDetails | None = None
    terms: Terms | None = None
    invoice_line_id: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A final invoice or credit note. `invoice_id` is a credit note's parent, if any.

    `line` says where in the file it began, for messages; it is not part of the content.
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
    line: int | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[SourceKind, str]:
        """What names it within the organisation."""
        return self.kind, self.id

    def content_hash(self) -> bytes:
        """Equal for documents that say the same, whatever their file looked like."""
        customer = self.customer
        content = (
            FORMAT_VERSION,
            self.kind,
            self.id,
            self.number,
            self.currency,
            (customer.id, customer.name, customer.legal_name),
            self.issued_on,
            self.accounting_date,
            self.invoice_id,
            [_content_of(one) for one in self.lines],
        )
        return blake2b(_ENCODER.encode(content).encode(), digest_size=16).digest()


def _content_of(line: Line) -> tuple[object, ...]:
    """All that a line says; spelled out, since `astuple` takes ten times as long."""
    product, terms = line.product, line.terms
    return (
        line.id,
        line.amount,
        line.description,
        line.invoice_line_id,
        product and (product.id, product.name, product.category),
        terms
        and (
            terms.amount,
            terms.method,
            terms.timing,
            terms.strategy,
            terms.first_day,
            terms.last_day,
            terms.recognized_on,
        ),
    )
