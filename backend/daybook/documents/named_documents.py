"""Documents that other documents name: invoices and billing schedules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from daybook.calendar import Day
from daybook.documents.rules import Document, keys_named
from daybook.errors import Problem, ProblemCode
from daybook.ledger.rules import SourceKind

LINES_NAMED = 10
"""How many of an invoice's lines a message names."""


@dataclass(slots=True)
class NamedDocument:
    """A document that another one may name, recorded before or in the same batch.

    `number` is its number in its ledger. `members` are its lines' schedules by the
    lines' own ids, empty for a document of another ledger. `draft_at` is the place of a
    draft in the file; drafts aren't recorded.
    """

    key: tuple[SourceKind, str]
    number: int
    currency: str
    customer: str
    accounting_date: Day
    is_void: bool = False
    members: dict[str, int] = field(default_factory=dict)
    draft_at: str | None = None

    def schedule_of(self, line_id: str | None) -> int | None:
        """The first schedule of a line."""
        return self.members.get(line_id or "")

    def lines_words(self) -> str:
        """Some of its lines' ids, for a message."""
        return ", ".join(islice(self.members, LINES_NAMED))


def as_draft(key: tuple[SourceKind, str], place: str) -> NamedDocument:
    """A document that is only a draft, at a place of the file such as `line 3`."""
    return NamedDocument(
        key, number=0, currency="", customer="", accounting_date=0, draft_at=place
    )


def as_void(document: Document) -> NamedDocument:
    """A document that is sent as void and was never recorded."""
    return NamedDocument(
        key=document.key,
        number=0,
        currency=document.currency,
        customer=document.customer.id,
        accounting_date=document.accounting_date,
        is_void=True,
    )


def kind_words(kind: SourceKind) -> str:
    """The kind for people."""
    return kind.name.lower().replace("_", " ")


def named_keys(document: Document) -> Iterator[tuple[SourceKind, str]]:
    """The keys of the documents that a document refers to."""
    return keys_named(document.invoice_id, document.billing_schedule_id)


def replacing(kind: SourceKind) -> str:
    """How a document is taken back and sent in another form, for a message.

    All messages say it by these words, so that none contradicts another.
    """
    if kind is SourceKind.BILLING_SCHEDULE:
        return (
            "cancel it as it is recorded (status CANCELLED, cancelled_on its"
            " service_from), and send it again under another id"
        )
    return (
        "void it as it is recorded (status VOIDED), and send it again under another id"
    )


def is_void_for_good(kind: SourceKind, id_: str) -> str:
    """What to do with a void document, for a message."""
    return (
        f"{kind_words(kind)} {id_!r} is void, and stays void: send it again under"
        " another id"
    )


def named_by(
    document: Document,
    key: tuple[SourceKind, str],
    known: Mapping[tuple[SourceKind, str], NamedDocument],
    field_name: str,
) -> tuple[NamedDocument | None, list[Problem]]:
    """The document that another one names, and why the two don't belong together.

    If their currencies differ, that is the only problem reported.
    """
    kind, id_ = key
    what = f"{kind_words(kind)} {id_!r}"
    naming_kind = kind_words(document.kind)
    named = known.get(key)
    if named is None:
        message = f"there is no {what}: import it first, or put it into the same file"
        code = ProblemCode.UNKNOWN_DOCUMENT
        return None, [Problem(code, message, (field_name,), document.line)]
    if named.draft_at is not None:
        status = "ACTIVE" if kind is SourceKind.BILLING_SCHEDULE else "FINAL"
        message = f"{what} is a draft ({named.draft_at}), and drafts aren't recorded"
        message = f"{message}: send it {status}"
        code = ProblemCode.UNKNOWN_DOCUMENT
        return None, [Problem(code, message, (field_name,), document.line)]
    if named.currency != document.currency:
        message = (
            f"{what} is in {named.currency}, its {naming_kind} in {document.currency}:"
            f" send it in {named.currency}, or name another {kind_words(kind)}"
        )
        problem = Problem(ProblemCode.MISMATCH, message, ("currency",), document.line)
        return None, [problem]
    problems = []
    if named.customer != document.customer.id:
        message = (
            f"{what} is of customer {named.customer!r}, its {naming_kind} of"
            f" {document.customer.id!r}: send it for {named.customer!r}, or name"
            f" another {kind_words(kind)}"
        )
        path = ("customer", "id")
        problems.append(Problem(ProblemCode.MISMATCH, message, path, document.line))
    if named.is_void:
        message = (
            f"{what} is void, and stays void: name the invoice that was sent in its"
            " place; if there is none, there is nothing to credit"
        )
        problems.append(
            Problem(ProblemCode.VOID, message, (field_name,), document.line)
        )
    return named, problems
