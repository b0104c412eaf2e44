"""Documents being recorded: prepared, numbered, and turned into rows."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from daybook.calendar import Day
from daybook.documents.queries import KnownDocument, LoadedFamilies, RecordedLines
from daybook.documents.recording_parties import Parties
from daybook.documents.rules import Document, Line
from daybook.documents.schedule_groups import Group, groups_of
from daybook.ledger.models import Ledger, Organisation
from daybook.ledger.queries import MovementKey
from daybook.ledger.rules import Cause, LockMethod, Movement, SourceKind, lock_of
from daybook.recognition.families import BY_NOW, Family, Member, Owner
from daybook.recognition.planning import ChangedFamily, Changes, NewSchedule
from daybook.recognition.queries import StoredPart
from daybook.recognition.replacing import StoredRow, first_posting
from daybook.recognition.rules import (
    Classification,
    Treatment,
    credited,
    recognize,
)


class Prepared(NamedTuple):
    """A document with all that can be computed before anything is locked.

    `movements` are of each group on its own. They are None for a billing schedule,
    whose movements depend on its invoices, and for a prepayment that expires, whose
    movements depend on the ledger's settings.
    """

    document: Document
    content_hash: bytes
    groups: list[Group]
    movements: list[list[Movement] | None]


def prepare_document(document: Document) -> Prepared:
    """Hash a document and recognize its own lines. Pure."""
    groups = groups_of(document)
    return Prepared(
        document=document,
        content_hash=document.content_hash(),
        groups=groups,
        movements=[_alone(group, document.accounting_date) for group in groups],
    )


def _alone(group: Group, accounting_date: Day) -> list[Movement] | None:
    terms = group.terms
    if terms.classification is Classification.ACCRUAL or terms.expires_on is not None:
        return None
    return recognize(terms, accounting_date)


@dataclass(slots=True)
class Recorded:
    """A document of the batch with its number, and its lines' schedules.

    `before` is its recorded version, with its `lines_before` and the movements that
    bill it (`invoiced`); a new document has none. `members_before` are its recorded
    schedules by line group and product, `burn_downs_before` those that take from a
    credit grant, by the grant's family. A document that is only voided keeps its lines.
    """

    number: int
    prepared: Prepared
    before: KnownDocument | None = None
    parent_id: int | None = None
    schedule_ids: dict[int, int] = field(default_factory=dict)
    members_before: dict[tuple[str, str], int] = field(default_factory=dict)
    burn_downs_before: dict[int, list[int]] = field(default_factory=dict)
    lines_before: RecordedLines | None = None
    invoiced: Sequence[StoredRow[MovementKey]] = ()
    is_voided: bool = False

    @property
    def document(self) -> Document:
        """The document as sent."""
        return self.prepared.document

    @property
    def total_before(self) -> int:
        """What the recorded lines sum to, less the recorded discount."""
        lines = self.lines_before.lines.values() if self.lines_before else ()
        discount = self.before.discount if self.before else 0
        return sum(line.amount for line in lines) - discount


class Grant(NamedTuple):
    """A credit grant, with its prepayment's first schedule and accounting date.

    `external_id` and `customer` are the sender's own ids.
    """

    member_id: int
    external_id: str
    customer: str
    accounting_date: Day


class Batch:
    """Documents of one currency that are being recorded in one ledger.

    They get numbers from the locked ledger's counters, so their rows can be made before
    anything is written.
    """

    def __init__(
        self, organisation: Organisation, ledger: Ledger, parties: Parties
    ) -> None:
        self.organisation = organisation
        self.ledger = ledger
        self.parties = parties
        self.documents: list[Recorded] = []
        self.changes = Changes()
        self.families: dict[int, ChangedFamily] = {}
        self.family_of: dict[int, int] = {}
        self.member_of: dict[int, int] = {}
        self.before: dict[tuple[SourceKind, str], Recorded] = {}
        self.named_here: set[tuple[SourceKind, str]] = set()
        self.grants: list[Grant] = []
        self.milestones: dict[int, tuple[StoredPart, ...]] = {}
        self._alone: dict[int, NewSchedule] = {}
        # Counted here, since counting in a mapped attribute takes twice as long.
        self._schedules = ledger.schedules
        self._documents = ledger.documents
        self._lock_method = LockMethod(ledger.lock_method)
        self._locked_through = ledger.locked_through
        self._touched: set[int] = set()

    def number(self, prepared: Prepared) -> Recorded:
        """Give a new document the ledger's next number."""
        self._documents += 1
        recorded = Recorded(self._documents, prepared)
        self.documents.append(recorded)
        return recorded

    def next_schedule(self) -> int:
        """The ledger's next schedule number."""
        self._schedules += 1
        return self._schedules

    def keep_counters(self) -> None:
        """Put the last numbers given into the ledger's counters."""
        self.ledger.documents = self._documents
        self.ledger.schedules = self._schedules

    def lock_of(self, accounting_date: Day) -> Day | None:
        """The last locked day for a document."""
        return lock_of(self._lock_method, self._locked_through, accounting_date)

    def owner(self, recorded: Recorded, product: str) -> Owner:
        """The owner of a document's schedules of one product."""
        document = recorded.document
        kind = int(document.kind)
        customer = document.customer.id
        return Owner(
            document_id=recorded.number,
            customer_id=self.parties.customers[customer],
            product_id=self.parties.products[product],
            source=kind,
            order=(customer, product, document.id, kind),
        )

    def add_alone(
        self, recorded: Recorded, group: Group, movements: list[Movement] | None
    ) -> None:
        """Record a group's schedule as a family of its own."""
        billed_on, invoiced = recorded.document.accounting_date, recorded.invoiced
        schedule = NewSchedule(
            self.next_schedule(),
            self.owner(recorded, group.product.id),
            group.terms,
            movements,
            self.lock_of(billed_on),
            names=[(milestone.id, milestone.name) for milestone in group.milestones],
            invoiced=invoiced,
            first_posted_on=first_posting(invoiced, billed_on) if invoiced else None,
        )
        self.changes.new.append(schedule)
        for position in group.positions:
            recorded.schedule_ids[position] = schedule.id
        self.keep_grant(recorded, schedule, group.grant)
        if movements is None:
            self._make_family(schedule, recorded.document.accounting_date)
        else:
            self._alone[schedule.id] = schedule

    def keep_grant(
        self, recorded: Recorded, schedule: NewSchedule, grant: str | None
    ) -> None:
        """Record the credit grant of a prepayment, unless it is already recorded."""
        member_id = schedule.revises_id or schedule.id
        if grant is None or any(known.member_id == member_id for known in self.grants):
            return
        schedule.grant = grant
        document = recorded.document
        since = document.accounting_date
        self.grants.append(Grant(member_id, grant, document.customer.id, since))

    def family_with(self, member_id: int, accounting_date: Day) -> ChangedFamily:
        """The family of a member: a loaded one, or one of this batch."""
        root = self.family_of.get(member_id)
        if root is not None:
            return self.families[root]
        return self._make_family(self._alone.pop(member_id), accounting_date)

    def _make_family(
        self, schedule: NewSchedule, accounting_date: Day
    ) -> ChangedFamily:
        """Make a family of a schedule of this batch; its movements are replanned."""
        schedule.movements = None
        family: ChangedFamily = ChangedFamily(
            Family(schedule.id, breakage=self.ledger.breakage)
        )
        self.put_member(family, schedule, accounting_date)
        self.families[schedule.id] = family
        self.touch(family)
        return family

    def put_member(
        self,
        family: ChangedFamily,
        schedule: NewSchedule,
        accounting_date: Day,
        *,
        effective: Day | None = None,
    ) -> None:
        """Make a new schedule a member of a family, or the newest of its member."""
        terms = schedule.terms
        if schedule.credits_id is not None:
            terms = credited(terms)
        member_id = schedule.revises_id or schedule.id
        before = family.family.members.get(member_id)
        family.family.members[member_id] = Member(
            id=member_id,
            schedule_id=schedule.id,
            owner=schedule.owner,
            terms=terms,
            accounting_date=accounting_date,
            credits_id=schedule.credits_id,
            effective=effective,
            treatment=schedule.treatment or Treatment.REVERSAL,
            stored=before.stored if before else [],
            recorded_in=before.recorded_in if before else BY_NOW,
            invoiced=before.invoiced if before else schedule.invoiced,
        )
        family.locks[member_id] = schedule.locked_through
        self.family_of[member_id] = family.family.id
        self.member_of[schedule.id] = member_id

    def revise(self, family: ChangedFamily) -> None:
        """Note that a document's revision changes a family."""
        family.cause = family.cause or Cause.REVISION

    def touch(self, family: ChangedFamily, locked_through: Day | None = None) -> None:
        """Have a family's movements replanned, under the latest of the locks."""
        if family.family.id not in self._touched:
            self._touched.add(family.family.id)
            self.changes.families.append(family)
        if locked_through is not None:
            family.locked_through = max(family.locked_through or 0, locked_through)

    def alone(self, named: Container[tuple[SourceKind, str]]) -> set[int]:
        """The new documents that share no family, and that no document names."""
        in_families = {
            member.owner.document_id
            for changed in self.families.values()
            for member in changed.family.members.values()
        }
        return {
            recorded.number
            for recorded in self.documents
            if recorded.before is None
            and recorded.number not in in_families
            and recorded.document.key not in named
        }

    def take_loaded(self, loaded: LoadedFamilies) -> None:
        """Add recorded families, to be found by their members."""
        self.changes.existing += loaded.journals
        for family in loaded.families.values():
            self.families[family.id] = ChangedFamily(family)
            for member_id, member in family.members.items():
                self.family_of[member_id] = family.id
                self.member_of[member.schedule_id] = member_id
        for member_id, schedule in loaded.schedules.items():
            if schedule.milestones:
                self.milestones[member_id] = schedule.milestones

    def document_rows(self, recording: int) -> Iterator[tuple[object, ...]]:
        """The new documents' rows of `documents`."""
        customers, ledger_id = self.parties.customers, self.ledger.id
        for recorded in self.documents:
            if recorded.before is None:
                document = recorded.document
                yield (
                    *(ledger_id, recorded.number, int(document.kind), document.id),
                    *(document.number, customers[document.customer.id]),
                    *(document.issued_on, document.accounting_date, recorded.parent_id),
                    *(recorded.prepared.content_hash, recording, int(document.status)),
                    *(document.discount, None),
                )

    def line_rows(self, recording: int) -> Iterator[tuple[object, ...]]:
        """Rows of `document_lines`; a revision's come after those it ends."""
        ledger_id = self.ledger.id
        for recorded in self.documents:
            if recorded.is_voided:
                continue
            before = recorded.lines_before
            first = before.last_position + 1 if before else 0
            recorded_in = None if recorded.before is None else recording
            for position, line in enumerate(recorded.document.lines):
                yield (
                    *(ledger_id, recorded.number, first + position, line.id),
                    *(
                        _own_description(line),
                        line.amount,
                        recorded.schedule_ids[position],
                    ),
                    *(line.group, recorded_in, None),
                )


def _own_description(line: Line) -> str | None:
    """The description to store: None if it only repeats the product's name."""
    if line.product is not None and line.description == line.product.name:
        return None
    return line.description
