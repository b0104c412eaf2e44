"""Domain rule 6, revisions: a document that is sent again, changed."""

from dataclasses import replace

import pytest

from daybook.db.engine import Database
from daybook.documents.rules import Document, Line
from daybook.errors import ProblemCode, Rejected
from daybook.recognition.rules import Treatment
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    prepayment_line,
    record,
    revise,
    terms,
    usage_line,
)
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_shown import balances, booked, booked_by_month, moved_by_locks
from daybook_stored import dump, in_force, posted

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

HALF = ("2025-01-01", "2025-06-30")
YEARLY = invoice("inv_1", line(its_terms=terms("12,000.00")))


def yearly(*lines: Line, a: str = "2025-01-01") -> Document:
    """The invoice said otherwise."""
    return revise(YEARLY, *lines, accounting_date=a)


CHANGES = {
    "amount": yearly(line(its_terms=terms("15,000.00"))),
    "period": yearly(line(its_terms=terms("12,000.00", HALF))),
    "accounting date": yearly(a="2025-03-10"),
    "method": yearly(usage_line("1", "12,000.00", HALF)),
    "milestones": yearly(milestone_line(("m", "12,000.00", "2025-05-05"))),
    "product": yearly(line(product="other", its_terms=terms("12,000.00"))),
    "added line": yearly(
        line(its_terms=terms("12,000.00")), line("2", its_terms=terms("365.00"))
    ),
    "other line": yearly(line("2", its_terms=terms("365.00", HALF))),
    "group": yearly(
        line(its_terms=terms("12,000.00")),
        line("2", its_terms=terms("-365.00"), group="1"),
    ),
    "discount": replace(YEARLY, discount=100),
    "prepayment": yearly(prepayment_line("12,000.00")),
    "nothing": yearly(line(its_terms=terms("0.00"))),
    "negative": yearly(line(its_terms=terms("-12,000.00"))),
}


@pytest.mark.parametrize("recorded_on", ["2025-01-01", "2025-04-15", "2026-06-01"])
@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.either_database
async def test_a_revision_posts_the_difference(
    new_database: NewDatabase, name: str, recorded_on: str
) -> None:
    revised, fresh = (
        Database(new_database(), AT_ANY_TIME),
        Database(new_database(), AT_ANY_TIME),
    )
    await record(fresh, CHANGES[name])
    await record(revised, YEARLY)

    result = await record(revised, CHANGES[name], on=recorded_on)

    assert sum(result.revised.values()) == 1
    assert await posted(revised) == await posted(fresh)
    await revised.close()
    await fresh.close()


@pytest.mark.parametrize("name", CHANGES)
async def test_what_was_in_force_before_a_revision_stays(
    database: Database, name: str
) -> None:
    await record(database, YEARLY)
    before = await in_force(database, 1)

    await record(database, CHANGES[name], on="2025-04-15")

    assert await in_force(database, 1) == before


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.either_database
async def test_changing_it_back_leaves_what_was(database: Database, name: str) -> None:
    await record(database, YEARLY)
    before = await posted(database)
    await record(database, CHANGES[name], on="2025-04-15")

    await record(database, YEARLY, on="2025-07-01")

    assert await posted(database) == before


async def test_sent_again_unchanged_after_a_revision_it_does_nothing(
    database: Database,
) -> None:
    await record(database, YEARLY)
    await record(database, CHANGES["amount"], on="2025-04-15")
    before = await dump(database)

    result = await record(database, CHANGES["amount"], on="2025-06-01")

    assert result.unchanged == 1
    assert await dump(database) == before


async def test_a_revision_replaces_locked_days_from_the_first_open_day(
    database: Database,
) -> None:
    # 250.00 a month more: 750.00 for the quarter that is locked.
    await record(database, YEARLY)
    await lock(database, "2025-03-31")

    await record(database, CHANGES["amount"], on="2025-04-15")

    assert await moved_by_locks(database) == [
        f"2025-04-01 Dr {one}, locked through 2025-03-31"
        for one in (
            "Billed Cr Deferred 3000.00 for 2025-01-01 to 2025-01-01",
            "Deferred Cr Recognized 750.00 for 2025-01-01 to 2025-03-31",
        )
    ]
    months = await booked_by_month(database)
    assert months["2025-03 Dr Deferred Cr Recognized"] == "1000.00"
    assert months["2025-04 Dr Deferred Cr Recognized"] == "2000.00"
    assert months["2025-05 Dr Deferred Cr Recognized"] == "1250.00"


async def test_the_billed_leg_moves_likewise(database: Database) -> None:
    await record(database, YEARLY)
    await lock(database, "2025-01-31")

    await record(database, yearly(a="2025-02-10"), on="2025-02-11")

    days = await booked(database, between=("2025-02-01", "2025-02-10"))
    assert days["2025-02-01 Dr Deferred Cr Billed"] == "12000.00"
    assert days["2025-02-10 Dr Billed Cr Deferred"] == "10678.61"
    assert days["2025-02-10 Dr Billed Cr Unbilled"] == "1321.39"
    assert await balances(database) == {"Billed": "12000.00", "Recognized": "12000.00"}
    assert (await balances(database, "2025-02-09"))["Unbilled"] == "1321.39"


async def test_a_line_that_is_missing_comes_to_nothing(database: Database) -> None:
    one, two = line("1", product="a"), line("2", product="b")
    await record(database, invoice("inv_1", one, two))

    await record(database, invoice("inv_1", one), on="2025-06-01")

    assert await booked(database, product="b") == {}
    assert (await balances(database))["Billed"] == "1200.00"


async def test_lines_are_matched_by_their_ids(database: Database) -> None:
    one, two = line("1"), line("2", its_terms=terms("600.00"))
    note = credit_note("cn_1", credited_line("600.00", "2"))
    await record(database, invoice("inv_1", one, two), note)

    await record(database, invoice("inv_1", two, one), on="2025-11-01")

    too_much = credit_note("cn_2", credited_line("0.01", "2"))
    with pytest.raises(Rejected) as rejected:
        await record(database, too_much, on="2025-11-01")
    assert "has 0.00 left" in rejected.value.problems[0].message


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        (replace(YEARLY, currency="EUR"), ("currency",)),
        (
            replace(YEARLY, customer=replace(YEARLY.customer, id="cus_2")),
            ("customer", "id"),
        ),
    ],
)
async def test_a_changed_currency_or_customer_is_refused(
    database: Database, changed: Document, path: tuple[str, ...]
) -> None:
    await record(database, YEARLY)
    before = await dump(database)

    with pytest.raises(Rejected) as rejected:
        await record(database, invoice("inv_2"), changed)

    (problem,) = rejected.value.problems
    assert (problem.code, problem.path) == (ProblemCode.CHANGED, path)
    assert problem.message.endswith(
        "void it as it is recorded (status VOIDED), and send it again under another id"
    )
    assert await dump(database) == before


@pytest.mark.parametrize("amount", ["1,999.99", "0.00", "-5.00"])
async def test_a_net_below_what_credit_notes_took_is_refused(
    database: Database, amount: str
) -> None:
    note = credit_note("cn_1", credited_line("2,000.00"))
    await record(database, YEARLY, note)

    with pytest.raises(Rejected) as rejected:
        await record(database, yearly(line(its_terms=terms(amount))))

    (problem,) = rejected.value.problems
    assert problem.code is ProblemCode.CREDIT_TOO_LARGE
    assert "'cn_1'" in problem.message


async def test_a_credited_line_does_not_go(database: Database) -> None:
    await record(database, YEARLY, credit_note("cn_1", credited_line("2,000.00")))

    with pytest.raises(Rejected) as rejected:
        await record(database, yearly(line("2")))

    (problem,) = rejected.value.problems
    assert problem.code is ProblemCode.IN_USE
    assert "'cn_1'" in problem.message


@pytest.mark.parametrize("recorded_on", ["2025-01-01", "2025-11-15", "2026-06-01"])
async def test_a_credited_invoice_is_revised_under_its_credits(
    new_database: NewDatabase, recorded_on: str
) -> None:
    note = credit_note("cn_1", credited_line("2,000.00"))
    revised, fresh = (
        Database(new_database(), AT_ANY_TIME),
        Database(new_database(), AT_ANY_TIME),
    )
    await record(fresh, CHANGES["amount"], note)
    await record(revised, YEARLY, note)

    await record(revised, CHANGES["amount"], on=recorded_on)

    assert await posted(revised) == await posted(fresh)
    await revised.close()
    await fresh.close()


NOTE = credit_note("cn_1", credited_line("2,000.00"))
NOTE_CHANGES = {
    "amount": credit_note("cn_1", credited_line("5,000.00")),
    "date": revise(NOTE, accounting_date="2025-11-01"),
    "treatment": replace(NOTE, treatment=Treatment.REBUILD),
    "line added": credit_note(
        "cn_1", credited_line("2,000.00"), credited_line("10.00", id="2")
    ),
    "line gone": credit_note("cn_1", credited_line("10.00", id="2")),
}


@pytest.mark.parametrize("recorded_on", ["2025-01-01", "2025-11-15", "2026-06-01"])
@pytest.mark.parametrize("name", NOTE_CHANGES)
@pytest.mark.either_database
async def test_a_credit_note_is_revised(
    new_database: NewDatabase, name: str, recorded_on: str
) -> None:
    revised, fresh = (
        Database(new_database(), AT_ANY_TIME),
        Database(new_database(), AT_ANY_TIME),
    )
    await record(fresh, YEARLY, NOTE_CHANGES[name])
    await record(revised, YEARLY, NOTE)

    await record(revised, NOTE_CHANGES[name], on=recorded_on)

    assert await posted(revised) == await posted(fresh)
    await revised.close()
    await fresh.close()


async def test_a_file_may_revise_an_invoice_and_credit_it(database: Database) -> None:
    await record(database, YEARLY)

    await record(database, CHANGES["amount"], NOTE)
    await record(database, CHANGES["period"], credit_note("cn_2"), on="2025-03-01")

    assert await balances(database) == {"Billed": "9900.00", "Recognized": "9900.00"}


async def test_a_new_description_posts_nothing(database: Database) -> None:
    await record(database, YEARLY)
    before = await posted(database)
    described = replace(YEARLY.lines[0], description="For the year")

    result = await record(database, yearly(described), on="2025-06-01")

    assert result.movements == 0
    assert sum(result.revised.values()) == 1
    assert await posted(database) == before
