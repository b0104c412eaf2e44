"""Domain rule 2, "Prepayment": credit grants and what usage burns down of them."""

from collections.abc import Sequence

import pytest

from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook.errors import ProblemCode, Rejected
from daybook_factories import (
    burn_down_line,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    prepayment_line,
    recognize_breakage,
    record,
    revise,
    terms,
    usage_line,
    voided,
)
from daybook_shown import balances, booked

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

FEBRUARY = ("2025-02-01", "2025-02-28")
PREPAID = invoice("pre", prepayment_line("500.00"))


def used(id_: str, amount: str, burned: str, *, grant: str | None = None) -> Document:
    """An invoice of 1 March for February's usage, some of it paid by a grant."""
    usage = usage_line("u", amount, FEBRUARY)
    burning = burn_down_line(burned, usage, grant)
    return invoice(id_, usage, burning, accounting_date="2025-03-01")


def grant(id_: str, amount: str, day: str, expires_on: str | None = None) -> Document:
    """An invoice of a prepayment."""
    one = prepayment_line(amount, id_, expires_on=expires_on)
    return invoice(f"pre_{id_}", one, accounting_date=day)


async def refused(database: Database, *file: Document) -> Sequence[ProblemCode]:
    with pytest.raises(Rejected) as rejected:
        await record(database, *file, on="2025-06-01")
    return [problem.code for problem in rejected.value.problems]


async def test_a_prepayment_is_deferred_and_nothing_more(database: Database) -> None:
    await record(database, PREPAID)

    assert await booked(database) == {"2025-01-01 Dr Billed Cr Deferred": "500.00"}


async def test_a_burn_down_is_not_netted(database: Database) -> None:
    # Usage 100, burn-down 60: Deferred 60, Billed 40.
    await record(database, PREPAID, used("inv_1", "100.00", "60.00"))

    assert await booked(database, "inv_1") == {
        "2025-02-28 Dr Unbilled Cr Recognized": "40.00",
        "2025-02-28 Dr Deferred Cr Recognized": "60.00",
        "2025-03-01 Dr Billed Cr Unbilled": "40.00",
    }
    assert await balances(database) == {
        "Billed": "540.00",
        "Deferred": "440.00",
        "Recognized": "100.00",
    }


async def test_a_grant_may_pay_all_of_a_usage(database: Database) -> None:
    await record(database, PREPAID, used("inv_1", "100.00", "100.00"))

    assert await booked(database, "inv_1") == {
        "2025-02-28 Dr Deferred Cr Recognized": "100.00"
    }


async def test_dated_usage_is_paid_on_its_days(database: Database) -> None:
    usage = usage_line(
        "u",
        "100.00",
        FEBRUARY,
        usage={"2025-02-03": "50.00", "2025-02-20": "50.00"},
    )
    file = invoice(
        "inv_1", usage, burn_down_line("60.00", usage), accounting_date="2025-03-01"
    )

    await record(database, PREPAID, file)

    assert await booked(database, "inv_1") == {
        "2025-02-03 Dr Deferred Cr Recognized": "50.00",
        "2025-02-20 Dr Deferred Cr Recognized": "10.00",
        "2025-02-20 Dr Unbilled Cr Recognized": "40.00",
        "2025-03-01 Dr Billed Cr Unbilled": "40.00",
    }


async def test_usage_before_the_grant_was_billed_waits_in_unbilled(
    database: Database,
) -> None:
    days = {"2025-02-10": "30.00", "2025-02-15": "20.00", "2025-02-20": "50.00"}
    usage = usage_line("u", "100.00", FEBRUARY, usage=days)
    burning = burn_down_line("80.00", usage)
    await record(
        database,
        grant("g", "500.00", "2025-02-15"),
        invoice("inv_1", usage, burning, accounting_date="2025-03-01"),
    )

    assert await booked(database, "inv_1") == {
        "2025-02-10 Dr Unbilled Cr Recognized": "30.00",
        "2025-02-15 Dr Deferred Cr Unbilled": "30.00",
        "2025-02-15 Dr Deferred Cr Recognized": "20.00",
        "2025-02-20 Dr Deferred Cr Recognized": "30.00",
        "2025-02-20 Dr Unbilled Cr Recognized": "20.00",
        "2025-03-01 Dr Billed Cr Unbilled": "20.00",
    }
    assert await balances(database, "2025-02-14") == {
        "Unbilled": "30.00",
        "Recognized": "30.00",
    }
    assert await balances(database) == {
        "Billed": "520.00",
        "Deferred": "420.00",
        "Recognized": "100.00",
    }


async def test_a_grant_that_is_billed_later_moves_its_burn_downs_with_it(
    database: Database,
) -> None:
    prepaid = grant("g", "500.00", "2025-01-01")
    await record(database, prepaid, used("inv_1", "100.00", "60.00"))

    await record(
        database, revise(prepaid, *prepaid.lines, accounting_date="2025-03-10")
    )

    assert await booked(database, "inv_1") == {
        "2025-02-28 Dr Unbilled Cr Recognized": "100.00",
        "2025-03-01 Dr Billed Cr Unbilled": "40.00",
        "2025-03-10 Dr Deferred Cr Unbilled": "60.00",
    }


async def test_more_than_a_grant_has_left_is_refused(database: Database) -> None:
    await record(database, PREPAID, used("inv_1", "450.00", "450.00"))

    codes = await refused(database, used("inv_2", "100.00", "50.01", grant="cg_1"))
    assert codes == [ProblemCode.GRANT_EXCEEDED]

    await record(database, used("inv_2", "100.00", "50.00", grant="cg_1"))
    codes = await refused(database, used("inv_3", "100.00", "0.01"))
    assert codes == [ProblemCode.GRANT_EXCEEDED]


async def test_the_oldest_grant_pays_first(database: Database) -> None:
    await record(
        database,
        grant("younger", "100.00", "2025-01-20"),
        grant("older", "100.00", "2025-01-10"),
    )

    await record(database, used("inv_1", "150.00", "130.00"))

    codes = await refused(database, used("inv_2", "100.00", "0.01", grant="older"))
    assert codes == [ProblemCode.GRANT_EXCEEDED]
    await record(database, used("inv_2", "100.00", "70.00", grant="younger"))
    assert await balances(database) == {"Billed": "250.00", "Recognized": "250.00"}


async def test_a_named_grant_pays_alone(database: Database) -> None:
    await record(
        database,
        grant("a", "100.00", "2025-01-10"),
        grant("b", "100.00", "2025-01-20"),
    )

    codes = await refused(database, used("inv_1", "150.00", "130.00", grant="b"))
    assert codes == [ProblemCode.GRANT_EXCEEDED]


async def test_another_customers_grant_pays_nothing(database: Database) -> None:
    usage = usage_line("u", "100.00", FEBRUARY)
    other = invoice(
        "inv_1",
        usage,
        burn_down_line("10.00", usage),
        customer="cus_2",
        accounting_date="2025-03-01",
    )

    codes = await refused(database, PREPAID, other)

    assert codes == [ProblemCode.GRANT_EXCEEDED]


async def test_an_expired_grant_pays_nothing(database: Database) -> None:
    await record(database, grant("cg", "100.00", "2025-01-10", "2025-02-27"))

    codes = await refused(database, used("inv_1", "100.00", "10.00"))

    assert codes == [ProblemCode.GRANT_EXCEEDED]


async def test_what_expires_stays_in_deferred_unless_breakage_is_on(
    database: Database,
) -> None:
    await record(database, grant("cg", "500.00", "2025-01-10", "2025-12-31"))
    await record(database, used("inv_1", "60.00", "60.00"))

    assert await balances(database) == {
        "Billed": "500.00",
        "Deferred": "440.00",
        "Recognized": "60.00",
    }


async def test_breakage_recognizes_what_is_left_when_a_grant_expires(
    database: Database,
) -> None:
    await record(database, invoice("first"))
    await recognize_breakage(database)

    await record(database, grant("cg", "500.00", "2025-01-10", "2025-12-31"))
    assert (await booked(database, "pre_cg"))[
        "2025-12-31 Dr Deferred Cr Recognized"
    ] == "500.00"

    await record(database, used("inv_1", "60.00", "60.00"))
    assert await booked(database, "pre_cg") == {
        "2025-01-10 Dr Billed Cr Deferred": "500.00",
        "2025-12-31 Dr Deferred Cr Recognized": "440.00",
    }


async def test_crediting_a_prepayment_takes_what_is_left_first(
    database: Database,
) -> None:
    await record(database, PREPAID, used("inv_1", "100.00", "60.00"))
    note = credit_note(
        "cn_1",
        credited_line("450.00"),
        invoice_id="pre",
        accounting_date="2025-04-01",
    )

    await record(database, note)

    assert await booked(database, "cn_1") == {
        "2025-04-01 Dr Deferred Cr Billed": "440.00",
        "2025-04-01 Dr Recognized Cr Billed": "10.00",
    }


async def test_voiding_the_usage_gives_back_what_it_burned(
    database: Database,
) -> None:
    usage = used("inv_1", "100.00", "60.00")
    await record(database, PREPAID)
    before = await booked(database)
    await record(database, usage)

    await record(database, voided(usage), on="2025-06-01")

    assert await booked(database) == before
    await record(database, used("inv_2", "500.00", "500.00"), on="2025-06-01")


async def test_a_prepayment_that_usage_stands_on_is_not_voided(
    database: Database,
) -> None:
    await record(database, PREPAID, used("inv_1", "100.00", "60.00"))

    with pytest.raises(Rejected) as rejected:
        await record(database, voided(PREPAID))

    (problem,) = rejected.value.problems
    assert problem.code is ProblemCode.IN_USE
    assert "invoice 'inv_1'" in problem.message


async def test_revised_usage_burns_anew(database: Database) -> None:
    await record(database, PREPAID, used("inv_1", "100.00", "60.00"))

    await record(database, used("inv_1", "500.00", "500.00"), on="2025-04-01")

    assert await balances(database) == {"Billed": "500.00", "Recognized": "500.00"}


async def test_a_prepayment_is_not_revised_below_what_was_burned(
    database: Database,
) -> None:
    await record(database, PREPAID, used("inv_1", "100.00", "60.00"))
    smaller = revise(PREPAID, prepayment_line("59.99"), accounting_date="2025-01-01")

    assert await refused(database, smaller) == [ProblemCode.GRANT_EXCEEDED]

    enough = revise(PREPAID, prepayment_line("60.00"), accounting_date="2025-01-01")
    await record(database, enough)
    assert await balances(database) == {"Billed": "100.00", "Recognized": "100.00"}


async def test_a_revision_that_leaves_its_burn_down_alone_is_taken(
    database: Database,
) -> None:
    # The credit took all that was left, and more: the burn-down stays what it was.
    usage = used("inv_1", "100.00", "60.00")
    note = credit_note(
        "cn_1",
        credited_line("450.00"),
        invoice_id="pre",
        accounting_date="2025-04-01",
    )
    await record(database, PREPAID, usage)
    await record(database, note)
    before = await booked(database)

    await record(database, revise(usage, accounting_date="2025-03-02"))

    assert await booked(database, between=("2025-03-03", "9999")) == {
        key: one for key, one in before.items() if key >= "2025-03-03"
    }


async def test_a_locked_burn_down_posts_on_the_first_open_day(
    database: Database,
) -> None:
    await record(database, PREPAID)
    await lock(database, "2025-03-31")

    await record(database, used("inv_1", "100.00", "60.00"), on="2025-04-05")

    assert await booked(database, "inv_1") == {
        "2025-04-01 Dr Unbilled Cr Recognized": "40.00",
        "2025-04-01 Dr Deferred Cr Recognized": "60.00",
        "2025-04-01 Dr Billed Cr Unbilled": "40.00",
    }


async def test_a_prepayment_keeps_its_credit_grant(database: Database) -> None:
    await record(database, PREPAID, grant("other", "10.00", "2025-01-01"))

    for id_, code in (
        ("cg_2", ProblemCode.CHANGED),
        ("other", ProblemCode.CHANGED),
    ):
        renamed = prepayment_line("500.00", id_)
        changed = revise(PREPAID, renamed, accounting_date="2025-01-01")
        assert await refused(database, changed) == [code]


async def test_a_line_that_becomes_a_prepayment_makes_its_grant(
    database: Database,
) -> None:
    earned = line(product="credits", its_terms=terms("500.00"))
    await record(database, revise(PREPAID, earned, accounting_date="2025-01-01"))

    await record(database, PREPAID)
    await record(database, used("inv_1", "100.00", "60.00", grant="cg_1"))

    assert (await balances(database))["Deferred"] == "440.00"
    codes = await refused(database, grant("cg_1", "1.00", "2025-01-01"))
    assert codes == [ProblemCode.DUPLICATE]


async def test_a_void_prepayments_grant_may_be_sent_again(database: Database) -> None:
    await record(database, PREPAID)
    await record(database, voided(PREPAID))
    again = invoice("again", prepayment_line("300.00"))

    await record(database, again)
    await record(database, used("inv_1", "100.00", "60.00", grant="cg_1"))

    assert await balances(database) == {
        "Billed": "340.00",
        "Deferred": "240.00",
        "Recognized": "100.00",
    }


async def test_a_prepayment_that_was_left_out_comes_back(database: Database) -> None:
    without = revise(PREPAID, line("2"), accounting_date="2025-01-01")
    await record(database, PREPAID)
    await record(database, without)

    await record(database, PREPAID)

    assert await balances(database) == {"Billed": "500.00", "Deferred": "500.00"}


async def test_a_burn_down_that_is_revised_to_another_product_moves_whole(
    database: Database,
) -> None:
    def used_of(product: str) -> Document:
        usage = usage_line("u", "100.00", FEBRUARY, product=product)
        burning = burn_down_line("60.00", usage)
        return invoice("inv_1", usage, burning, accounting_date="2025-03-01")

    await record(database, PREPAID, used_of("prod_1"))

    await record(database, used_of("prod_2"), on="2025-04-01")

    assert await booked(database, "inv_1", product="prod_1") == {}
    assert await booked(database, "inv_1", product="prod_2") == {
        "2025-02-28 Dr Deferred Cr Recognized": "60.00",
        "2025-02-28 Dr Unbilled Cr Recognized": "40.00",
        "2025-03-01 Dr Billed Cr Unbilled": "40.00",
    }


async def test_the_oldest_grant_is_that_of_the_date_in_the_same_file(
    database: Database,
) -> None:
    first = grant("one", "50.00", "2025-01-01")
    second = grant("two", "50.00", "2025-01-02")
    await record(database, first, second)

    later = revise(first, accounting_date="2025-01-03")
    await record(database, later, used("inv_1", "50.00", "50.00"), on="2025-04-01")

    assert await refused(database, voided(second)) == [ProblemCode.IN_USE]
    await record(database, voided(later), on="2025-04-01")
