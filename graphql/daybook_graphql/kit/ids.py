"""Global ids: opaque text, base64url of `Type:key`, where the key is a natural one.

    Ledger:USD          LedgerAccount:USD:BILLED
    Customer:<own id>   Product:<own id>
    Invoice:<own id>    CreditNote:<own id>     BillingSchedule:<own id>
    User:<address>      ApiKey:3
    Journal:USD:42      Movement:USD:42:1  Entry:USD:42:1:2025-01-31
    ExportJob:7         ExportRecord:7

A key never holds Daybook's internal numbers, and every look-up adds the caller's
organisation: no id can lead to another organisation's rows.
"""

import re
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias, TypeVar

import strawberry

from daybook.calendar import Day, day_text, parse_day
from daybook.ledger.rules import Role, SourceKind
from daybook_graphql.kit.errors import ErrorCode, failure

TEXT_MAX = 2_000
"""No id is longer: the senders' own ids are short."""


class LedgerId(NamedTuple):
    """A ledger, by its currency."""

    currency: str

    def __str__(self) -> str:
        return f"Ledger:{self.currency}"


class AccountId(NamedTuple):
    """A ledger's account, by its role."""

    currency: str
    role: Role

    def __str__(self) -> str:
        return f"LedgerAccount:{self.currency}:{self.role.name}"


class CustomerId(NamedTuple):
    """A customer, by the sender's own id."""

    external_id: str

    def __str__(self) -> str:
        return f"Customer:{self.external_id}"


class ProductId(NamedTuple):
    """A product, by the sender's own id."""

    external_id: str

    def __str__(self) -> str:
        return f"Product:{self.external_id}"


class InvoiceId(NamedTuple):
    """An invoice, by the sender's own id."""

    external_id: str

    def __str__(self) -> str:
        return f"Invoice:{self.external_id}"


class CreditNoteId(NamedTuple):
    """A credit note, by the sender's own id."""

    external_id: str

    def __str__(self) -> str:
        return f"CreditNote:{self.external_id}"


class BillingScheduleId(NamedTuple):
    """A billing schedule, by the sender's own id."""

    external_id: str

    def __str__(self) -> str:
        return f"BillingSchedule:{self.external_id}"


class JournalId(NamedTuple):
    """A journal, by its number in its ledger."""

    currency: str
    number: int

    def __str__(self) -> str:
        return f"Journal:{self.currency}:{self.number}"


class MovementId(NamedTuple):
    """A movement, by its place in its journal."""

    currency: str
    number: int
    seq: int

    def __str__(self) -> str:
        return f"Movement:{self.currency}:{self.number}:{self.seq}"


class EntryId(NamedTuple):
    """One day of a movement."""

    currency: str
    number: int
    seq: int
    day: Day

    def __str__(self) -> str:
        return f"Entry:{self.currency}:{self.number}:{self.seq}:{day_text(self.day)}"


class UserId(NamedTuple):
    """A member of the organisation, by their address."""

    email: str

    def __str__(self) -> str:
        return f"User:{self.email}"


class ApiKeyId(NamedTuple):
    """An API key, by its number in the organisation."""

    number: int

    def __str__(self) -> str:
        return f"ApiKey:{self.number}"


class ExportJobId(NamedTuple):
    """An export, by its number in its organisation."""

    number: int

    def __str__(self) -> str:
        return f"ExportJob:{self.number}"


class ExportRecordId(NamedTuple):
    """The record of a file that was made, by its number in its organisation."""

    number: int

    def __str__(self) -> str:
        return f"ExportRecord:{self.number}"


NodeId: TypeAlias = (
    LedgerId
    | AccountId
    | CustomerId
    | ProductId
    | InvoiceId
    | CreditNoteId
    | BillingScheduleId
    | JournalId
    | MovementId
    | EntryId
    | UserId
    | ApiKeyId
    | ExportJobId
    | ExportRecordId
)
DocumentId: TypeAlias = InvoiceId | CreditNoteId | BillingScheduleId

Wanted = TypeVar("Wanted", bound=NodeId)


def encode(node: NodeId) -> strawberry.ID:
    """The id as the API shows it."""
    text = b2a_base64(str(node).encode(), newline=False)
    return strawberry.ID(text.translate(_URL_SAFE, b"=").decode("ascii"))


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def document_id(kind: int, external_id: str) -> DocumentId:
    """The id of a document of a kind that is stored."""
    return _BY_NUMBER[kind](external_id)


def decode(text: str, argument: str = "id") -> NodeId:
    """What an id names; raises INVALID_ID unless `encode` could have made it."""
    try:
        return _decoded(text)
    except (ValueError, KeyError):
        raise failure(
            ErrorCode.INVALID_ID, f"{argument}: not an id of this API", argument
        ) from None


def expect(text: str, wanted: type[Wanted], argument: str) -> Wanted:
    """What an id of one type names; raises INVALID_ID for any other."""
    node = decode(text, argument)
    if not isinstance(node, wanted):
        message = f"{argument}: the id {_words(type(node))}, not {_words(wanted)}"
        raise failure(ErrorCode.INVALID_ID, message, argument)
    return node


def expect_document(text: str, argument: str) -> DocumentId:
    """What the id of an invoice, a credit note or a billing schedule names."""
    node = decode(text, argument)
    if not isinstance(node, InvoiceId | CreditNoteId | BillingScheduleId):
        message = f"{argument}: the id {_words(type(node))}, not of a document"
        raise failure(ErrorCode.INVALID_ID, message, argument)
    return node


def kind_of(document: DocumentId) -> SourceKind:
    """What kind of document an id names."""
    return next(kind for kind, its in _DOCUMENTS.items() if its is type(document))


_DOCUMENTS: Mapping[SourceKind, type[DocumentId]] = {
    SourceKind.INVOICE: InvoiceId,
    SourceKind.CREDIT_NOTE: CreditNoteId,
    SourceKind.BILLING_SCHEDULE: BillingScheduleId,
}


_BY_NUMBER = {int(kind): its for kind, its in _DOCUMENTS.items()}
"""Looked up for each row: an enum's own look-up would take longer than the rest."""


def _words(wanted: type[object]) -> str:
    name = next(name for name, kind in _TYPES.items() if kind is wanted)
    return f"of {'an' if name[0] in 'AEIOU' else 'a'} {name}"


_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_SEQ = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{text!r} is no part of an id")
    return text


def _currency(text: str) -> str:
    return _matching(_CURRENCY, text)


def _number(text: str) -> int:
    return int(_matching(_NUMBER, text))


def _seq(text: str) -> int:
    return int(_matching(_SEQ, text))


def _external_id(text: str) -> str:
    if not text or "\x00" in text:  # PostgreSQL's text holds no NUL
        raise ValueError("not the id of anything that was sent")
    return text


_TYPES: Mapping[str, type[NodeId]] = {
    "Ledger": LedgerId,
    "LedgerAccount": AccountId,
    "Customer": CustomerId,
    "Product": ProductId,
    "Invoice": InvoiceId,
    "CreditNote": CreditNoteId,
    "BillingSchedule": BillingScheduleId,
    "Journal": JournalId,
    "Movement": MovementId,
    "Entry": EntryId,
    "User": UserId,
    "ApiKey": ApiKeyId,
    "ExportJob": ExportJobId,
    "ExportRecord": ExportRecordId,
}
_PARTS: Mapping[type[NodeId], tuple[Callable[[str], object], ...]] = {
    LedgerId: (_currency,),
    AccountId: (_currency, Role.__getitem__),
    CustomerId: (_external_id,),
    ProductId: (_external_id,),
    InvoiceId: (_external_id,),
    CreditNoteId: (_external_id,),
    BillingScheduleId: (_external_id,),
    JournalId: (_currency, _number),
    MovementId: (_currency, _number, _seq),
    EntryId: (_currency, _number, _seq, parse_day),
    UserId: (_external_id,),
    ApiKeyId: (_number,),
    ExportJobId: (_number,),
    ExportRecordId: (_number,),
}


def _decoded(text: str) -> NodeId:
    """Read an id; raises ValueError or KeyError for anything that isn't one."""
    if len(text) > TEXT_MAX:
        raise ValueError("longer than any id")
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    name, _, key = urlsafe_b64decode(padded).decode().partition(":")
    kind = _TYPES[name]
    readers = _PARTS[kind]
    # The senders' own ids may hold colons; they are the whole key.
    texts = key.split(":") if readers != (_external_id,) else [key]
    if len(texts) != len(readers):
        raise ValueError("too few or too many parts")
    make: Callable[..., NodeId] = kind
    node = make(*[read(one) for read, one in zip(readers, texts, strict=True)])
    if encode(node) != text:  # one spelling only: ids can be compared and cached
        raise ValueError("not in canonical form")
    return node
