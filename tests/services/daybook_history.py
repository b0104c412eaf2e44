"""A ledger with a history, every entry of it read row by row, and any filter on it."""

from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from sqlalchemy import select

from daybook.calendar import Day, first_day_of, last_day_of, month_of, parse_day
from daybook.db.engine import Database
from daybook.documents.models import StoredDocument
from daybook.ledger.filters import JournalFilter, Pin
from daybook.ledger.models import Customer, Journal, JournalMovement, Product
from daybook.ledger.queries import value_of
from daybook.ledger.rules import Role, SourceKind, shares
from daybook.recognition.rules import Method
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    pin,
    record,
    terms,
)

RECORDINGS = 5
"""How many recordings the history has in its ledger of dollars."""

# The history is made once for each test; the examples only read it.
reads = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Known(NamedTuple):
    """An entry with all that a filter may ask of it."""

    entry: tuple[int, int, Day, Role, Role, int]
    source: int
    customer_id: int
    product_id: int
    document_id: int
    texts: list[str]


class History(NamedTuple):
    """A database with a ledger in it, and its last recording."""

    database: Database
    pin: Pin

    async def known(self, recording: int) -> list[Known]:
        """Every entry that was in force at a recording, read row by row."""
        async with self.database.reads() as session:
            customers = {one.id: one for one in await session.scalars(select(Customer))}
            products = {one.id: one for one in await session.scalars(select(Product))}
            documents = {
                one.id: one
                for one in await session.scalars(
                    select(StoredDocument).where(
                        StoredDocument.ledger_id == self.pin.ledger_id
                    )
                )
            }
            journals = {
                one.number: one
                for one in await session.scalars(
                    select(Journal).where(Journal.ledger_id == self.pin.ledger_id)
                )
            }
            movements = await session.scalars(
                select(JournalMovement)
                .where(JournalMovement.ledger_id == self.pin.ledger_id)
                .order_by(JournalMovement.journal, JournalMovement.seq)
            )
            return [
                Known(
                    (row.journal, row.seq, day, Role(row.debit_role), *rest),
                    *(journal.source, journal.customer_id, journal.product_id),
                    journal.document_id,
                    [
                        customers[journal.customer_id].name,
                        customers[journal.customer_id].external_id,
                        products[journal.product_id].name,
                        products[journal.product_id].external_id,
                        documents[journal.document_id].number,
                        documents[journal.document_id].external_id,
                    ],
                )
                for row in movements
                if row.recorded_in <= recording
                and (row.superseded_in is None or row.superseded_in > recording)
                for journal in [journals[row.journal]]
                for day, amount in shares(value_of(row))
                for rest in [(Role(row.credit_role), amount)]
            ]


@pytest.fixture
async def history(database: Database) -> History:
    """A ledger with a history."""
    return await make_history(database)


async def make_history(database: Database) -> History:
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
    return History(database, await pin(database, on="2025-06-30"))


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
    return JournalFilter(
        posted_from=first,
        posted_to=last,
        sources=draw(st.none() | st.sets(st.sampled_from(SourceKind)).map(tuple)),
        customer_id=draw(numbers),
        product_id=draw(numbers),
        document_id=draw(numbers),
        on=draw(posting_days),
        include_scheduled=draw(st.booleans()),
        search=draw(st.none() | st.none() | st.sampled_from(texts)),
    )


def lets_pass(wanted: JournalFilter, at: Pin, known: Known) -> bool:
    """What each field of a filter says, one after the other."""
    journal, _, day, *_ = known.entry
    divide = at.today if wanted.on is None else wanted.on
    return all(
        [
            wanted.posted_from is None or day >= wanted.posted_from,
            wanted.posted_to is None or day <= wanted.posted_to,
            wanted.sources is None or known.source in wanted.sources,
            wanted.customer_id in {None, known.customer_id},
            wanted.product_id in {None, known.product_id},
            wanted.document_id in {None, known.document_id},
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
