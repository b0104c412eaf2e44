"""A ledger's stored rows, read past the product's queries, for the reports' oracle."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from daybook.calendar import Day, day_of
from daybook.db.engine import Database
from daybook.ledger.rules import Movement, Role, SourceKind


class Schedule(NamedTuple):
    """A stored schedule; `line` is the first of its line, `family` the family's."""

    id: int
    line: int
    family: int
    document_id: int
    amount: int
    is_credit: bool
    classification: int
    is_first: bool
    terms: tuple[Any, ...]
    """All that a revision may change, milestones' completions aside."""


class Version(NamedTuple):
    """What a recording made of a document that it recorded, revised or voided."""

    document_id: int
    made_in: int
    accounting_date: Day
    is_void: bool


class Row(NamedTuple):
    """A stored movement and whose it is; `service` are its days by service date.

    `cause` is what the product stored, which the oracle compares and never uses, but
    where a lock lies after the day of recording.
    """

    journal: int
    seq: int
    movement: Movement
    service: tuple[Movement, ...]
    is_moved: bool
    schedule: Schedule | None
    document_id: int
    customer_id: int | None
    debit_product: int | None
    credit_product: int | None
    source: SourceKind
    recorded_in: int
    superseded_in: int | None
    cause: int | None

    @property
    def is_manual(self) -> bool:
        """Whether it is of a manual journal."""
        return self.source is SourceKind.STANDALONE

    def is_in_force(self, recording: int) -> bool:
        """Whether it counts at a recording."""
        is_over = self.superseded_in is not None and self.superseded_in <= recording
        return self.recorded_in <= recording and not is_over


@dataclass
class Stored:
    """All rows of one ledger that the reports are made of."""

    rows: list[Row]
    schedules: dict[int, Schedule]
    versions: dict[int, list[Version]]
    lines: dict[int, dict[int, set[int]]] = field(default_factory=dict)
    """By document and recording: the schedules that its lines then named."""
    recorded_on: dict[int, Day] = field(default_factory=dict)
    locks: dict[int, Day | None] = field(default_factory=dict)
    """By recording: the lock that it left; None where documents' dates lock."""

    @property
    def recordings(self) -> int:
        """The last recording's number."""
        return max(self.recorded_on)


def days_of(movement: Movement) -> Iterator[tuple[Day, int]]:
    """Each day's share: `daily` on all but the last, which has the rest (rule 4)."""
    left = movement.amount
    for day in range(movement.first_day, movement.last_day):
        left -= movement.daily
        yield day, movement.daily
    yield movement.last_day, left


ROWS = """
SELECT m.journal, m.seq, m.debit_role, m.credit_role, m.amount, m.daily, m.first_day,
    m.last_day, m.schedule_id, j.document_id, j.customer_id,
    COALESCE(m.debit_product_id, j.product_id),
    COALESCE(m.credit_product_id, j.product_id),
    j.source, m.recorded_in, m.superseded_in, m.cause
FROM movements m
JOIN journals j ON j.ledger_id = m.ledger_id AND j.number = m.journal
WHERE m.ledger_id = :ledger ORDER BY m.journal, m.seq
"""
PARTS = """
SELECT journal, seq, amount, daily, first_day, last_day
FROM catch_up_parts WHERE ledger_id = :ledger ORDER BY journal, seq, position
"""
SCHEDULES = """
SELECT id, document_id, product_id, amount, method, timing, strategy, first_day,
    last_day, recognized_on, credits_id, classification, family_id, revises_id,
    treatment, months, cancelled_on, expires_on
FROM schedules WHERE ledger_id = :ledger ORDER BY id
"""
SCHEDULE_PARTS = """
SELECT schedule_id, amount, day, external_id, name
FROM schedule_parts WHERE ledger_id = :ledger ORDER BY schedule_id, position
"""
DOCUMENTS = """
SELECT id, COALESCE(revised_in, recorded_in), status, accounting_date
FROM documents WHERE ledger_id = :ledger
"""
VERSIONS = """
SELECT document_id, made_in, status, accounting_date FROM document_versions
WHERE ledger_id = :ledger ORDER BY document_id, made_in
"""
LINES = """
SELECT l.document_id, COALESCE(l.recorded_in, d.recorded_in), l.schedule_id
FROM document_lines l JOIN documents d ON d.ledger_id = l.ledger_id
    AND d.id = l.document_id
WHERE l.ledger_id = :ledger
"""
RECORDINGS = "SELECT number, recorded_at FROM recordings WHERE ledger_id = :ledger"
LOCKS = """
SELECT recorded_in, lock_method, locked_through FROM ledger_settings
WHERE ledger_id = :ledger ORDER BY recorded_in
"""
VOID, BY_DATE = 2, 2
"""The stored numbers of a void document, and of locks by documents' dates."""


async def stored_rows(database: Database, ledger_id: int) -> Stored:
    """Read a ledger whole."""
    found: dict[str, list[Any]] = {}
    async with database.reads() as session:
        for name, statement in globals().items():
            if name.isupper() and "ledger" in str(statement):
                rows = await session.execute(text(statement), {"ledger": ledger_id})
                found[name] = [tuple(row) for row in rows]
    schedules = _schedules(found["SCHEDULES"], found["SCHEDULE_PARTS"])
    parts: dict[tuple[int, int], list[tuple[int, ...]]] = defaultdict(list)
    for journal, seq, *part in found["PARTS"]:
        parts[journal, seq].append(tuple(part))
    lines: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for document_id, recording, schedule_id in found["LINES"]:
        lines[document_id][recording].add(schedule_id)
    return Stored(
        [_row(row, parts.get(row[:2], []), schedules) for row in found["ROWS"]],
        schedules,
        _versions(found["DOCUMENTS"], found["VERSIONS"]),
        lines,
        {number: _day(at) for number, at in found["RECORDINGS"]},
        {
            recording: None if method == BY_DATE else through or 0
            for recording, method, through in found["LOCKS"]
        },
    )


def _row(
    row: tuple[Any, ...],
    parts: list[tuple[int, ...]],
    schedules: dict[int, Schedule],
) -> Row:
    journal, seq, debit, credit, *amounts = row[:8]
    schedule_id, document_id, customer_id, *products, source = row[8:14]
    movement = Movement(Role(debit), Role(credit), *amounts)
    service = tuple(
        movement._replace(amount=amount, daily=daily, first_day=first, last_day=last)
        for amount, daily, first, last in parts
    )
    return Row(
        *(journal, seq, movement, service or (movement,), bool(parts)),
        None if schedule_id is None else schedules[schedule_id],
        *(document_id, customer_id, *products, SourceKind(source), *row[14:]),
    )


def _schedules(
    rows: list[tuple[Any, ...]], parts: list[tuple[Any, ...]]
) -> dict[int, Schedule]:
    its_parts: dict[int, list[Any]] = defaultdict(list)
    for schedule_id, *part in parts:
        its_parts[schedule_id].append(tuple(part))
    schedules: dict[int, Schedule] = {}
    for row in rows:
        id_, document_id, product_id, amount, *terms = row
        credits_id, classification, family_id, revises_id = terms[6:10]
        first = schedules.get(revises_id)
        schedules[id_] = Schedule(
            *(id_, revises_id or id_),
            first.family if first else family_id or id_,
            *(document_id, amount, credits_id is not None, classification),
            revises_id is None,
            (product_id, amount, *terms[:6], *terms[10:], *its_parts[id_]),
        )
    return schedules


def _versions(
    documents: list[tuple[Any, ...]], versions: list[tuple[Any, ...]]
) -> dict[int, list[Version]]:
    """The versions of each document, in order."""
    made: dict[int, list[Version]] = defaultdict(list)
    for document_id, made_in, status, accounting_date in [*versions, *documents]:
        version = Version(document_id, made_in, accounting_date, status == VOID)
        made[document_id].append(version)
    return made


def _day(moment: Any) -> Day:
    """The day of a time: text on SQLite."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return day_of(moment.date())
