"""A ledger with a history, every entry of it read row by row, and any filter on it."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from sqlalchemy import select

from daybook.calendar import Day, first_day_of, last_day_of, month_of, parse_day
from daybook.db.engine import Database
from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.documents.rules import DocumentStatus
from daybook.ledger.models import (
    Customer,
    CustomerName,
    Journal,
    JournalMovement,
    Product,
    ProductName,
    Recording,
    StoredCatchUp,
)
from daybook.ledger.pins import Pin
from daybook.ledger.queries import cause_of, value_of
from daybook.ledger.roll_forward import Column, column_of
from daybook.ledger.rules import Cause, Role, SourceKind, shares
from daybook.recognition.models import Schedule
from daybook.recognition.rules import Method
from daybook.reports.journals.filters import JournalFilter
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    pin,
    record,
    terms,
    usage_line,
    voided,
)
from daybook_filled import filled_new
from daybook_services.faults import examples

RECORDINGS = 11
"""How many recordings the history has in its ledger of dollars."""

# The history is made once for each test; the examples only read it.
reads = settings(
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Known(NamedTuple):
    """An entry with all that a filter may ask of it."""

    entry: tuple[int, int, Day, Role, Role, int]
    source: int
    customer_id: int
    product_id: int
    document_id: int
    parent_id: int | None
    texts: list[str]
    is_moved: bool
    is_revised: bool
    is_voided: bool
    days: tuple[Day, Day]
    """The first and the last day on which its journal has an amount."""
    cause: Cause | None
    settled_on: Day | None
    """When the last of its journal's families is settled; None if one never is."""
    changed_in: int
    """The last recording that changed its journal."""
    deferred: Mapping[Day, int]
    """What its family changes Deferred by, day by day."""
    kept: Mapping[tuple[int, int], int]
    """What its family leaves on Deferred, by product and document."""


class History(NamedTuple):
    """A database with a ledger in it, and its last recording."""

    database: Database
    pin: Pin

    async def at(self, recording: int) -> Pin:
        """The ledger pinned to an earlier recording."""
        async with self.database.reads() as session:
            its = await session.get(Recording, (self.pin.ledger_id, recording))
        return self.pin._replace(
            recording=recording, renamings=its.renamings if its else 0, is_renamed=True
        )

    async def known(self, recording: int) -> list[Known]:
        """Every entry that was in force at a recording, read row by row."""
        tables = await self._tables()
        renamings = 0
        if recording:
            (its,) = [table for table in tables[Recording] if table.number == recording]
            renamings = its.renamings
        parties = {
            kind: {
                table.id: [_name_at(table, tables[names], renamings), table.external_id]
                for table in tables[kind]
            }
            for kind, names in ((Customer, CustomerName), (Product, ProductName))
        }
        documents = {table.id: table for table in tables[StoredDocument]}
        journals = {table.number: table for table in tables[Journal]}
        movements = [
            row
            for row in tables[JournalMovement]
            if row.recorded_in <= recording
            and (row.superseded_in is None or row.superseded_in > recording)
        ]
        moved = {(table.journal, table.seq) for table in tables[StoredCatchUp]}
        moved_journals = {
            row.journal for row in movements if (row.journal, row.seq) in moved
        }
        settled = _settled_journals(tables[Schedule], movements)
        family_of = {
            schedule.id: schedule.family_id or schedule.id
            for schedule in tables[Schedule]
        }
        deferred = _deferred(family_of, movements)
        kept: dict[int, Counter[tuple[int, int]]] = defaultdict(Counter)
        for row in movements:
            journal = journals[row.journal]
            place = journal.product_id, journal.document_id
            kept[family_of[row.schedule_id]][place] += _on_deferred(row)
        changed_in = _changed_in(tables, recording)
        states = {
            number: _state_at(one, tables[DocumentVersion], recording)
            for number, one in documents.items()
        }
        days: dict[int, list[Day]] = defaultdict(list)
        for row in movements:
            days[row.journal] += [
                day for day, amount in shares(value_of(row)) if amount
            ]
        return [
            Known(
                (row.journal, row.seq, day, Role(row.debit_role), *rest),
                *(journal.source, journal.customer_id, journal.product_id),
                *(journal.document_id, documents[journal.document_id].parent_id),
                [
                    *parties[Customer][journal.customer_id],
                    *parties[Product][journal.product_id],
                    _number_at(
                        documents[journal.document_id],
                        tables[DocumentVersion],
                        recording,
                    ),
                    documents[journal.document_id].external_id,
                ],
                row.journal in moved_journals,
                *states[journal.document_id],
                (min(days[row.journal]), max(days[row.journal])),
                cause_of(row.cause),
                settled[row.journal],
                changed_in[row.journal],
                deferred[family_of[row.schedule_id]],
                kept[family_of[row.schedule_id]],
            )
            for row in movements
            for journal in [journals[row.journal]]
            for day, amount in shares(value_of(row))
            for rest in [(Role(row.credit_role), amount)]
        ]

    async def _tables(self) -> dict[Any, list[Any]]:
        """Every row of the ledger's tables, and of the organisation's."""
        order = {JournalMovement: (JournalMovement.journal, JournalMovement.seq)}
        found: dict[Any, list[Any]] = {}
        async with self.database.reads() as session:
            for table in _TABLES:
                statement = select(table).order_by(*order.get(table, ()))
                if hasattr(table, "ledger_id"):
                    statement = statement.where(table.ledger_id == self.pin.ledger_id)
                found[table] = list(await session.scalars(statement))
        return found


_TABLES: tuple[Any, ...] = (
    *(Recording, Customer, CustomerName, Product, ProductName),
    *(
        StoredDocument,
        DocumentVersion,
        Journal,
        JournalMovement,
        StoredCatchUp,
        Schedule,
    ),
)


def _name_at(party: Any, given_up: list[Any], renamings: int) -> str:
    """What a customer or product was called after so many renamings."""
    later = [
        one
        for one in given_up
        if party.id in {getattr(one, "customer_id", 0), getattr(one, "product_id", 0)}
        and one.until > renamings
    ]
    name: str = min(later, key=lambda one: one.until).name if later else party.name
    return name


def _number_at(document: Any, versions: list[Any], recording: int) -> str:
    """The number that a document had at a recording."""
    later = [
        version
        for version in versions
        if version.document_id == document.id and version.until > recording
    ]
    number: str = document.number
    return min(later, key=lambda one: one.until).number if later else number


def _state_at(document: Any, versions: list[Any], recording: int) -> tuple[bool, bool]:
    """Whether a document was revised, and whether it was voided, at a recording."""
    its = [version for version in versions if version.document_id == document.id]
    later = [one for one in its if one.until > recording]
    standing = min(later, key=lambda one: one.until) if later else document
    is_voided = standing.status == DocumentStatus.VOIDED
    return len(later) < len(its) and not is_voided, is_voided


def _changed_in(tables: Mapping[Any, list[Any]], recording: int) -> dict[int, int]:
    """The last recording up to another that changed each journal."""
    changes: dict[int, set[int]] = defaultdict(set)
    for row in tables[JournalMovement]:
        changes[row.journal] |= {row.recorded_in, row.superseded_in or 0}
    revised: dict[int, set[int]] = defaultdict(set)
    for document in tables[StoredDocument]:
        revised[document.id].add(document.revised_in or 0)
    for version in tables[DocumentVersion]:
        revised[version.document_id].add(version.made_in)
    return {
        row.number: max(
            changed_in
            for changed_in in changes[row.number] | revised[row.document_id]
            if changed_in <= recording
        )
        for row in tables[Journal]
        if min(changes[row.number] - {0}) <= recording
    }


def _settled_journals(
    schedules: list[Any], movements: list[Any]
) -> dict[int, Day | None]:
    """When each journal's families are settled, by the movements themselves."""
    family_of = {
        schedule.id: schedule.family_id or schedule.id for schedule in schedules
    }
    open_: dict[int, Counter[Role]] = defaultdict(Counter)
    last_day: dict[int, Day] = defaultdict(int)
    for row in movements:
        family = family_of[row.schedule_id]
        open_[family][Role(row.debit_role)] += row.amount
        open_[family][Role(row.credit_role)] -= row.amount
        last_day[family] = max(last_day[family], row.last_day)
    settled: dict[int, Day | None] = {}
    for row in movements:
        family = family_of[row.schedule_id]
        before = settled.get(row.journal, 0)
        is_open = open_[family][Role.DEFERRED] or open_[family][Role.UNBILLED]
        never = before is None or is_open
        settled[row.journal] = None if never else max(before or 0, last_day[family])
    return settled


def _deferred(
    family_of: Mapping[int, int], movements: list[Any]
) -> dict[int, Counter[Day]]:
    """What each family changes Deferred by, day by day."""
    changes: dict[int, Counter[Day]] = defaultdict(Counter)
    for row in movements:
        sign = _on_deferred(row) // row.amount
        for day, amount in shares(value_of(row)):
            changes[family_of[row.schedule_id]][day] += sign * amount
    return changes


def _on_deferred(row: JournalMovement) -> int:
    """What a movement adds to Deferred."""
    sign = (row.credit_role == Role.DEFERRED) - (row.debit_role == Role.DEFERRED)
    return sign * row.amount


@pytest.fixture(scope="module")
async def history(module_database: Database) -> History:
    """A ledger with a history, which no test changes."""
    return await make_history(module_database)


async def make_history(database: Database) -> History:
    """Fill a new database with that."""
    return History(database, await filled_new(database, _record_history))


async def _record_history(database: Database) -> Pin:
    """Invoices of three customers and credits on them, recorded over a year."""
    half = ("2025-01-20", "2025-06-11")
    point = terms("9.99", None, method=Method.POINT_IN_TIME, recognized_on="2025-05-01")
    await record(
        database,
        invoice("inv_1", line("1"), line("2", product="p2", product_name="Ärger")),
        invoice("inv_2", line(its_terms=terms("0.31", half)), customer="Zed"),
        invoice("eur", currency="EUR"),
    )
    await record(
        database,
        invoice(
            "inv_3",
            line("1", product="50%_off", its_terms=terms("-80.00", half)),
            line("2", product="p2", its_terms=point),
            customer="ÄB",
            customer_name="Große Acme",
            accounting_date="2025-03-03",
        ),
        on="2025-03-03",
    )
    for number, (day, amount, recorded_on) in enumerate(
        [
            ("2025-04-01", "300.00", "2025-04-01"),
            ("2025-02-10", "200.00", "2025-05-17"),
            ("2025-08-31", "690.00", "2025-08-30"),
        ]
    ):
        note = credit_note(f"cn_{number}", credited_line(amount), accounting_date=day)
        await record(database, note, on=recorded_on)
    await _later(database)
    return await pin(database, on="2025-06-30")


async def _later(database: Database) -> None:
    """What changes, moves and renames what was recorded, after all that."""
    quarter = ("2025-01-16", "2025-04-15")
    await record(database, billing_schedule(), on="2025-09-01")
    bill = invoice(
        "inv_bs",
        line(its_terms=terms("620.00", ("2025-02-01", "2025-02-28"))),
        accounting_date="2025-03-01",
        billing_schedule_id="bs_1",
    )
    used = usage_line("u", "6.00", usage={"2025-02-03": "3.00", "2025-02-04": "3.00"})
    await record(
        database, bill, invoice("inv_u", used, customer="Zed"), on="2025-09-02"
    )
    await lock(database, "2025-02-28", on="2025-09-03")
    late = invoice("inv_late", line(its_terms=terms("90.00", quarter)))
    short = invoice("inv_2", line(its_terms=terms("0.62", quarter)), customer="Zed")
    renumbered = replace(short, number="Renumbered")
    await record(database, late, renumbered, on="2025-09-04")
    renamed = invoice(
        "inv_new",
        line(product="p2", product_name="Renamed"),
        customer="ÄB",
        customer_name="Kleine Acme",
    )
    await record(database, renamed, on="2025-09-05")
    await record(database, voided(late), on="2025-09-06")


YEAR = (parse_day("2024-12-15"), parse_day("2026-01-15"))
posting_days = st.none() | st.integers(*YEAR)


@st.composite
def filters(draw: st.DrawFn) -> JournalFilter:
    """Any filter; often on whole months, for which totals have a way of their own."""
    first = draw(posting_days)
    few = st.none() if first is None else st.integers(first, first + 3)
    last = draw(posting_days | few)
    if first is not None and last is not None and first > last:
        first, last = last, first
    if first is not None and draw(st.booleans()):
        first = first_day_of(month_of(first))
    if last is not None and draw(st.booleans()):
        last = last_day_of(month_of(last))
    numbers = st.none() | st.none() | st.integers(1, 5)
    texts = ["", " ", "ACME", "inv_", "%", "_", "/", "p2", "Ärger", "große", "ÄB", "7"]
    texts += ["renamed", "kleine", "Renumbered"]
    return JournalFilter(
        posted_from=first,
        posted_to=last,
        sources=draw(st.none() | st.sets(st.sampled_from(SourceKind)).map(tuple)),
        customer_id=draw(numbers),
        product_id=draw(numbers),
        document_id=draw(numbers),
        billing_schedule_id=draw(st.none() | st.none() | st.integers(6, 9)),
        shifted=draw(st.none() | st.none() | st.booleans()),
        revised=draw(st.none() | st.none() | st.booleans()),
        voided=draw(st.none() | st.none() | st.booleans()),
        partly_scheduled=draw(st.none() | st.none() | st.booleans()),
        excludes_recognized=draw(st.booleans()),
        account=draw(st.none() | st.none() | st.sampled_from(Role)),
        column=draw(st.none() | st.none() | st.sampled_from(Column)),
        against=draw(st.none() | st.sets(st.sampled_from(Role)).map(tuple)),
        deferred_on=draw(st.none() | posting_days),
        unscheduled=draw(st.booleans()),
        changed_after=draw(st.none() | st.none() | st.integers(0, RECORDINGS)),
        on=draw(posting_days),
        include_scheduled=draw(st.booleans()),
        search=draw(st.none() | st.none() | st.sampled_from(texts)),
    )


def lets_pass(wanted: JournalFilter, at: Pin, known: Known) -> bool:
    """What each field of a filter says, one after the other."""
    journal, _, day, debit, credit, _ = known.entry
    divide = at.today if wanted.on is None else wanted.on
    return all(
        [
            wanted.posted_from is None or day >= wanted.posted_from,
            wanted.posted_to is None or day <= wanted.posted_to,
            wanted.sources is None or known.source in wanted.sources,
            wanted.customer_id in {None, known.customer_id},
            wanted.product_id in {None, known.product_id},
            wanted.document_id in {None, known.document_id},
            wanted.billing_schedule_id in {None, known.document_id, known.parent_id},
            wanted.shifted in {None, known.is_moved},
            wanted.revised in {None, known.is_revised},
            wanted.voided in {None, known.is_voided},
            wanted.partly_scheduled in {None, known.days[0] <= divide < known.days[1]},
            not wanted.excludes_recognized
            or known.settled_on is None
            or known.settled_on > divide,
            wanted.account in {None, debit, credit},
            wanted.column
            in {
                None,
                column_of((debit, credit), SourceKind(known.source), known.cause),
            },
            wanted.account is None
            or wanted.against is None
            or (debit if wanted.account == credit else credit) in wanted.against,
            wanted.deferred_on is None
            or not wanted.unscheduled
            or sum(
                amount
                for (product_id, document_id), amount in known.kept.items()
                if wanted.product_id in {None, product_id}
                and wanted.document_id in {None, document_id}
            ),
            wanted.deferred_on is None
            or sum(
                change
                for changed_on, change in known.deferred.items()
                if changed_on <= wanted.deferred_on
            ),
            wanted.changed_after is None or known.changed_in > wanted.changed_after,
            wanted.include_scheduled or day <= divide,
            finds(wanted.search or "", journal, known.texts),
        ]
    )


def finds(search: str, journal: int, texts: list[str]) -> bool:
    text = search.strip()
    contained = any(ascii_lower(text) in ascii_lower(one) for one in texts)
    return contained or text == str(journal)


def ascii_lower(text: str) -> str:
    return "".join(one.lower() if one.isascii() else one for one in text)
