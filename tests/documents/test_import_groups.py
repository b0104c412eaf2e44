"""Domain rule 2, "Line group" and "Invoice discount"."""

import pytest

from daybook.db.engine import Database
from daybook.documents.rules import Line
from daybook.recognition.rules import Method
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    record,
    terms,
    usage_line,
)
from daybook_shown import booked, booked_by_month

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

JANUARY = ("2025-01-01", "2025-01-31")


def point(id_: str, amount: str, product: str) -> Line:
    """A line that is earned when it is billed, so that its net is seen at once."""
    its_terms = terms(amount, None, method=Method.POINT_IN_TIME)
    return line(id_, product=product, its_terms=its_terms)


async def test_lines_of_a_group_net_into_one_schedule(database: Database) -> None:
    # 1,200 less 120 is 1,080.
    await record(
        database,
        invoice(
            "inv_1",
            line("1", its_terms=terms("1,200.00")),
            line("2", its_terms=terms("-120.00"), group="1"),
        ),
    )

    months = await booked_by_month(database)
    assert months.pop("2025-01 Dr Billed Cr Deferred") == "1080.00"
    assert list(months.values()) == ["90.00"] * 12


async def test_dated_usage_is_scaled_to_the_net(database: Database) -> None:
    used = {"2025-01-05": "60.00", "2025-01-20": "40.00"}
    usage = usage_line("1", "100.00", JANUARY, usage=used)
    discount = usage_line("2", "-10.00", JANUARY, group="1")

    await record(
        database, invoice("inv_1", usage, discount, accounting_date="2025-02-01")
    )

    assert await booked(database) == {
        "2025-01-05 Dr Unbilled Cr Recognized": "54.00",
        "2025-01-20 Dr Unbilled Cr Recognized": "36.00",
        "2025-02-01 Dr Billed Cr Unbilled": "90.00",
    }


@pytest.mark.parametrize(
    ("amounts", "discount", "nets"),
    [
        (["800.00", "200.00"], "100.00", ["720.00", "180.00"]),
        # Shares of 33.33 each: the residual to the first of equals.
        (["100.00", "100.00", "100.00"], "100.00", ["66.66", "66.67", "66.67"]),
        # 0.005 is rounded half up to 0.01: nothing remains for the largest to bear.
        (["1.00", "0.50", "0.50"], "0.02", ["1.00", "0.49", "0.49"]),
        (["10.00", "-5.00", "0.00"], "10.00", ["0.00", "-5.00", "0.00"]),
    ],
)
async def test_a_discount_is_spread_over_the_groups_with_positive_net(
    database: Database, amounts: list[str], discount: str, nets: list[str]
) -> None:
    lines = [point(str(at), one, f"p{at}") for at, one in enumerate(amounts)]

    await record(database, invoice("inv_1", *lines, discount=discount))

    found = await booked_of_products(database, len(lines))
    assert found == nets


async def test_a_discount_is_spread_over_groups_not_lines(database: Database) -> None:
    lines = [
        point("1", "900.00", "p0"),
        line(
            "2",
            product="p0",
            its_terms=terms("-100.00", None, method=Method.POINT_IN_TIME),
            group="1",
        ),
        point("3", "200.00", "p1"),
    ]

    await record(database, invoice("inv_1", *lines, discount="100.00"))

    assert await booked_of_products(database, 2) == ["720.00", "180.00"]


async def test_a_group_is_credited_up_to_its_net_after_discounts(
    database: Database,
) -> None:
    group = [
        line("1", its_terms=terms("1,200.00")),
        line("2", its_terms=terms("-120.00"), group="1"),
    ]
    note = credit_note("cn_1", credited_line("980.00"), accounting_date="2025-01-01")
    await record(database, invoice("inv_1", *group, discount="100.00"), note)

    assert await booked(database, "cn_1") == {
        "2025-01-01 Dr Deferred Cr Billed": "980.00"
    }
    assert "2025-02 Dr Deferred Cr Recognized" not in await booked_by_month(database)


async def test_a_credit_may_name_any_line_of_a_group(database: Database) -> None:
    group = [
        line("1", its_terms=terms("1,200.00")),
        line("2", its_terms=terms("-120.00"), group="1"),
    ]
    note = credit_note(
        "cn_1", credited_line("270.00", "2"), accounting_date="2025-10-01"
    )
    await record(database, invoice("inv_1", *group), note)

    assert await booked(database, "cn_1") == {
        "2025-10-01 Dr Deferred Cr Billed": "270.00"
    }


async def booked_of_products(database: Database, count: int) -> list[str]:
    """The net of each product, of lines that are earned when they are billed."""
    nets = []
    for at in range(count):
        found = await booked_net(database, f"p{at}")
        nets.append(found)
    return nets


async def booked_net(database: Database, product: str) -> str:
    """What was billed of a product, negative where it was taken back."""
    shown = await booked(database, product=product)
    for key, amount in shown.items():
        return amount if "Dr Billed" in key else f"-{amount}"
    return "0.00"
