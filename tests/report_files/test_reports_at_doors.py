"""Every report at every door gives the oracle's rows, for the same parameters."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeAlias

import pytest
from sqlalchemy import text

from daybook.calendar import (
    Day,
    day_text,
    month_of,
    month_text,
    parse_day,
    parse_month,
)
from daybook.db.engine import Database
from daybook.ledger.rules import Role, SourceKind
from daybook_choosing import Chooser, Seeded
from daybook_people import client_of
from daybook_report_doors import (
    ReportDoors,
    Rows,
    deferred_of,
    without_manual_ids,
    without_nothing,
)
from daybook_revenue_compared import same
from daybook_revenue_history import RevenueHistory, interesting_days
from daybook_revenue_oracle import Narrow, Nets, Oracle
from daybook_services.faults import examples
from daybook_site import settings_for

# Each query runs on both in tests/reports/test_revenue_laws.py.
pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

STEPS = 14
ASKED = 2
"""How many sets of parameters each report is asked for."""


class Told(NamedTuple):
    """A ledger with a history behind every door, and what the rules say of it."""

    doors: ReportDoors
    oracle: Oracle
    own_ids: Mapping[str, Mapping[int, str]]
    kinds: Mapping[int, SourceKind]

    def parties(self, customer: int | None, product: int | None) -> tuple[str, str]:
        """The own ids of a customer and a product; empty for none."""
        customers, products = self.own_ids["customers"], self.own_ids["products"]
        return customers.get(customer or 0, ""), products.get(product or 0, "")


At: TypeAlias = tuple[int, Day, Narrow]
"""A recording, a day and a filter."""
Amounts: TypeAlias = dict[tuple[str, ...], dict[str, int]]


@pytest.fixture(scope="module")
async def told(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Told]:
    """A history, which no test changes."""
    history = RevenueHistory(module_database, Seeded("doors"))
    await history.play(STEPS)
    own_ids: dict[str, dict[int, str]] = {}
    kinds: dict[int, SourceKind] = {}
    async with module_database.reads() as session:
        for name in ("customers", "products", "documents"):
            statement = f"SELECT id, external_id FROM {name}"  # noqa: S608  (our tables)
            rows = await session.execute(text(statement))
            own_ids[name] = {row[0]: row[1] for row in rows}
        for id_, kind in await session.execute(text("SELECT id, kind FROM documents")):
            kinds[id_] = SourceKind(kind)
    folder = tmp_path_factory.mktemp("doors")
    with client_of(settings_for(module_database.url, data=folder)) as client:
        doors = ReportDoors(module_database, client, folder)
        yield Told(doors, await history.oracle(), own_ids, kinds)


@pytest.mark.parametrize(
    "name", ["deferred-revenue", "waterfall", "cohorts", "roll-forward"]
)
async def test_a_report_is_the_same_at_every_door(told: Told, name: str) -> None:
    choose = Seeded(name)
    for _ in range(examples(ASKED)):
        given = parameters(told, choose, name)
        expected = rows_by_the_rules(told, name, given)

        same(
            f"{name} by command, {given}", told.doors.by_command(name, given), expected
        )
        same(f"{name}.csv, {given}", told.doors.by_download(name, given), expected)
        same(f"{name}.parquet, {given}", told.doors.by_parquet(name, given), expected)
        by_query = told.doors.by_query(name, given)
        is_named = name != "deferred-revenue"
        by_rules = expected if is_named else without_manual_ids(expected)
        same(f"{name} by query, {given}", by_query, by_rules)
        shown = told.doors.by_page(name, given)
        for amount in sums(name, expected):
            assert amount in {cell for row in shown.values() for cell in row}, given


async def test_the_journals_of_a_column_come_to_its_figure(told: Told) -> None:
    oracle = told.oracle
    on = max(side.day for side in oracle.sides(oracle.stored.recordings))
    months = oracle.roll_forward(
        *(oracle.stored.recordings, Role.DEFERRED, month_of(on) - 23, on)
    )
    columns = [
        (month, column, amount)
        for month, its in months.items()
        for column, amount in its.columns.items()
    ]
    assert {column for _, column, _ in columns} > {"BILLED", "RECOGNIZED", "MANUAL"}

    for month, column, amount in columns[:: max(1, 12 // examples(1))]:
        given = {
            "currency": "USD",
            "account": "deferred",
            "column": column.lower().replace("_", "-"),
            "from": f"{month_text(month)}-01",
            "to": day_text(on),
        }
        given["to"] = day_text(parse_day(f"{month_text(month + 1)}-01") - 1)
        answer = told.doors.client.get(
            "/journals.csv", params={**given, "include_scheduled": "yes"}
        )
        assert answer.status_code == 200, answer.text
        found = deferred_of(answer.text)
        assert found == Decimal(amount) / 100, given


def parameters(told: Told, choose: Chooser, name: str) -> dict[str, str]:
    """Parameters as texts; the day is always one of them."""
    recorded = sorted(set(told.oracle.stored.recorded_on.values()))
    given = {}
    recording = told.oracle.stored.recordings
    if choose.integer(0, 1):
        as_of = choose.one_of(recorded)
        given["as_of"] = day_text(as_of)
        recording = recording_of(told, as_of)
    days = interesting_days(told.oracle, recording) or recorded
    given["on"] = day_text(choose.one_of(days))
    for parameter, of in (("customer", "customers"), ("product", "products")):
        if not choose.integer(0, 3):
            given[parameter] = choose.one_of(sorted(told.own_ids[of].values()))
    documents = [
        f"{told.kinds[id_].name}:{own}"
        for id_, own in told.own_ids["documents"].items()
        if told.kinds[id_] is not SourceKind.STANDALONE
    ]
    if not choose.integer(0, 3):
        given["document"] = choose.one_of(documents)
    if name == "waterfall" and choose.integer(0, 1):
        given["apart"] = "yes"
    if name == "deferred-revenue" and not choose.integer(0, 2):
        given["open_only"] = "yes"
    if name == "roll-forward":
        given["from"] = month_text(month_of(parse_day(given["on"])) - 3)
        given["account"] = choose.one_of(["deferred", "unbilled"])
    return given


def recording_of(told: Told, as_of: int) -> int:
    """The last recording of a day or of those before it."""
    return max(
        number for number, day in told.oracle.stored.recorded_on.items() if day <= as_of
    )


def rows_by_the_rules(told: Told, name: str, given: Mapping[str, str]) -> Rows:
    """What the oracle says, as rows of texts and decimals."""
    recording = told.oracle.stored.recordings
    if "as_of" in given:
        recording = recording_of(told, parse_day(given["as_of"]))
    at = (recording, parse_day(given["on"]), _narrow(told, given))
    rows = {
        "deferred-revenue": _deferred,
        "waterfall": _waterfall,
        "cohorts": _cohorts,
        "roll-forward": _roll_forward,
    }[name](told, at, given)
    return without_nothing(
        {
            key: {its: Decimal(amount) / 100 for its, amount in row.items()}
            for key, row in rows.items()
        }
    )


def _deferred(told: Told, at: At, given: Mapping[str, str]) -> Amounts:
    rows: dict[tuple[str, ...], Nets] = defaultdict(Nets)
    open_ = told.oracle.open_parts(*at[:2])
    for line, nets in told.oracle.deferred(*at).items():
        if "open_only" in given and (line.is_manual, line.family) not in open_:
            continue
        kind = told.kinds[line.document_id].name
        document = told.own_ids["documents"][line.document_id]
        key = (kind, document, *told.parties(line.customer_id, line.product_id))
        rows[key] = rows[key].plus(nets)
    if "open_only" not in given:
        rows["STANDALONE", "", "", ""] = told.oracle.other_manual_journals(*at)
    return {key: nets._asdict() for key, nets in rows.items()}


def _waterfall(told: Told, at: At, given: Mapping[str, str]) -> Amounts:
    found = told.oracle.waterfall(*at, apart="apart" in given)
    return {
        (*told.parties(customer, product), str(is_manual).lower()): {
            **{its: amount for its, amount in vars(falls).items() if its != "months"},
            **{month_text(month): amount for month, amount in falls.months.items()},
        }
        for (customer, product, is_manual), falls in found.items()
    }


def _cohorts(told: Told, at: At, _given: Mapping[str, str]) -> Amounts:
    return {
        ("" if month is None else month_text(month),): {
            "booked": its.booked,
            "remaining": its.remaining,
            "unscheduled": its.unscheduled,
            **{f"recognized {month_text(m)}": a for m, a in its.recognized.items()},
            **{f"scheduled {month_text(m)}": a for m, a in its.scheduled.items()},
        }
        for month, its in told.oracle.cohorts(*at).items()
    }


def _roll_forward(told: Told, at: At, given: Mapping[str, str]) -> Amounts:
    recording, on, narrow = at
    role, first = Role[given["account"].upper()], parse_month(given["from"])
    found = told.oracle.roll_forward(recording, role, first, on, narrow)
    return {
        (month_text(month),): {
            "opening": its.opening,
            "closing": its.closing,
            **{column.lower(): amount for column, amount in its.columns.items()},
        }
        for month, its in found.items()
    }


def _narrow(told: Told, given: Mapping[str, str]) -> Narrow:
    def number(of: str, own: str | None) -> int | None:
        found = [id_ for id_, own_id in told.own_ids[of].items() if own_id == own]
        return found[0] if found else None

    kind, _, own = given.get("document", "").partition(":")
    documents = [
        id_
        for id_, own_id in told.own_ids["documents"].items()
        if own_id == own and told.kinds[id_].name == kind
    ]
    return Narrow(
        number("customers", given.get("customer")),
        number("products", given.get("product")),
        documents[0] if documents else None,
    )


def sums(name: str, rows: Rows) -> list[str]:
    """Sums that the page has to show: of all rows, or of the last month."""
    if name == "roll-forward":
        last = max(rows, default=None)
        closing = rows[last].get("closing") if last else None
        return [f"{closing:,.2f}"] if closing else []
    figures = {"deferred-revenue": ("booked", "recognized", "remaining")}
    total = {
        figure: sum((row.get(figure, Decimal()) for row in rows.values()), Decimal())
        for figure in figures.get(name, ("booked", "remaining"))
    }
    return [f"{amount:,.2f}" for amount in total.values() if amount]
