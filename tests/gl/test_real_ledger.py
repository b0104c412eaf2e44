"""A real company's ledger, imported by a mapping file and made into the dataset.

What is expected is computed here from the files themselves and the ECB's rates.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import day_of
from daybook.gl.kinds import Kind
from daybook.gl.rules.journal_types import JournalType
from daybook_gl import LEDGER, Lines, build, pinned, shipped_rates, stage_real_ledger

TODAY = date(2021, 3, 31)
FIRST, LAST = date(2019, 10, 1), TODAY


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, list[Path]]:
    """The ledger's inputs."""
    return stage_real_ledger(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def lines(
    inputs: dict[Kind, list[Path]], tmp_path_factory: pytest.TempPathFactory
) -> Lines:
    """The dataset in the ledger's own currency."""
    folder = tmp_path_factory.mktemp("built") / "cad"
    return build(folder, inputs, pinned("CAD", TODAY), shipped_rates(TODAY))


def table(name: str) -> list[Mapping[str, str]]:
    """A file of the ledger."""
    with ZipFile(LEDGER) as archive:
        text = archive.read(f"xero_{name}_data.csv").decode()
    return [*csv.DictReader(io.StringIO(text))]


def test_all_journals_are_there_and_sum_to_zero(lines: Lines) -> None:
    assert lines.ask(
        'SELECT count(*), count(DISTINCT "Journal Number"), min("Journal Number"),'
        ' max("Journal Number"), min(_day), max(_day) FROM lines WHERE _type = 1'
    ) == [(4033, 1685, 1, 1685, date(2019, 10, 23), date(2021, 3, 17))]
    journals = 'FROM lines WHERE _type = 1 GROUP BY "Journal Number"'
    assert lines.ask(f'SELECT 1 {journals} HAVING sum("Net Amount") <> 0') == []
    assert len(lines.ask(f'SELECT 1 {journals} HAVING sum("Gross Amount") <> 0')) == 184


def test_the_trial_balance_is_the_file_s_with_the_sign_turned(lines: Lines) -> None:
    journals = {row["journal_id"]: row["journal_date"] for row in table("journal")}
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in table("journal_line"):
        month = journals[row["journal_id"]][:7]
        expected[row["account_id"], month] -= Decimal(row["net_amount"])
    found = lines.ask(
        "SELECT _account_id, strftime(_day, '%Y-%m'), sum(\"Net Amount\") FROM lines"
        " WHERE _type = 1 GROUP BY ALL"
    )

    assert {(account, month): net for account, month, net in found} == expected
    assert len(found) == 269
    known = {
        ("200", "2020-01"): "19383.48",
        ("200", "2020-12"): "36531.01",
        ("610", "2020-01"): "-19383.48",
        ("610", "2020-12"): "3490.60",
        ("499", "2020-01"): "-53.32",
        ("499", "2020-12"): "-1190.16",
    }
    by_code = lines.ask(
        'SELECT "Account Code", strftime(_day, \'%Y-%m\'), sum("Net Amount") FROM lines'
        " WHERE _type = 1 GROUP BY ALL"
    )
    sums = {(code, month): str(net) for code, month, net in by_code}
    assert {key: sums[key] for key in known} == known


def test_sources_contacts_and_tracking_are_filled_where_the_data_allow(
    lines: Lines,
) -> None:
    by_table = lines.ask(
        'SELECT "Source Table", count(DISTINCT "Journal Number") FROM lines'
        " WHERE _type = 1 GROUP BY ALL ORDER BY 2 DESC"
    )
    assert by_table == [
        ("Invoices", 837),
        ("Payments", 695),
        ("Bank Transactions", 115),
        ("", 23),
        ("Bank Transfers", 15),
    ]
    # Those of invoices and bank transactions: of credit notes there are only IDs.
    assert lines.ask(
        'SELECT count(DISTINCT "Journal Number") FROM lines'
        " WHERE _type = 1 AND \"Contact ID\" <> '' AND \"Contact Name\" <> ''"
    ) == [(949,)]
    assert lines.ask(
        'SELECT "Tracking Category 0", "Tracking Option 0", "Tracking Category 1",'
        ' "Tracking Option 1" FROM lines'
        ' WHERE "Tracking Category 0" || "Tracking Category 1" <> \'\' ORDER BY 2'
    ) == [
        ("Region", "Region - APAC", "", ""),
        ("Region", "Region - Europe", "Department", "Department - Sales"),
        ("Region", "Region - North America", "Department", "Department - Engineering"),
    ]


def test_realised_gains_are_xero_s_own(lines: Lines) -> None:
    assert lines.built.counts[JournalType.ACTUAL] == 4033
    assert lines.ask(
        "SELECT _kind, count(*) FILTER (WHERE \"Account Type\" = 'EXPENSE'),"
        ' sum("Net Amount") FILTER (WHERE "Account Type" = \'EXPENSE\') FROM lines'
        " WHERE _type = 4 GROUP BY ALL ORDER BY 1"
    ) == [(1, 3191, Decimal("-2785.58")), (2, 131, Decimal("2540.39"))]


class Exposed:
    """One foreign invoice, valued here by the ECB's rates."""

    def __init__(self, row: Mapping[str, str]) -> None:
        self.currency = row["currency_code"]
        self.day = date.fromisoformat(row["date"])
        self.sign = 1 if row["type"] == "ACCREC" else -1
        self.total = Fraction(row["total"])
        paid_on = row["fully_paid_on_date"]
        self.paid = Fraction(row["amount_paid"]) if paid_on else Fraction()
        self.paid_on = max(date.fromisoformat(paid_on), self.day) if paid_on else LAST

    def gain(self, on: date) -> Decimal:
        """What it gained by a day, since its own."""
        if on < self.day:
            return Decimal()
        left = self.total - (self.paid if self.paid and on >= self.paid_on else 0)
        now, first = (
            _rounded(left * RATES.rate(self.currency, "CAD", day_of(day)).value)
            for day in (on, self.day)
        )
        return self.sign * (now - first)


RATES = shipped_rates(TODAY)


def _rounded(amount: Fraction) -> Decimal:
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.fixture(scope="module")
def exposed() -> list[Exposed]:
    """The foreign invoices that are or were owed."""
    return [
        Exposed(row)
        for row in table("invoice")
        if row["currency_code"] != "CAD" and row["status"] in {"AUTHORISED", "PAID"}
    ]


@pytest.fixture(scope="module")
def movements(lines: Lines) -> Mapping[date, Decimal]:
    """The gains of unrealised movements and reversals by day."""
    found: dict[date, Decimal] = defaultdict(Decimal)
    rows = lines.ask(
        'SELECT _day, sum("Net Amount") FROM lines WHERE _type = 4'
        " AND \"Account Type\" = 'EXPENSE' GROUP BY ALL"
    )
    found.update(rows)
    return found


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(at) for at in range((last - first).days + 1))


def test_there_are_365_foreign_invoices(exposed: list[Exposed]) -> None:
    assert len(exposed) == 365
    assert sum(bool(invoice.paid) for invoice in exposed) == 350


SPAN = (LAST - FIRST).days


@given(st.tuples(st.integers(0, SPAN), st.integers(0, SPAN)))
def test_any_range_of_days_sums_to_closing_less_opening(
    exposed: list[Exposed],
    movements: Mapping[date, Decimal],
    ends: tuple[int, int],
) -> None:
    first, last = FIRST + timedelta(min(ends)), FIRST + timedelta(max(ends))
    moved = sum(
        (movements.get(day, Decimal()) for day in _days(first, last)), Decimal()
    )
    before = first - timedelta(1)

    assert moved == sum(its.gain(last) - its.gain(before) for its in exposed)


def test_the_whole_time_closes_at_what_is_open(
    exposed: list[Exposed], movements: Mapping[date, Decimal], lines: Lines
) -> None:
    assert sum(movements.values()) == Decimal("-245.19")
    assert sum(its.gain(LAST) for its in exposed) == Decimal("-245.19")
    assert lines.ask(
        "SELECT count(*), sum(gain) FROM"
        " (SELECT arg_max(gain, day) AS gain FROM positions GROUP BY document_id)"
    ) == [(365, Decimal("-245.19"))]


def test_in_another_currency_every_journal_sums_to_zero(
    inputs: dict[Kind, list[Path]], tmp_path: Path
) -> None:
    of = pinned("CAD", TODAY, reporting_currency="GBP")
    lines = build(tmp_path / "gbp", inputs, of, RATES)

    assert (
        lines.ask(
            'SELECT 1 FROM lines GROUP BY "Journal Type", "Journal Number"'
            ' HAVING sum("Net Amount (RC)") <> 0'
        )
        == []
    )
    assert (
        lines.ask(
            'SELECT 1 FROM lines WHERE "Gross Amount (RC)" <>'
            ' "Net Amount (RC)" + "Tax Amount (RC)"'
        )
        == []
    )
    rows = lines.ask(
        'SELECT "Net Amount", "Net Amount (RC)", _rate_day, "Reporting Currency Rate"'
        " FROM lines WHERE _type = 1"
    )
    for net, converted, day, shown in rows:
        rate = RATES.rate("CAD", "GBP", day_of(day))
        assert str(shown) == rate.text
        # The line that takes the difference is a few cents off.
        assert abs(converted - _rounded(Fraction(net) * rate.value)) <= Decimal("0.05")
