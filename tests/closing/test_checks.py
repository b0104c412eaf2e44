"""Close checks: each names its rows; and the checklist of a month."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from daybook.activity.models import Activity
from daybook.calendar import parse_month
from daybook.closing.checklist import close_checklist
from daybook.closing.checks import close_checks
from daybook.closing.rules import (
    CloseCheck,
    CloseCheckKind,
    CloseStep,
    CloseStepKind,
    CloseStepState,
    MonthFile,
)
from daybook.configuration.commands import set_product_method, set_time_zone
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.documents.rules import ProductDetails
from daybook.errors import Rejected
from daybook.exports.formats.xero import XERO
from daybook.exports.mapping.commands import update_integration
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.mapping_changes import set_mapping
from daybook.exports.mapping.rules import SettingsPatch
from daybook.four_eyes.rules import ApprovalPending
from daybook.ledger.rules import Role, category_scope
from daybook.recognition.rules import Method
from daybook_adjusting import (
    credit,
    debit,
    drafted,
    four_eyes,
    reversed_journal,
    submitted,
)
from daybook_adjusting import entered as manual
from daybook_closing import TODAY, entered
from daybook_factories import (
    ORGANISATION,
    burn_down_line,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    pin,
    prepayment_line,
    record,
    terms,
    usage_line,
    voided,
)
from daybook_posted import days, made, mark, undo
from daybook_recurring import monthly, recurring, saved

pytestmark = pytest.mark.anyio

OCTOBER = parse_month("2025-10")
QUARTER = ("2025-09-01", "2025-11-30")


async def checked(
    database: Database, month: int = OCTOBER
) -> dict[CloseCheckKind, CloseCheck]:
    at = await pin(database, on=TODAY)
    async with database.reads() as session:
        found = await close_checks(session, at, month)
    assert [its.kind for its in found] == list(CloseCheckKind)
    return {its.kind: its for its in found}


async def steps(
    database: Database, month: int = OCTOBER, *, as_of: str | None = None
) -> dict[CloseStepKind, CloseStep]:
    at = await pin(database, on=TODAY, as_of=as_of)
    async with database.reads() as session:
        found = await close_checklist(session, at, month)
    assert [its.kind for its in found] == list(CloseStepKind)
    return {its.kind: its for its in found}


def told(check: CloseCheck) -> list[tuple[str, Any, Any]]:
    """Message, document and amount of each row."""
    assert len(check.rows) == check.count
    return [(row.message, row.document_id, row.amount) for row in check.rows]


async def test_a_sound_ledger_has_nothing_to_look_at(database: Database) -> None:
    await record(
        database,
        invoice("inv_1"),
        invoice("inv_2", milestone_line(("m1", "100.00", None))),
        invoice("inv_3", prepayment_line("500.00")),
    )

    found = await checked(database)

    assert {kind for kind, its in found.items() if its.count} == set()


async def test_service_that_ended_with_something_in_deferred(
    database: Database,
) -> None:
    """A milestone of a period that is over; a grant that expired; and no open ones."""
    over = terms("100.00", ("2025-01-01", "2025-09-30"), method=Method.STRAIGHT_LINE)
    paid = usage_line("use", "100.00", ("2025-02-01", "2025-02-28"))
    await record(
        database,
        invoice("inv_over", line(its_terms=over)),
        invoice("inv_grant", prepayment_line("500.00", expires_on="2025-10-15")),
        invoice("inv_open", prepayment_line("500.00", "cg_2"), customer="cus_2"),
        on="2025-01-01",
    )
    await record(
        database,
        invoice(
            "inv_use",
            paid,
            burn_down_line("60.00", paid, "cg_2"),
            customer="cus_2",
            accounting_date="2025-03-01",
        ),
        on="2025-03-01",
    )

    found = await checked(database)

    ended = found[CloseCheckKind.ENDED_WITH_DEFERRED]
    assert told(ended) == [
        ("service ended 15 Oct 2025, and Deferred still has 500.00", 2, 500_00)
    ]
    assert (ended.rows[0].customer_id, ended.rows[0].product_id) == (1, 2)
    before = await checked(database, parse_month("2025-09"))
    assert before[CloseCheckKind.ENDED_WITH_DEFERRED].count == 0


async def test_an_open_line_without_an_entry_in_the_month(database: Database) -> None:
    """0.03 over a year: nothing in most months, and Deferred holds the rest."""
    await record(
        database,
        invoice("inv_1"),
        invoice("inv_small", line(its_terms=terms("0.03"))),
    )

    still = (await checked(database))[CloseCheckKind.NO_ENTRY_THIS_MONTH]

    assert [row[1:] for row in told(still)] == [(2, 3)]
    assert still.rows[0].message == (
        "no entry in October 2025, though 0.03 is on Deferred and the service runs to"
        " 31 Dec 2025"
    )


async def test_a_line_whose_rest_was_credited_is_not_open(database: Database) -> None:
    """100.00 of 31 May to 31 Oct, all credited on 1 Sep: nothing more to recognize."""
    months = terms("100.00", ("2025-05-01", "2025-10-31"))
    await record(database, invoice("inv_1", line(its_terms=months)))
    await record(
        database,
        credit_note("cn_1", credited_line("100.00"), accounting_date="2025-09-01"),
        on="2025-09-01",
    )

    still = (await checked(database))[CloseCheckKind.NO_ENTRY_THIS_MONTH]

    assert told(still) == []


async def test_documents_of_products_without_a_method(database: Database) -> None:
    its_terms = terms("100.00", QUARTER, accounting_date="2025-10-05")
    named = terms("10.00", None, method=Method.POINT_IN_TIME)
    await record(
        database,
        invoice("inv_1", line(its_terms=its_terms), accounting_date="2025-10-05"),
        invoice(
            "inv_2",
            line(its_terms=its_terms, product="p2"),
            line("2", its_terms=named),
            accounting_date="2025-10-05",
        ),
        invoice("inv_3", line(its_terms=its_terms), accounting_date="2025-10-06"),
        on="2025-10-06",
    )
    await record(
        database,
        voided(
            invoice("inv_3", line(its_terms=its_terms), accounting_date="2025-10-06")
        ),
        on="2025-10-07",
    )
    before = await checked(database)
    lines = before[CloseCheckKind.NO_PRODUCT_METHOD]
    assert (lines.count, lines.rows) == (0, ())  # on purpose: no product has a method
    step = (await steps(database))[CloseStepKind.PRODUCT_METHODS]
    assert (step.state.name, step.count) == ("NOT_NEEDED", 2)

    await set_product_method(
        database,
        ORGANISATION,
        "p2",
        method=Method.STRAIGHT_LINE,
        now=datetime(2025, 10, 8, tzinfo=UTC),
        made_by="Ada",
    )

    after = await checked(database)
    rows = after[CloseCheckKind.NO_PRODUCT_METHOD].rows
    assert [(row.document_id, row.product_id) for row in rows] == [(1, 1)]
    assert "straight line, the ledger's method" in rows[0].message
    step = (await steps(database))[CloseStepKind.PRODUCT_METHODS]
    assert (step.state.name, step.count) == ("DUE", 1)
    assert step.words == "1 product of the month's invoices has no method"


async def test_documents_from_before_a_products_method(database: Database) -> None:
    """They stay at the ledger's until a revision names the product's."""
    dated: dict[str, Any] = {"accounting_date": "2025-10-05"}
    its_terms = terms("100.00", QUARTER, **dated)
    at_once = terms("100.00", QUARTER, method=Method.POINT_IN_TIME, **dated)
    sold = line(its_terms=its_terms)
    await record(
        database,
        invoice("inv_1", sold, **dated),
        invoice("inv_2", line(its_terms=at_once), **dated),
        on="2025-10-06",
    )
    before = (await checked(database))[CloseCheckKind.OTHER_PRODUCT_METHOD]
    assert (before.count, before.rows) == (0, ())
    await set_product_method(
        *(database, ORGANISATION, "prod_1"),
        method=Method.POINT_IN_TIME,
        now=datetime(2025, 10, 8, tzinfo=UTC),
        made_by="Ada",
    )
    # A line that names the ledger's method after that means it.
    await record(database, invoice("inv_3", sold, **dated), on="2025-10-09")

    after = (await checked(database))[CloseCheckKind.OTHER_PRODUCT_METHOD]
    assert after.count == 1
    assert [(row.document_id, row.product_id) for row in after.rows] == [(1, 1)]
    assert after.rows[0].message == (
        "recorded as straight line, and Platform is point in time now: send INV_1 again"
        " with the method named on its line, or void it and send it under another id"
    )
    step = (await steps(database))[CloseStepKind.PRODUCT_METHODS]
    assert (step.state.name, step.count) == ("DONE", 1)
    assert step.words == (
        "every product of the month has a method; INV_1 was recorded by another"
    )

    revised = invoice("inv_1", line(its_terms=at_once), **dated)
    await record(database, revised, on="2025-10-10")

    mended = (await checked(database))[CloseCheckKind.OTHER_PRODUCT_METHOD]
    assert (mended.count, mended.rows) == (0, ())
    step = (await steps(database))[CloseStepKind.PRODUCT_METHODS]
    assert (step.count, step.words) == (0, "every product of the month has a method")


async def test_journals_that_changed_after_they_were_posted(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"), invoice("inv_2"), on="2025-09-01")
    at = await pin(database, on=TODAY)
    number = await made(database, days("2025-01-01", "2025-09-30"), its_pin=at)
    await mark(database, number)
    await record(
        database,
        credit_note("cn_1", credited_line("90.00"), accounting_date="2025-09-01"),
        on="2025-10-16",
    )

    changed = (await checked(database))[CloseCheckKind.CHANGED_AFTER_POSTING]

    # The credit note's own journal is in no file; only the parent's September changed.
    assert [(row.journal, row.document_id) for row in changed.rows] == [(17, 1)]
    assert changed.rows[0].message.startswith(
        "journal 17 of September 2025 changed after file 1 (MJ-0934): Deferred "
    )


async def test_recordings_after_the_close(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-09-01")
    await lock(database, "2025-09-30", on="2025-10-03")
    await record(database, invoice("inv_2"), on="2025-10-20")

    late = (await checked(database))[CloseCheckKind.AFTER_CLOSE]

    assert (late.count, late.due) == (1, 0)
    assert late.rows[0].document_id == 2
    assert late.rows[0].message == (
        "test, 20 Oct 2025 (Not known): its amounts of 1 Jan – 30 Sep 2025 are posted"
        " on 1 Oct 2025, since those days were closed: they stay as they were, and"
        " there is nothing to do"
    )
    november = await checked(database, parse_month("2025-11"))
    assert november[CloseCheckKind.AFTER_CLOSE].count == 0


async def test_closed_days_that_were_opened_and_changed_say_what_to_do(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"), on="2025-09-01")
    await lock(database, "2025-09-30", on="2025-10-03")
    await lock(database, "2025-08-31", on="2025-10-05")
    await record(database, invoice("inv_2"), on="2025-10-20")
    await lock(database, "2025-09-30", on="2025-10-21")
    await record(database, invoice("inv_3"), on="2025-10-22")

    late = (await checked(database))[CloseCheckKind.AFTER_CLOSE]

    assert [row.message.partition("): ")[2] for row in late.rows] == [
        "closed days from 1 Sep 2025 on were opened, and are locked again",
        (
            "entries of closed days from 1 Jan 2025 on were changed: export what"
            " differs from posted files"
        ),
        (
            "its amounts of 1 Jan – 30 Sep 2025 are posted on 1 Oct 2025, since those"
            " days were closed: they stay as they were, and there is nothing to do"
        ),
    ]
    assert [row.is_due for row in late.rows] == [False, True, False]
    assert (late.count, late.due) == (3, 1)


async def test_opened_days_are_due_until_all_of_them_are_locked_again(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"), on="2025-09-01")
    await lock(database, "2025-09-30", on="2025-10-03")
    await lock(database, "2025-07-31", on="2025-10-05")

    due = []
    for on, through in (("06", None), ("07", "2025-08-31"), ("08", "2025-09-30")):
        if through:
            await lock(database, through, on=f"2025-10-{on}")
        late = (await checked(database))[CloseCheckKind.AFTER_CLOSE]
        due.append((late.due, late.rows[0].message.partition("): ")[2]))

    opened = "closed days from 1 Aug 2025 on were opened"
    assert due == [
        (1, f"{opened}: lock them again"),
        (1, f"{opened}: lock them again"),
        (0, f"{opened}, and are locked again"),
    ]


async def test_a_recording_changed_closed_days_of_several_months(
    database: Database,
) -> None:
    """It shows in each month that it came too late for, and where it landed instead."""
    await record(database, invoice("inv_1"), on="2025-03-01")
    await lock(database, "2025-03-31", on="2025-04-02")
    its_terms = terms(
        "90.00", ("2025-02-01", "2025-04-30"), accounting_date="2025-02-01"
    )
    late = invoice("inv_2", line(its_terms=its_terms), accounting_date="2025-02-01")
    await record(database, late, on="2025-05-20")

    counts = {
        month: (await checked(database, parse_month(month)))[
            CloseCheckKind.AFTER_CLOSE
        ].count
        for month in ("2025-01", "2025-02", "2025-03", "2025-04", "2025-05")
    }

    assert counts == {
        "2025-01": 0,
        "2025-02": 1,
        "2025-03": 1,
        "2025-04": 1,  # its amounts are posted on its first day
        "2025-05": 0,  # it was made then, and moved nothing there
    }


async def test_opened_days_are_named_in_the_month_in_which_they_were_opened(
    database: Database,
) -> None:
    """Nothing was posted instead, so they who close that month are to know."""
    await record(database, invoice("inv_1"), on="2025-03-01")
    await lock(database, "2025-03-31", on="2025-04-02")
    await lock(database, "2025-02-28", on="2025-05-05")

    counts = {
        month: (await checked(database, parse_month(month)))[
            CloseCheckKind.AFTER_CLOSE
        ].count
        for month in ("2025-02", "2025-03", "2025-04", "2025-05")
    }

    assert counts == {"2025-02": 0, "2025-03": 1, "2025-04": 0, "2025-05": 1}


async def test_drafts_that_wait(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-09-01")
    lines = (debit(Role.UNBILLED, "9.00"), credit(Role.RECOGNIZED, "9.00"))
    await drafted(database, manual(*lines, day="2025-10-31"), on="2025-10-31")
    await drafted(database, manual(*lines, day="2025-11-01"), on="2025-11-01")

    waiting = (await checked(database))[CloseCheckKind.WAITING_DRAFTS]

    assert [(row.manual_journal, row.amount) for row in waiting.rows] == [(1, 9_00)]
    assert waiting.rows[0].message.startswith("MJ-1 of 31 Oct 2025 is draft: ")
    step = (await steps(database))[CloseStepKind.MANUAL_JOURNALS]
    assert (step.state.name, step.count) == ("DUE", 1)


async def test_a_recurrence_that_waits_is_named(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-09-01")
    await saved(database, recurring(schedule=monthly(first="2025-10")), on="2025-10-10")

    (row,) = (await checked(database))[CloseCheckKind.WAITING_DRAFTS].rows

    assert (row.recurrence, row.manual_journal, row.amount) == (1, None, 50_00)
    assert row.message.startswith("recurrence R-1 is draft: ")
    step = (await steps(database))[CloseStepKind.MANUAL_JOURNALS]
    assert (step.state.name, step.count) == ("DUE", 1)
    assert step.words == "1 recurring journal not in force yet"
    # It begins in October: September is closed without it.
    before = (await steps(database, OCTOBER - 1))[CloseStepKind.MANUAL_JOURNALS]
    assert (before.state.name, before.count) == ("DONE", 0)


async def test_the_checklist_of_a_month_that_begins(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-10-20")

    found = await steps(database)

    assert {kind.name: its.state.name for kind, its in found.items()} == {
        "IMPORTS": "DUE",
        "PRODUCT_METHODS": "NOT_NEEDED",
        "MAPPING": "NOT_NEEDED",
        "MANUAL_JOURNALS": "DONE",
        "LOCK": "DUE",
        "EXPORT": "DUE",
        "TIE_OUT": "DUE",
    }
    assert found[CloseStepKind.IMPORTS].words == (
        "last import on 20 Oct 2025, before the month was over"
    )
    assert found[CloseStepKind.TIE_OUT].words == (
        "no balance of the general ledger is entered for 31 Oct 2025"
    )
    assert found[CloseStepKind.LOCK].words == "no day is locked"
    assert found[CloseStepKind.EXPORT].words == "no file of October 2025 is posted"


async def test_the_checklist_of_a_month_that_is_closed(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-11-01")
    at = await pin(database, on=TODAY)
    now = datetime(2025, 11, 2, 12, tzinfo=UTC)
    number = await made(database, days("2025-01-01", "2025-10-31"), its_pin=at, now=now)
    await mark(database, number, now=now)
    await entered(database, Role.DEFERRED, "2025-10-31", "200.00")
    await lock(database, "2025-10-31", on="2025-11-05")

    found = await steps(database)

    assert {
        kind.name for kind, its in found.items() if its.state.name == "DUE"
    } == set()
    assert found[CloseStepKind.TIE_OUT].words == "everything agrees up to 31 Oct 2025"
    assert found[CloseStepKind.LOCK].words == "locked through 31 Oct 2025"
    assert found[CloseStepKind.EXPORT].words == ("the general ledger: file 1 (MJ-0934)")


async def test_the_present_day_goes_on_after_a_move_to_the_west(
    database: Database,
) -> None:
    """The day was over in Berlin, and is the present day again in New York."""
    berlin, new_york = "Europe/Berlin", "America/New_York"
    assert TODAY == "2025-11-04"
    late = datetime(2025, 11, 4, 23, 30, tzinfo=UTC)
    day = late.replace(hour=9)
    await record(database, invoice("inv_1"), on="2025-11-01")
    await set_time_zone(database, ORGANISATION, berlin, now=day, made_by="Ada")
    october = days("2025-10-01", "2025-10-31")
    at = await pin(database, on=TODAY)
    number = await made(database, october, its_pin=at, now=day)
    await set_time_zone(database, ORGANISATION, new_york, now=late, made_by="Ada")

    await mark(database, number, now=late)
    with pytest.raises(Rejected):
        await import_documents(
            database,
            ORGANISATION,
            [credit_note("cn_1", credited_line("9000.00"))],
            now=late,
            reason="test",
        )

    found = await steps(database)
    assert found[CloseStepKind.IMPORTS].words.endswith(
        "; an import failed on 4 Nov 2025 and was not imported since"
    )
    assert found[CloseStepKind.EXPORT].state.name == "DONE"
    # What was over stays over: as of that day, nothing of this is known.
    before = await steps(database, as_of="2025-11-03")
    assert before[CloseStepKind.IMPORTS].words == "last import on 1 Nov 2025"


async def test_failed_imports_and_unmapped_accounts_are_due(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"), on="2025-11-01")
    with pytest.raises(Rejected):
        await record(
            database,
            credit_note("cn_1", credited_line("9000.00")),
            on="2025-11-02",
        )
    where = (database, ORGANISATION, "USD", Integration.XERO)
    who: dict[str, Any] = {
        "now": datetime(2025, 11, 3, tzinfo=UTC),
        "made_by": "Ada",
    }
    await update_integration(*where, SettingsPatch(is_enabled=True), **who)
    fields = {"code": "200", "type": "Revenue"}
    await set_mapping(*where, role=Role.RECOGNIZED, scope="", fields=fields, **who)

    found = await steps(database)

    imports, mapping = found[CloseStepKind.IMPORTS], found[CloseStepKind.MAPPING]
    assert (imports.state.name, imports.count) == ("DUE", 1)
    assert imports.words == (
        "last import on 1 Nov 2025; an import failed on 2 Nov 2025 and was not imported"
        " since"
    )
    before = (await steps(database, as_of="2025-11-01"))[CloseStepKind.IMPORTS]
    assert before.words == "last import on 1 Nov 2025"
    # October has Deferred and Recognized only.
    assert (mapping.state.name, mapping.count) == ("DUE", 1)
    assert mapping.words == "1 account not mapped for Xero: Deferred Revenue"
    (gap,) = mapping.gaps
    missing = gap.missing
    assert (gap.integration, missing.role) == (Integration.XERO, Role.DEFERRED)
    # 1,200.00 over a year, by months: one journal.
    assert (missing.product_id, missing.journals, missing.amount) == (None, 1, 100_00)


async def test_a_posted_month_is_not_reopened_by_a_mapping_gap(
    database: Database,
) -> None:
    """Revenue is mapped by a category, which the product leaves once it is posted."""
    category = ProductDetails("prod_1", "Platform", "SaaS")
    sold = replace(line(), product=category)
    await record(database, invoice("inv_1", sold), on="2025-11-01")
    where = (database, ORGANISATION, "USD", Integration.XERO)
    who: dict[str, Any] = {"now": datetime(2025, 11, 2, tzinfo=UTC), "made_by": "Ada"}
    await update_integration(*where, SettingsPatch(is_enabled=True), **who)
    for role in Role:
        scope = category_scope("SaaS") if role is Role.RECOGNIZED else ""
        fields = {"code": "200", "type": "Revenue"}
        await set_mapping(*where, role=role, scope=scope, fields=fields, **who)
    mapped = (await steps(database))[CloseStepKind.MAPPING]
    number = await made(
        *(database, days("2025-10-01", "2025-10-31"), XERO),
        its_pin=await pin(database, on=TODAY),
        now=who["now"],
    )
    await mark(database, number, now=who["now"])
    plans = replace(line(), product=replace(category, category="Plans"))
    its_terms = terms("30.00", ("2025-11-01", "2025-11-30"))
    of_november = replace(plans, terms=its_terms, amount=its_terms.amount)
    await record(
        database,
        invoice("inv_2", of_november, accounting_date="2025-11-01"),
        on="2025-11-03",
    )

    posted = (await steps(database))[CloseStepKind.MAPPING]
    next_month = (await steps(database, OCTOBER + 1))[CloseStepKind.MAPPING]

    assert (mapped.state.name, mapped.count) == ("DONE", 0)
    assert (posted.state.name, posted.count, posted.gaps) == ("DONE", 1, ())
    assert posted.words == (
        "1 account not mapped for Xero: Recognized Revenue of Platform; all entries of"
        " the month are posted there"
    )
    assert next_month.state.name == "DUE"
    assert "Recognized Revenue of Platform" in next_month.words

    # A sale of another product changes October: only that is still to be exported.
    other = replace(line("1"), product=ProductDetails("prod_2", "Support", "SaaS"))
    late = invoice("inv_3", other, accounting_date="2025-10-01")
    await record(database, late, on="2025-11-04")
    changed = (await steps(database))[CloseStepKind.MAPPING]
    assert (changed.state.name, changed.words) == (
        "DONE",
        "every account of the month is mapped for Xero",
    )


async def test_a_mapping_that_waits_for_approval_is_named(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-11-01")
    where = (database, ORGANISATION, "USD", Integration.XERO)
    who: dict[str, Any] = {"now": datetime(2025, 11, 3, tzinfo=UTC), "made_by": "Ada"}
    await update_integration(*where, SettingsPatch(is_enabled=True), **who)
    await four_eyes(database, on="2025-11-03")
    who["now"] = datetime(2025, 11, 4, tzinfo=UTC)
    fields = {"code": "200", "type": "Revenue"}
    with pytest.raises(ApprovalPending):
        await set_mapping(*where, role=Role.RECOGNIZED, scope="", fields=fields, **who)

    mapping = (await steps(database))[CloseStepKind.MAPPING]

    assert mapping.count == 2
    assert mapping.words == (
        "2 accounts not mapped for Xero: Deferred Revenue, Recognized Revenue;"
        " 1 change of it waits for approval"
    )


async def test_a_file_that_only_waits_to_be_posted_is_named(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-11-01")
    at = await pin(database, on=TODAY)
    half, now = days("2025-10-01", "2025-10-15"), datetime(2025, 11, 2, tzinfo=UTC)
    await made(database, half, its_pin=at, now=now)
    partial = (await steps(database))[CloseStepKind.EXPORT]
    october = days("2025-10-01", "2025-10-31")
    number = await made(database, october, its_pin=at, now=now)

    ready = (await steps(database))[CloseStepKind.EXPORT]
    await record(database, invoice("inv_2"), on="2025-11-03")
    older = (await steps(database))[CloseStepKind.EXPORT]
    await mark(database, number, now=datetime(2025, 11, 3, 13, tzinfo=UTC))
    posted = (await steps(database))[CloseStepKind.EXPORT]

    assert (partial.words, partial.file) == ("no file of October 2025 is posted", None)
    assert ready.file == MonthFile(2, None)
    assert ready.words == (
        "no file of October 2025 is posted; file 2 of 10.00 USD is ready: download it,"
        " load it, and mark it as posted"
    )
    assert "file 2 of 10.00 USD, made before the ledger last changed, is" in older.words
    assert posted.file is None


async def test_a_month_that_is_posted_twice_is_to_be_undone(database: Database) -> None:
    """Two files of October are posted in Xero, and an XLSX waits that nobody needs."""
    await record(database, invoice("inv_1"), on="2025-11-01")
    at, now = await pin(database, on=TODAY), datetime(2025, 11, 2, tzinfo=UTC)
    october = days("2025-10-01", "2025-10-31")
    await made(database, october, its_pin=at, now=now)
    for number in (2, 3):
        await made(database, october, XERO, its_pin=at, now=now)
        await mark(database, number, f"MJ-{number}", confirm=True, now=now)

    twice = (await steps(database))[CloseStepKind.EXPORT]
    await undo(database, 3, now=now)
    once = (await steps(database))[CloseStepKind.EXPORT]

    assert (twice.file, twice.doubled) == (None, MonthFile(3, None))
    assert (twice.state, twice.count) == (CloseStepState.DUE, 1)
    assert twice.words == (
        "Xero has entries of October 2025 more than once, in file 2 (MJ-2) and file 3"
        " (MJ-3): reverse one of them there and undo its posting"
    )
    assert (once.state, once.doubled) == (CloseStepState.DONE, None)


async def test_a_ready_file_is_one_for_the_target_that_lacks_the_month(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"), on="2025-11-01")
    at, now = await pin(database, on=TODAY), datetime(2025, 11, 2, tzinfo=UTC)
    september = days("2025-09-01", "2025-10-15")
    october = days("2025-10-01", "2025-10-31")
    await made(database, september, XERO, its_pin=at, now=now)
    await mark(database, 1, "MJ-1", now=now)
    await made(database, october, XERO, its_pin=at, now=now)
    await made(database, october, its_pin=at, now=now)

    step = (await steps(database))[CloseStepKind.EXPORT]

    assert (step.file, step.doubled) == (MonthFile(2, None), None)
    assert step.words.startswith("Xero lacks entries of October 2025; Xero: file 1")


async def test_a_failed_file_is_named_until_it_is_taken(database: Database) -> None:
    async def take(name: str, amount: str, day: int) -> None:
        documents = [
            invoice("inv_1"),
            credit_note("cn_1", credited_line(amount)),
            invoice(f"inv_of_{day}"),
        ]
        await import_documents(
            database,
            ORGANISATION,
            documents,
            now=datetime(2025, 11, day, tzinfo=UTC),
            reason=f"import of {name}",
            file=name,
        )

    async def step() -> CloseStep:
        return (await steps(database))[CloseStepKind.IMPORTS]

    await record(database, invoice("inv_old"), on="2025-09-02")
    with pytest.raises(Rejected):
        await take("notes; 2.jsonl", "9000.00", 1)
    nothing = await step()
    await record(database, invoice("inv_0"), on="2025-11-02")
    named = await step()
    await take("other.jsonl", "1.00", 3)
    other = await step()
    await take("notes; 2.jsonl", "1.00", 4)
    taken = await step()

    said = "notes; 2.jsonl failed on 1 Nov 2025 and was not imported since"
    before = "last import on 2 Sep 2025, before the month was over"
    assert nothing.words == f"{before}; {said}"
    assert (nothing.state.name, nothing.count) == ("DUE", 1)
    # The next file may have its documents; only a file of its name says so.
    assert (named.state.name, named.count) == ("DUE", 1)
    assert named.words == f"last import on 2 Nov 2025; {said}"
    assert (other.words, other.count) == (f"last import on 3 Nov 2025; {said}", 1)
    assert (taken.words, taken.count) == ("last import on 4 Nov 2025", 0)
    assert taken.state.name == "DONE"


async def test_taking_an_unchanged_file_makes_its_failure_good(
    database: Database,
) -> None:
    """What it has was recorded before, so that nothing but a line tells it."""

    async def take(day: int, amount: str = "120.00") -> None:
        await import_documents(
            database,
            ORGANISATION,
            [invoice("inv_1"), credit_note("cn_1", credited_line(amount))],
            now=datetime(2025, 11, day, tzinfo=UTC),
            reason="import of october.csv",
            file="october.csv",
        )

    async def lines() -> list[tuple[str, bool]]:
        async with database.reads() as session:
            rows = await session.execute(
                select(Activity.message, Activity.is_failed).order_by(Activity.id)
            )
            return [(message.split(":")[0], is_failed) for message, is_failed in rows]

    await take(1, "1.00")
    with pytest.raises(Rejected):
        await take(2, "9000.00")
    failed = (await steps(database))[CloseStepKind.IMPORTS]
    await take(3, "1.00")
    taken = (await steps(database))[CloseStepKind.IMPORTS]
    await take(4, "1.00")

    assert (failed.state.name, failed.count) == ("DUE", 1)
    assert (taken.state.name, taken.words) == ("DONE", "last import on 3 Nov 2025")
    assert await lines() == [
        ("import of october.csv", False),
        ("import of october.csv", True),
        ("import of october.csv", False),
    ]


async def test_a_reversal_after_the_lock_is_named_with_its_day(
    database: Database,
) -> None:
    """The closed days keep the journal; both months name the reversal, and no other."""
    await record(database, invoice("inv_1"), on="2025-09-01")
    for day in ("2025-09-10", "2025-09-20", "2025-10-05"):
        journal = manual(day=day)
        await submitted(database, journal, on="2025-10-06")
    await reversed_journal(database, 1, on="2025-10-07")
    await lock(database, "2025-09-30", on="2025-10-08")
    await reversed_journal(database, 2, on="2025-10-20")
    await reversed_journal(database, 3, on="2025-10-20")

    found = {
        month: (await checked(database, parse_month(month)))[CloseCheckKind.AFTER_CLOSE]
        for month in ("2025-08", "2025-09", "2025-10")
    }

    september = found["2025-09"]
    assert (september.count, len(september.rows)) == (1, 1)
    assert september.rows[0].manual_journal == 2
    assert september.rows[0].message == (
        "MJ-2 of 20 Sep 2025 was reversed, which posts on 1 Oct 2025: its own day is"
        " closed, and there is nothing to do"
    )
    assert september.due == 0
    assert (found["2025-08"].count, found["2025-10"].count) == (0, 1)
    assert found["2025-10"].rows == september.rows
