"""The generic CSV's bytes: what each line says, and that a careful reader agrees."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import Day, day_text, month_of, parse_day
from daybook.exports.formats.contract import FileFacts
from daybook.exports.formats.generic import (
    COLUMNS,
    SEQUENCE,
    render_daily,
    render_groups,
)
from daybook.exports.reading.units import journal_sums
from daybook.exports.rules import ExportMovement, JournalSlice
from daybook.ledger.rules import ACCOUNT_NAMES, Movement, Role, shares
from daybook.money import decimal_text
from daybook.sheets.cells import defused
from daybook_files import file_of

MAY = (parse_day("2025-05-01"), parse_day("2025-05-31"))


def exported(  # noqa: PLR0913  (a test names only what it is about)
    amount: int = 9000,
    daily: int = 290,
    days: tuple[int, int] = MAY,
    *,
    journal: int = 7,
    debit: Role = Role.DEFERRED,
    credit: Role = Role.RECOGNIZED,
    customer_name: str = "Acme Ltd",
) -> ExportMovement:
    """A movement of 90.00 in May, told as an export tells it."""
    return ExportMovement(
        journal,
        month_of(days[0]),
        debit,
        credit,
        ACCOUNT_NAMES[debit],
        ACCOUNT_NAMES[credit],
        amount,
        daily,
        *days,
        narrative="Platform: recognized (INV-1)",
        product_name="Platform",
        customer_id="cus_1",
        customer_name=customer_name,
        invoice_id="inv_1",
        invoice_number="INV-1",
        customer="Acme",
        document="INV-1",
    )


def rows_of(rendered: bytes) -> list[list[str]]:
    """What a CSV reader makes of it."""
    return list(csv.reader(io.StringIO(rendered.decode(), newline="")))


def monthly_rows(movements: list[ExportMovement], last_day: Day) -> list[list[str]]:
    """The monthly lines of dollar journals."""
    return rows_of(
        b"".join(
            render_groups(
                journal_sums(JournalSlice(movements, {}), "USD", last_day), decimals=2
            )
        )
    )


def test_the_header_is_the_documented_one() -> None:
    header = (
        b"Journal Number,Date,Narrative,Product name,Customer ID,Customer name,"
        b"Direction,Ledger account name,Amount,Invoice ID,Invoice number"
    )
    code, status = b",Xero ledger account code", b",Status"
    dollars = FileFacts("USD", 2)
    coded = dollars._replace(has_codes=True)

    assert file_of(SEQUENCE, dollars) == header + b"\r\n"
    assert file_of(SEQUENCE, coded) == header + code + b"\r\n"
    divided = dollars._replace(divides_on=MAY[0])
    assert file_of(SEQUENCE, divided) == header + status + b"\r\n"
    divided = coded._replace(divides_on=MAY[0])
    assert file_of(SEQUENCE, divided) == header + status + code + b"\r\n"


def test_90_in_may_is_thirty_days_of_2_90_and_a_last_one_of_3_00() -> None:
    rows = rows_of(b"".join(render_daily([exported()], decimals=2)))

    assert len(rows) == 62
    assert [row[1] for row in rows[::2]] == [
        f"2025-05-{day:02}" for day in range(1, 32)
    ]
    assert [row[8] for row in rows[::2]] == ["2.90"] * 30 + ["3.00"]
    assert rows[0] == [
        "7",
        "2025-05-01",
        "Platform: recognized (INV-1)",
        "Platform",
        "cus_1",
        "Acme Ltd",
        "DEBIT",
        "Deferred Revenue",
        "2.90",
        "inv_1",
        "INV-1",
    ]
    assert rows[1][6:9] == ["CREDIT", "Recognized Revenue", "2.90"]


def test_days_without_an_amount_have_no_lines() -> None:
    rows = rows_of(b"".join(render_daily([exported(20, 0)], decimals=2)))

    assert [(row[1], row[8]) for row in rows] == [("2025-05-31", "0.20")] * 2


def test_amounts_have_exactly_the_currencys_decimals() -> None:
    one = exported(90, 90, (MAY[0], MAY[0]))

    yen = rows_of(b"".join(render_daily([one], decimals=0)))
    dinar = rows_of(b"".join(render_daily([one], decimals=3)))

    assert (yen[0][8], dinar[0][8]) == ("90", "0.090")


def test_a_byte_that_is_no_text_cant_be_mistaken_for_a_date() -> None:
    rows = rows_of(
        b"".join(render_daily([exported(customer_name='Ÿÿ \x01 ,"\n')], decimals=2))
    )

    assert {row[5] for row in rows} == {'Ÿÿ \x01 ,"\n'}
    assert {len(row) for row in rows} == {len(COLUMNS)}


@given(
    first=st.integers(*MAY),
    days=st.integers(1, 31),
    daily=st.integers(0, 10**6),
    last=st.integers(0, 10**6),
    name=st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    decimals=st.integers(0, 4),
)
def test_daily_lines_are_those_of_a_plain_writer(  # noqa: PLR0913
    *, first: int, days: int, daily: int, last: int, name: str, decimals: int
) -> None:
    span = (first, min(first + days - 1, MAY[1]))
    amount = daily * (span[1] - span[0]) + last
    one = exported(amount, daily, span, customer_name=name)

    rendered = b"".join(render_daily([one], decimals))

    plain = io.StringIO(newline="")
    writer = csv.writer(plain)
    roles = (one.debit, one.credit)
    for day, share in shares(Movement(*roles, amount, daily, *span)):
        for direction, role in zip(("DEBIT", "CREDIT"), roles, strict=True):
            writer.writerow(
                (
                    *(one.journal, day_text(day), one.narrative, one.product_name),
                    *(one.customer_id, defused(name), direction, ACCOUNT_NAMES[role]),
                    *(decimal_text(share, decimals), "inv_1", "INV-1"),
                )
            )
    assert rendered.decode() == plain.getvalue()


def test_a_months_lines_sum_each_account_and_side_and_are_never_netted() -> None:
    first = (MAY[0], MAY[0])
    journal = [
        exported(9000, 9000, first, debit=Role.BILLED, credit=Role.DEFERRED),
        exported(9000),
        exported(500, 500, first, debit=Role.RECOGNIZED, credit=Role.DEFERRED),
    ]

    rows = monthly_rows(journal, MAY[1])

    assert [row[6:9] for row in rows] == [
        ["DEBIT", "Billed Revenue", "90.00"],
        ["DEBIT", "Deferred Revenue", "90.00"],
        ["DEBIT", "Recognized Revenue", "5.00"],
        ["CREDIT", "Deferred Revenue", "95.00"],
        ["CREDIT", "Recognized Revenue", "90.00"],
    ]
    assert {row[1] for row in rows} == {"2025-05-31"}
    assert {row[2] for row in rows} == {
        "Platform for Acme, May 2025: 90.00 USD billed, 85.00 USD recognized (INV-1)."
    }


def test_a_months_lines_are_dated_the_exports_last_day_if_that_is_earlier() -> None:
    last_day = parse_day("2025-05-15")

    rows = monthly_rows([exported()], last_day)

    assert {row[1] for row in rows} == {"2025-05-15"}
