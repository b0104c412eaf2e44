"""Posting a manual journal: its documents, journals and movements in one recording."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.checking import open_day_problem
from daybook.adjustments.models import ManualDocument, ManualStep
from daybook.adjustments.pairing import Pair, movement_of, pairs_of
from daybook.adjustments.rules import Part, document_id
from daybook.adjustments.versions import Version, number_of
from daybook.calendar import Day
from daybook.configuration.changing import SettingChange
from daybook.db.digests import written
from daybook.db.fast.bulk import insert_rows, table_rows
from daybook.db.lists import rows_in_lists
from daybook.documents.models import StoredDocument
from daybook.errors import Rejected
from daybook.ledger.commands import check_open_day, write_journals
from daybook.ledger.models import Customer, Ledger, Recording
from daybook.ledger.posting import Posting, PostingStart, plan_journals
from daybook.ledger.rules import LockMethod, SourceKind, first_open_day

STANDALONE = int(SourceKind.STANDALONE)


class PostedPart(NamedTuple):
    """A part of a manual journal, and the day that it posts on."""

    part: Part
    day: Day


def open_day_of(ledger: Ledger) -> Day | None:
    """The first day that a manual journal may be dated; None if every day is open.

    With a lock by accounting date each document's own date is its first open day, so
    no day is locked for a manual journal.
    """
    if ledger.lock_method == int(LockMethod.ACCOUNTING_DATE):
        return None
    return first_open_day(ledger.locked_through)


def check_days(ledger: Ledger, version: Version) -> None:
    """Raise Rejected for a version whose date is locked, naming the first open day."""
    check_open_day(ledger)
    problem = open_day_problem(version.day, open_day_of(ledger), ledger.currency)
    if problem is not None:
        raise Rejected([problem])


def parts_to_post(version: Version) -> list[PostedPart]:
    """What posting a version posts: the journal, and its reversal if it has one."""
    parts = [PostedPart(Part.ORIGINAL, version.day)]
    if version.reverses_on is not None:
        parts.append(PostedPart(Part.REVERSAL, version.reverses_on))
    return parts


def parts_to_undo(ledger: Ledger, version: Version) -> list[PostedPart]:
    """What undoing a version posts, each on the original's date or the first open day.

    Undoing an accrual takes its reversal back, too.
    """
    check_open_day(ledger)
    first_open = open_day_of(ledger)
    return [
        PostedPart(part.undone_by, day if first_open is None else max(day, first_open))
        for part, day in parts_to_post(version)
    ]


class StepPosting(NamedTuple):
    """What a step posts: parts of a version. The step is given by its number."""

    step: int
    version: Version
    parts: Sequence[PostedPart]


async def post_parts(  # noqa: PLR0913, PLR0917  (what is posted, where, by which step)
    change: SettingChange,
    ledger: Ledger,
    recording: Recording,
    step: ManualStep,
    version: Version,
    parts: Sequence[PostedPart],
) -> list[str]:
    """Append documents and journals of parts of a version; return the documents' ids.

    One document for each customer; a recording numbers its journals in order.
    """
    posting = StepPosting(step.id, version, parts)
    return await post_all(change, ledger, recording, [posting])


async def post_all(
    change: SettingChange,
    ledger: Ledger,
    recording: Recording,
    postings: Iterable[StepPosting],
) -> list[str]:
    """Append what several steps post in one recording; return the documents' ids."""
    session = change.session
    documents = [its for posting in postings for its in _documents(posting)]
    planned = list(enumerate(documents, ledger.documents + 1))
    ledger.documents += len(planned)
    rows = table_rows(
        StoredDocument,
        [
            (
                *(ledger.id, number, STANDALONE, its.id, its.id, its.customer_id),
                *(its.day, its.day, None, its.content_hash),
                *(recording.number, 1, 0, None),
            )
            for number, its in planned
        ],
    )
    written(session).note(ledger.id, recording.number, rows)
    await insert_rows(session, rows)
    customers = await _customer_ids(session, change.organisation.id, documents)
    journals = plan_journals(
        PostingStart(ledger.id, recording.number, ledger.journals),
        [_posting(number, its, customers) for number, its in planned],
    )
    ledger.journals = journals.last_journal
    await write_journals(session, journals)
    session.add_all(
        ManualDocument(
            organisation_id=change.organisation.id,
            step=its.step,
            document_id=number,
            number=its.version.number,
            ledger_id=ledger.id,
            part=int(its.part),
        )
        for number, its in planned
    )
    await session.flush()
    return [its.id for its in documents]


class _Document(NamedTuple):
    """A document to post: one customer's share of a part."""

    id: str
    step: int
    version: Version
    part: Part
    day: Day
    customer_id: int | None
    pairs: list[Pair]

    @property
    def content_hash(self) -> bytes:
        """What tells the versions of a document apart."""
        return sha256(f"{self.id} {self.version.version}".encode()).digest()


def _documents(posting: StepPosting) -> Iterator[_Document]:
    step, version, parts = posting
    pairs = pairs_of(version.legs())
    for part, day in parts:
        for position, (customer_id, its) in enumerate(pairs.items(), 1):
            turned = [pair.exchanged() for pair in its] if part.is_mirror else its
            id_ = document_id(version.number, part, position)
            yield _Document(id_, step, version, part, day, customer_id, turned)


def _posting(
    number: int, document: _Document, customers: Mapping[int | None, str]
) -> Posting:
    version = document.version
    product_id = number_of(version.product)
    product = "" if version.product is None else version.product.id
    customer = customers.get(document.customer_id, "")
    return Posting(
        *(number, document.customer_id, product_id, STANDALONE, None, None),
        (customer, product, document.id, STANDALONE),
        (),
        sided=[movement_of(pair, document.day, product_id) for pair in document.pairs],
    )


async def _customer_ids(
    session: AsyncSession, organisation_id: int, documents: Iterable[_Document]
) -> dict[int | None, str]:
    """The sender's own ids of customers, by their numbers."""
    numbers = {its.customer_id for its in documents if its.customer_id is not None}
    statement = select(Customer.id, Customer.external_id).where(
        Customer.organisation_id == organisation_id
    )
    rows = await rows_in_lists(session, statement, Customer.id.in_, numbers)
    return {row.id: row.external_id for row in rows}
