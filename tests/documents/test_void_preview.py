"""What a void's preview says is what the void then posts, and drops."""

from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import func, select

from daybook.calendar import day_text, month_of, parse_day
from daybook.db.engine import Database
from daybook.documents.actions import void_document
from daybook.documents.rules import Document
from daybook.documents.void_preview import VoidPreview, preview_void
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.models import JournalMovement, Recording
from daybook.ledger.rules import Cause, Role, SourceKind
from daybook.recognition.rules import Treatment
from daybook_factories import (
    ORGANISATION,
    billing_schedule,
    burn_down_line,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    noon,
    prepayment_line,
    record,
    terms,
    usage_line,
    usd,
)
from daybook_oracle import PAIRS
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_stored import dump, posted

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

Changes = Counter[tuple[int, Role, Role]]
"""Amounts by posting month, between two accounts."""

YEARLY = invoice("inv_1", line(its_terms=terms("12,000.00")))
USAGE = usage_line("2", "90.00", usage={"2025-01-10": "50.00", "2025-03-10": "40.00"})
CASES: dict[str, tuple[Document, list[Document]]] = {
    "in advance": (YEARLY, []),
    "inside its period": (invoice(accounting_date="2025-04-10"), []),
    "lines": (
        invoice(
            "inv_1",
            line("1"),
            USAGE,
            milestone_line(
                ("m1", "70.00", "2025-02-10"), ("m2", "30.00", None), id="3"
            ),
            discount="100.00",
        ),
        [],
    ),
    "a billing schedule's": (
        invoice(accounting_date="2025-02-20", billing_schedule_id="bs_1"),
        [billing_schedule("bs_1")],
    ),
    "paid by a grant": (
        invoice("inv_1", USAGE, burn_down_line("60.00", USAGE)),
        [invoice("inv_0", prepayment_line())],
    ),
    "a credit": (credit_note("cn_1", credited_line("2,000.00")), [YEARLY]),
    "a credit, rebuilt": (
        credit_note(
            "cn_1",
            credited_line("2,000.00"),
            accounting_date="2025-03-01",
            treatment=Treatment.REBUILD,
        ),
        [YEARLY],
    ),
    "a credit alone": (credit_note("cn_1", line(), invoice_id=None), []),
}


async def previewed(database: Database, document: Document, on: str) -> VoidPreview:
    """The preview at noon of a day."""
    async with database.reads() as session:
        return await preview_void(
            session, ORGANISATION, document.kind, document.id, now=at_noon(on)
        )


def at_noon(on: str) -> datetime:
    """Noon of a day."""
    return noon(parse_day(on))


async def void(database: Database, document: Document, on: str) -> None:
    """Void a document at noon of a day."""
    await void_document(
        database, ORGANISATION, document.kind, document.id, now=at_noon(on)
    )


async def nets(database: Database) -> Changes:
    """What is posted and scheduled by month."""
    found: Changes = Counter()
    for (_, _, day, debit, credit), amount in (await posted(database)).items():
        found[month_of(day), debit, credit] += amount
    return found


async def posted_by_the_void(database: Database) -> Changes:
    """The rows of the last recording whose cause is the void, by month."""
    its, found = JournalMovement, Counter[tuple[int, Role, Role]]()
    async with database.reads() as session:
        last = await session.scalar(select(func.max(Recording.number)))
        rows = await session.execute(
            select(its.debit_role, its.credit_role, its.amount, its.first_day).where(
                its.recorded_in == last, its.cause == Cause.VOID
            )
        )
        for debit, credit, amount, day in rows:
            add(found, month_of(day), Role(debit), Role(credit), amount)
    return found


def of_preview(*amounts: tuple[int, int, Role, Role, int]) -> Changes:
    """A preview's amounts, summed in the same way."""
    found: Changes = Counter()
    for first_day, last_day, debit, credit, amount in amounts:
        assert month_of(first_day) == month_of(last_day)
        assert first_day <= last_day
        add(found, month_of(first_day), debit, credit, amount)
    return found


def add(found: Changes, month: int, debit: Role, credit: Role, amount: int) -> None:
    """Count an amount in the direction that it usually goes."""
    is_usual = (debit, credit) in PAIRS
    pair = (debit, credit) if is_usual else (credit, debit)
    found[month, *pair] += amount if is_usual else -amount


def nonzero(changes: Changes) -> dict[tuple[int, Role, Role], int]:
    """Without what cancels out."""
    return {key: amount for key, amount in changes.items() if amount}


@pytest.mark.parametrize("case", CASES)
async def test_what_is_previewed_is_posted(
    new_database: NewDatabase, case: str
) -> None:
    document, before = CASES[case]
    for through in (None, "2025-01-31", "2025-07-31"):
        for on in ("2025-06-15", "2026-02-01"):
            database = Database(new_database(), AT_ANY_TIME)
            for each in (*before, document):
                await record(database, each)
            if through is not None:
                await lock(database, through)
            stood = await nets(database)

            preview = await previewed(database, document, on)
            await void(database, document, on)

            changed = Counter(await nets(database))
            changed.subtract(stood)
            told = of_preview(*preview.posted)
            assert nonzero(told) == nonzero(await posted_by_the_void(database))
            told.update(of_preview(*preview.scheduled))
            assert nonzero(told) == nonzero(changed), (case, through, on)
            assert all(each.amount > 0 for each in preview.posted)
            last = await previewed(database, document, on)
            assert (last.posted, last.scheduled) == ((), ())
            await database.close()


async def test_it_says_what_is_taken_back_and_what_is_dropped(
    database: Database,
) -> None:
    """1,200.00 for a year of which two months were recognized by 28 February."""
    await record(database, invoice())
    before = await dump(database)

    preview = await previewed(database, invoice(), "2025-02-28")

    assert [shown(each) for each in preview.posted] == [
        "2025-01-01 … 2025-01-01 Dr DEFERRED Cr BILLED 120000",
        "2025-01-01 … 2025-01-31 Dr RECOGNIZED Cr DEFERRED 10000",
        "2025-02-01 … 2025-02-28 Dr RECOGNIZED Cr DEFERRED 10000",
    ]
    assert preview.posted_pairs == {
        (Role.DEFERRED, Role.BILLED): usd("1200.00"),
        (Role.RECOGNIZED, Role.DEFERRED): usd("200.00"),
    }
    assert [shown(each) for each in preview.scheduled][:2] == [
        "2025-03-01 … 2025-03-31 Dr DEFERRED Cr RECOGNIZED -10000",
        "2025-04-01 … 2025-04-30 Dr DEFERRED Cr RECOGNIZED -10000",
    ]
    assert sum(each.amount for each in preview.scheduled) == -usd("1000.00")
    assert await dump(database) == before


async def test_behind_a_lock_all_is_taken_back_on_the_first_open_day(
    database: Database,
) -> None:
    await record(database, invoice())
    await lock(database, "2025-02-28")

    preview = await previewed(database, invoice(), "2025-03-01")

    assert [shown(each) for each in preview.posted] == [
        "2025-03-01 … 2025-03-01 Dr DEFERRED Cr BILLED 120000",
        # With 1 March's own 3.23.
        "2025-03-01 … 2025-03-01 Dr RECOGNIZED Cr DEFERRED 20323",
    ]
    first = preview.scheduled[0]
    assert shown(first) == "2025-03-02 … 2025-03-31 Dr DEFERRED Cr RECOGNIZED -9677"


@pytest.mark.parametrize(
    ("kind", "external_id", "code"),
    [
        (SourceKind.INVOICE, "inv_1", ProblemCode.IN_USE),
        (SourceKind.INVOICE, "inv_9", ProblemCode.NOT_FOUND),
        (SourceKind.BILLING_SCHEDULE, "bs_1", ProblemCode.INVALID_VALUE),
    ],
)
async def test_it_refuses_what_the_void_would(
    database: Database, kind: SourceKind, external_id: str, code: ProblemCode
) -> None:
    await record(database, invoice(), credit_note(), billing_schedule("bs_1"))
    now = at_noon("2025-01-01")

    async with database.reads() as session:
        with pytest.raises(Rejected) as refused:
            await preview_void(session, ORGANISATION, kind, external_id, now=now)
    with pytest.raises(Rejected) as voiding:
        await void_document(database, ORGANISATION, kind, external_id, now=now)

    assert refused.value.problems == voiding.value.problems
    assert [problem.code for problem in refused.value.problems] == [code]


def shown(amount: tuple[int, int, Role, Role, int]) -> str:
    """An amount of the preview as a line."""
    first, last, debit, credit, minor = amount
    days = f"{day_text(first)} … {day_text(last)}"
    return f"{days} Dr {debit.name} Cr {credit.name} {minor}"
