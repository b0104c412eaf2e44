"""Manual journals, written as rows: no command makes them yet, and all readers do.

A journal and its movements go through the same planning and writing as an import's, in
a recording that an audit record tells of.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

from daybook.audit.commands import append_audit_record
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.calendar import parse_day
from daybook.db.digests import OPENING_JOURNALS, written
from daybook.db.engine import Database, WriteSession
from daybook.db.fast.bulk import insert_rows, table_rows
from daybook.documents.models import StoredDocument
from daybook.ledger.commands import (
    lock_organisation,
    open_ledger,
    start_recording,
    write_journals,
)
from daybook.ledger.models import Customer, Journal, Product
from daybook.ledger.posting import Posting, PostingStart, plan_journals
from daybook.ledger.rules import Movement, Role, Sides, SourceKind
from daybook_factories import ORGANISATION, invoice, line, noon, record, usd

STANDALONE = int(SourceKind.STANDALONE)


class Moved(NamedTuple):
    """What goes from one account to another on a day, and the sides' own products."""

    debit: Role
    credit: Role
    amount: str
    day: str
    debit_product: str | None = None
    credit_product: str | None = None


async def record_manual(  # noqa: PLR0913  (a journal's own fields)
    database: Database,
    id_: str,
    *moved: Moved,
    customer: str | None = None,
    product: str | None = None,
    is_opening: bool = False,
    on: str = "2025-03-20",
) -> None:
    """Record a manual journal; customers and products are named by their own ids."""
    now = noon(parse_day(on))
    async with database.writes() as session:
        organisation = await lock_organisation(session, ORGANISATION)
        ledger = await open_ledger(session, organisation, "USD")
        made = await start_recording(
            session, organisation, ledger, now=now, reason="test", made_by="a test"
        )
        ledger.documents += 1
        day = parse_day(moved[0].day)
        customer_id = await _number(session, Customer, customer)
        document = (
            *(ledger.id, ledger.documents, STANDALONE, id_, id_.upper(), customer_id),
            *(day, day, None, b"", made.number, 1, 0, None),
        )
        rows = table_rows(StoredDocument, [document])
        written(session).note(ledger.id, made.number, rows)
        await insert_rows(session, rows)
        posting = Posting(
            *(ledger.documents, customer_id, await _number(session, Product, product)),
            *(STANDALONE, None, None),
            (customer or "", product or "", id_, STANDALONE),
            (),
            sided=await _sided(session, moved),
        )
        start = PostingStart(ledger.id, made.number, ledger.journals)
        planned = plan_journals(start, [posting])
        if is_opening:
            opening = [(*row, True) for row in planned.tables[0]]
            planned.tables[0] = table_rows(Journal, opening)
            planned.tables[0].name = OPENING_JOURNALS
        ledger.journals = planned.last_journal
        await write_journals(session, planned)
        await append_audit_record(
            session,
            organisation,
            now=now,
            made_by="a test",
            action=Action.IMPORT,
            subject=Subject(SubjectKind.STANDALONE, id_),
            details={"journals": 1},
            recordings=[(ledger.id, made.number)],
        )


async def _sided(
    session: WriteSession, moved: Sequence[Moved]
) -> list[tuple[Movement, Sides]]:
    found = []
    for one in moved:
        day, amount = parse_day(one.day), usd(one.amount)
        sides = Sides(
            await _number(session, Product, one.debit_product),
            await _number(session, Product, one.credit_product),
        )
        movement = Movement(one.debit, one.credit, amount, amount, day, day)
        found.append((movement, sides))
    return found


async def _number(
    session: WriteSession, kind: Any, external_id: str | None
) -> int | None:
    if external_id is None:
        return None
    wanted = select(kind.id).where(kind.external_id == external_id)
    return int((await session.scalars(wanted)).one())


WORDS = {
    "MJ_1": "Manual journal: deferred revenue debited, recognized revenue credited",
    "MJ_2": "Manual journal: recognized revenue of Platform debited, recognized revenue"
    " of Seats credited",
    "MJ_3": "Manual journal: billed revenue debited, recognized revenue credited",
}
"""What reports say of the movements of `a_ledger_with_manual_journals`."""


async def a_ledger_with_manual_journals(database: Database) -> None:
    """Two invoices of two products, and three manual journals of March 2025.

    `mj_1` is of no customer and no product; `mj_2` moves revenue from one product to
    another; `mj_3` is of a customer and no product.
    """
    seats = line(product="prod_2", product_name="Seats")
    await record(database, invoice("inv_1"), invoice("inv_2", seats))
    await record_manual(
        database,
        "mj_1",
        Moved(Role.DEFERRED, Role.RECOGNIZED, "50.00", "2025-03-15"),
        Moved(Role.UNBILLED, Role.RECOGNIZED, "7.00", "2025-04-02"),
    )
    reclassified = ("100.00", "2025-03-15", "prod_1", "prod_2")
    await record_manual(
        database,
        "mj_2",
        Moved(Role.RECOGNIZED, Role.RECOGNIZED, *reclassified),
        customer="cus_1",
    )
    await record_manual(
        database,
        "mj_3",
        Moved(Role.BILLED, Role.RECOGNIZED, "25.00", "2025-03-31"),
        customer="cus_1",
    )
