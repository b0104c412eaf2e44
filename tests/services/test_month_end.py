"""The company of the month's close has the figures that the stories about it name."""

import io
import json
from collections import Counter

import pytest

from daybook.adjustments.deciding import approve
from daybook.calendar import Day, day_text, parse_day
from daybook.db.engine import Database
from daybook.documents.reading.files import read_stream
from daybook.documents.rules import Document
from daybook.ledger.rules import Role
from daybook.money import amount_text
from daybook_adjusting import moment
from daybook_books import Books
from daybook_factories import ORGANISATION, lock, record
from daybook_month_end import (
    ADA,
    LATE_DOCUMENTS,
    OCTOBER_FILE,
    MonthEnd,
    fill_month_end,
    yearly,
)
from daybook_oracle import Net, sum_of, without_zeros
from daybook_stored import Posted, posted

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

TODAY, OCTOBER_31 = "2026-11-03", "2026-10-31"
DAYS = ("2026-09-30", OCTOBER_31, "2026-11-01")
TOMS_JOURNAL: Net = {(parse_day(OCTOBER_31), Role.DEFERRED, Role.RECOGNIZED): 100_00}

Balances = dict[str, list[str]]
"""Each account on its normal side after each of `DAYS`; without those of nothing."""


def balances(net: Net) -> Balances:
    """What the accounts come to."""
    found = {}
    for role in Role:
        by_day = [_balance(net, role, day) for day in DAYS]
        if any(by_day):
            found[role.name] = [amount_text(amount, "USD") for amount in by_day]
    return found


def _balance(net: Net, role: Role, on: str) -> int:
    debits = sum(
        amount * ((debit is role) - (credit is role))
        for (day, debit, credit), amount in net.items()
        if day_text(day) <= on
    )
    return debits if role.is_debit_normal else -debits


async def posted_net(database: Database) -> Net:
    """What the ledger's accounts got on each day."""
    return _by_day(await posted(database))


def net_of_books(books: Books, *others: Net) -> Net:
    """The same by the rules."""
    return sum_of([_by_day(books.postings.posted), *others])


def _by_day(amounts: Posted) -> Net:
    """Of all documents and products together."""
    net: Counter[tuple[Day, Role, Role]] = Counter()
    for (_, _, day, debit, credit), amount in amounts.items():
        net[day, debit, credit] += amount
    return without_zeros(net)


def documents_of(text: str) -> list[Document]:
    """The documents of a file."""
    stream = io.BytesIO(text.encode())
    return list(read_stream(stream, None, bytes_max=10_000).documents)


def late_documents() -> list[Document]:
    """The documents that come once October is locked."""
    return documents_of("\n".join(map(json.dumps, LATE_DOCUMENTS)))


async def approve_as_ada(database: Database, company: MonthEnd) -> None:
    """Approve Tom's journal."""
    await approve(
        *(database, ORGANISATION, company.journal),
        version=1,
        user_id=company.users[ADA],
        now=moment(TODAY),
    )


async def test_before_the_close_one_invoice_is_all_there_is(database: Database) -> None:
    await fill_month_end(database)

    books = Books()
    books.record(yearly())
    net = await posted_net(database)
    assert net == net_of_books(books)
    assert balances(net) == {
        "BILLED": ["12000.00", "12000.00", "12000.00"],
        "DEFERRED": ["3000.00", "2000.00", "1966.67"],
        "RECOGNIZED": ["9000.00", "10000.00", "10033.33"],
    }


async def test_the_file_and_the_journal_bring_what_october_closes_with(
    database: Database,
) -> None:
    company = await fill_month_end(database)
    await record(database, *documents_of(OCTOBER_FILE), on=TODAY)
    await approve_as_ada(database, company)

    books = Books()
    books.record(yearly())
    books.lock(parse_day("2026-09-30"))
    books.record(*documents_of(OCTOBER_FILE))
    net = await posted_net(database)
    assert net == net_of_books(books, TOMS_JOURNAL)
    assert balances(net) == {
        "BILLED": ["12000.00", "21000.00", "21000.00"],
        "DEFERRED": ["3000.00", "9100.00", "9026.67"],
        "RECOGNIZED": ["9000.00", "11900.00", "11973.33"],
    }


async def test_what_comes_behind_the_lock_leaves_october_as_it_was(
    database: Database,
) -> None:
    company = await fill_month_end(database)
    await record(database, *documents_of(OCTOBER_FILE), on=TODAY)
    await approve_as_ada(database, company)
    await lock(database, OCTOBER_31, on=TODAY)
    await record(database, *late_documents(), on=TODAY)

    books = Books()
    books.record(yearly())
    books.lock(parse_day("2026-09-30"))
    books.record(*documents_of(OCTOBER_FILE))
    books.lock(parse_day(OCTOBER_31))
    books.record(*late_documents())
    net = await posted_net(database)
    assert net == net_of_books(books, TOMS_JOURNAL)
    # October is locked: the credit takes effect on 1 November, whose 6.67 become 6.30,
    # and the invoice of October is billed and earned on that day.
    assert balances(net) == {
        "BILLED": ["12000.00", "21000.00", "21190.00"],
        "DEFERRED": ["3000.00", "9100.00", "8907.04"],
        "RECOGNIZED": ["9000.00", "11900.00", "12282.96"],
    }
