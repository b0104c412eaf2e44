"""The tie-out: what differs between ledger, posted files and balances is located."""

import pytest
from sqlalchemy import event

from daybook.calendar import parse_day, parse_month
from daybook.closing.located import differing_journals
from daybook.closing.posted_files import TargetFiles, posted_by_target
from daybook.closing.rules import FindingKind
from daybook.db.engine import Database, ReadSession
from daybook.documents.rules import Document
from daybook.exports.formats.xero import XERO
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.journals.filters import JournalFilter
from daybook_closing import (
    TODAY,
    balances_of,
    entered,
    findings_of,
    is_explained,
    months_of,
    tied,
)
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    noon,
    pin,
    record,
    terms,
    usd,
    voided,
)
from daybook_manual import Moved, record_manual
from daybook_posted import days, made, mark, undo

pytestmark = pytest.mark.anyio

SEPTEMBER, OCTOBER = days("2025-09-01", "2025-09-30"), days("2025-10-01", "2025-10-31")
QUARTER = ("2025-09-01", "2025-11-30")
"""300.00: 100.00 in each month."""


def sold(
    id_: str = "inv_1", amount: str = "300.00", customer: str = "cus_1"
) -> Document:
    its_terms = terms(amount, QUARTER, accounting_date="2025-09-01")
    return invoice(
        id_,
        line(its_terms=its_terms),
        customer=customer,
        accounting_date="2025-09-01",
    )


async def posted(
    database: Database,
    *filters: JournalFilter,
    since: int | None = None,
    on: str = "2025-10-15",
) -> list[int]:
    """Make files and mark them as posted; their numbers."""
    numbers = []
    for wanted in filters:
        at, now = await pin(database, on=TODAY), noon(parse_day(on))
        number = await made(database, wanted, its_pin=at, since=since, now=now)
        await mark(database, number, f"MJ-{number}", confirm=True, now=now)
        numbers.append(number)
    return numbers


@pytest.fixture
async def ledger(database: Database) -> Database:
    """Two invoices of 300.00 over three months, both billed on 1 Sep."""
    await record(database, sold(), sold("inv_2", customer="cus_2"), on="2025-09-01")
    return database


async def test_without_posted_files_the_ledger_is_not_exported(
    ledger: Database,
) -> None:
    found = await tied(ledger)

    assert months_of(found, Role.DEFERRED, "") == {
        "2025-09": (400_00, 0, 400_00, 0),
        "2025-10": (-200_00, 0, -200_00, 0),
    }
    assert found.findings == ()
    assert found.holds


async def test_what_is_after_the_last_file_is_not_exported_yet(
    ledger: Database,
) -> None:
    await posted(ledger, SEPTEMBER)

    found = await tied(ledger)

    assert months_of(found, Role.DEFERRED) == {
        "2025-09": (400_00, 400_00, 0, 0),
        "2025-10": (-200_00, 0, -200_00, 0),
    }
    (finding,) = found.findings
    assert finding.kind is FindingKind.NOT_EXPORTED
    assert finding.message == (
        "entries after 30 Sep 2025 are in no file that is posted in the general"
        " ledger, from October 2025 on"
    )
    assert found.holds


async def test_files_of_all_days_tie(ledger: Database) -> None:
    await posted(ledger, SEPTEMBER, OCTOBER)

    found = await tied(ledger)

    assert months_of(found, Role.RECOGNIZED) == {
        "2025-09": (200_00, 200_00, 0, 0),
        "2025-10": (200_00, 200_00, 0, 0),
    }
    assert found.findings == ()
    assert found.holds
    mid_month = await tied(ledger, "2025-10-15")
    assert months_of(mid_month, Role.RECOGNIZED)["2025-10"] == (96_90, 96_90, 0, 0)


async def test_a_file_that_is_posted_twice_is_found(ledger: Database) -> None:
    await posted(ledger, SEPTEMBER, days("2025-09-15", "2025-10-31"))

    found = await tied(ledger)

    # 16 of 30 days are in both files: 53.38 of 100.00 for each invoice.
    assert months_of(found, Role.RECOGNIZED)["2025-09"] == (
        *(200_00, 306_76, 0, -106_76),
    )
    doubled = findings_of(found, FindingKind.DOUBLED)
    recognized = [its for its in doubled if its.role is Role.RECOGNIZED]
    assert [its.amount for its in recognized] == [-53_38, -53_38]
    assert [its.customer_id for its in recognized] == [1, 2]
    first = recognized[0]
    assert (first.month, first.journal) == (parse_month("2025-09"), 1)
    assert first.file is not None and first.file.record.number == 1
    assert first.message == (
        "journal 1 is in file 1 (MJ-1) and in file 2 (MJ-2) too: Recognized -53.38;"
        " reverse one of them in the target and undo its posting"
    )
    assert found.finding_counts == {FindingKind.DOUBLED: 4}
    assert is_explained(found)
    assert not found.holds


async def test_a_day_between_two_files_is_missing(ledger: Database) -> None:
    await posted(ledger, SEPTEMBER, days("2025-10-01", "2025-10-14"))
    await posted(ledger, days("2025-10-16", "2025-10-31"))

    found = await tied(ledger)

    # The 15th: 3.23 of each invoice.
    assert months_of(found, Role.RECOGNIZED)["2025-10"] == (200_00, 193_54, 0, 6_46)
    assert months_of(found, Role.DEFERRED)["2025-10"][3] == -6_46
    missing = findings_of(found, FindingKind.MISSING)
    assert {(its.role, its.amount) for its in missing} == {
        (Role.DEFERRED, -3_23),
        (Role.RECOGNIZED, 3_23),
    }
    assert {its.file for its in missing} == {None}
    assert found.finding_counts == {FindingKind.MISSING: 4}
    assert is_explained(found)


async def test_a_journal_that_changed_since_is_named(ledger: Database) -> None:
    await posted(ledger, SEPTEMBER)
    await record(ledger, voided(sold("inv_2", customer="cus_2")), on="2025-10-16")

    found = await tied(ledger)

    assert months_of(found, Role.DEFERRED)["2025-09"] == (
        *(200_00, 400_00, 0, -200_00),
    )
    changed = findings_of(found, FindingKind.CHANGED)
    assert {(its.role, its.amount, its.customer_id) for its in changed} == {
        (Role.BILLED, -300_00, 2),
        (Role.DEFERRED, -200_00, 2),
        (Role.RECOGNIZED, -100_00, 2),
    }
    assert changed[0].message == (
        "journal 2 was changed after file 1 (MJ-1): Billed -300.00; post the"
        " difference to that file"
    )
    assert is_explained(found)


async def test_the_posted_difference_ties_again(ledger: Database) -> None:
    (first,) = await posted(ledger, SEPTEMBER)
    await record(ledger, voided(sold("inv_2", customer="cus_2")), on="2025-10-16")
    await posted(ledger, SEPTEMBER, since=first, on="2025-10-17")

    found = await tied(ledger, "2025-09-30")

    assert months_of(found, Role.DEFERRED) == {"2025-09": (200_00, 200_00, 0, 0)}
    assert found.findings == ()


async def test_an_invoice_that_came_late_is_missing_in_its_file(
    ledger: Database,
) -> None:
    await posted(ledger, SEPTEMBER)
    await record(ledger, sold("inv_3", "30.00", "cus_3"), on="2025-10-16")

    found = await tied(ledger, "2025-09-30")

    missing = findings_of(found, FindingKind.MISSING)
    assert {(its.role, its.amount) for its in missing} == {
        (Role.BILLED, 30_00),
        (Role.DEFERRED, 20_00),
        (Role.RECOGNIZED, 10_00),
    }
    assert missing[0].message == (
        "journal 7 is not in file 1 (MJ-1), which ends on or after its days: Billed"
        " 30.00; post the difference to that file"
    )
    assert {its.document_id for its in missing} == {3}


async def test_each_target_takes_the_whole_ledger(ledger: Database) -> None:
    await posted(ledger, SEPTEMBER)
    at = await pin(ledger, on=TODAY)
    number = await made(ledger, JournalFilter(customer_id=1), XERO, its_pin=at)
    await mark(ledger, number, "MJ-X", confirm=True)  # MJ-1 is another system's

    found = await tied(ledger, "2025-09-30")

    assert months_of(found, Role.RECOGNIZED) == {"2025-09": (200_00, 200_00, 0, 0)}
    assert months_of(found, Role.RECOGNIZED, "XERO") == {
        "2025-09": (200_00, 100_00, 0, 100_00)
    }
    missing = findings_of(found, FindingKind.MISSING)
    assert {(its.target, its.customer_id) for its in missing} == {("XERO", 2)}


async def test_a_balance_wrong_by_a_cent_is_found_and_located(
    ledger: Database,
) -> None:
    await posted(ledger, SEPTEMBER, OCTOBER)
    await entered(ledger, Role.DEFERRED, "2025-09-30", "400.00")
    await entered(ledger, Role.DEFERRED, "2025-10-31", "150.01", "2600")
    await entered(ledger, Role.DEFERRED, "2025-10-31", "50.00", "2610")
    await entered(ledger, Role.RECOGNIZED, "2025-10-15", "296.90")

    found = await tied(ledger)

    assert balances_of(found, Role.DEFERRED) == [
        ("2025-09-30", 0, 400_00, None),
        ("2025-10-31", 1, 200_00, "2025-10"),
    ]
    assert balances_of(found, Role.RECOGNIZED) == [("2025-10-15", 0, 296_90, None)]
    (finding,) = found.findings
    assert (finding.kind, finding.role, finding.amount) == (
        *(FindingKind.BALANCE, Role.DEFERRED, 1),
    )
    assert finding.month == parse_month("2025-10")
    assert finding.message == (
        "Deferred Revenue on 31 Oct 2025: the general ledger has 200.01, posted files"
        " have 200.00, so 0.01 more; that of 30 Sep 2025 agreed"
    )
    assert not found.holds


async def test_a_balance_is_compared_with_the_ledger_until_a_file_is_posted(
    ledger: Database,
) -> None:
    await entered(ledger, Role.DEFERRED, "2025-09-15", "549.94")

    found = await tied(ledger)

    # 15 of 30 days at 3.33 are recognized of each.
    assert balances_of(found, Role.DEFERRED) == [("2025-09-15", 49_84, 500_10, None)]
    (finding,) = found.findings
    assert "the ledger has 500.10, so 49.84 more" in finding.message


async def test_a_difference_that_stays_is_told_once(ledger: Database) -> None:
    for day, balance in (("2025-08-31", "0.05"), ("2025-09-30", "400.05")):
        await entered(ledger, Role.DEFERRED, day, balance)
    await entered(ledger, Role.DEFERRED, "2025-10-31", "200.06")

    found = await tied(ledger)

    assert [(its.month, its.amount) for its in found.findings] == [
        (parse_month("2025-08"), 5),
        (parse_month("2025-10"), 6),
    ]


async def test_an_earlier_pin_shows_what_was_known(ledger: Database) -> None:
    await posted(ledger, SEPTEMBER)
    before = await pin(ledger, on=TODAY)
    credit = credit_note("cn_1", credited_line("30.00"), accounting_date="2025-09-16")
    await record(ledger, credit, on="2025-10-16")

    assert findings_of(await tied(ledger, "2025-09-30"), FindingKind.MISSING)
    assert (await tied(ledger, "2025-09-30", at=before)).findings == ()


async def test_as_of_a_day_that_is_over_later_postings_change_nothing(
    ledger: Database,
) -> None:
    september, _ = await posted(ledger, SEPTEMBER, OCTOBER, on="2025-10-15")
    undone_at = noon(parse_day("2025-10-20"))
    await undo(ledger, september, now=undone_at)
    seen = {
        day: await tied(ledger, at=await pin(ledger, on="2025-11-04", as_of=day))
        for day in ("2025-10-14", "2025-10-15", "2025-10-19", "2025-10-20")
    }

    assert seen["2025-10-14"].accounts[0].target == ""
    assert months_of(seen["2025-10-15"], Role.BILLED)["2025-09"] == (
        *(600_00, 600_00),
        *(0, 0),
    )
    assert seen["2025-10-19"].accounts == seen["2025-10-15"].accounts
    assert seen["2025-10-19"].holds
    assert months_of(seen["2025-10-20"], Role.BILLED)["2025-09"] == (
        *(600_00, 0),
        *(0, 600_00),
    )


async def test_an_earlier_balance_that_is_wrong_still_differs(ledger: Database) -> None:
    for day, balance in (("2025-09-30", "399.99"), ("2025-10-31", "200.00")):
        await entered(ledger, Role.DEFERRED, day, balance)

    found = await tied(ledger)

    balances = [tie for tie in found.ties if "balance" in tie.name]
    assert [(tie.name, tie.difference) for tie in balances] == [
        ("deferred_is_its_balance_on_2025-09-30", -1),
        ("deferred_is_its_balance", 0),
    ]
    assert not found.holds


async def test_files_of_single_days_tie_without_reading_journals(
    ledger: Database,
) -> None:
    await posted(ledger, SEPTEMBER)
    await posted(ledger, *(days(f"2025-10-0{day}", f"2025-10-0{day}") for day in "123"))

    found = await tied(ledger, "2025-10-03")

    assert months_of(found, Role.RECOGNIZED)["2025-10"] == (19_38, 19_38, 0, 0)
    assert found.holds
    at = await pin(ledger, on=TODAY)
    async with ledger.reads() as session:
        (files,) = await posted_by_target(session, at)
        statements = await counted_statements(
            session, pin=at, files=files, month=parse_month("2025-10")
        )
    # Whether something changed, and nothing else.
    assert statements == 1


async def counted_statements(
    session: ReadSession, *, pin: Pin, files: TargetFiles, month: int
) -> int:
    """How many statements it takes to find the journals of a month that differ."""
    count = 0
    connection = await session.connection()

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    async for its in differing_journals(
        session, pin, files, [month], parse_day("2025-10-03")
    ):
        pytest.fail(f"journal {its.journal} doesn't differ")
    event.remove(connection.sync_connection, "before_cursor_execute", note)
    return count


async def test_it_says_how_much_other_manual_journals_are(database: Database) -> None:
    """The ledger has 450.00 more than the families of the deferred revenue report."""
    await record(database, invoice())
    accrued = Moved(Role.UNBILLED, Role.RECOGNIZED, "450.00", "2025-10-31")
    await record_manual(database, "mj_1", accrued, on="2025-10-31")

    found = await tied(database)

    ties = {tie.name: tie for tie in found.ties}
    recognized, deferred = ties["recognized_is_reported"], ties["deferred_is_reported"]
    assert recognized.left == recognized.right == usd("1450.00")
    assert recognized.words == (
        "Recognized in the ledger = Recognized in deferred revenue with other manual"
        " journals of 450.00"
    )
    assert (deferred.left, deferred.difference) == (usd("200.00"), 0)
    assert deferred.words == "Deferred in the ledger = Remaining in deferred revenue"
    assert found.holds
