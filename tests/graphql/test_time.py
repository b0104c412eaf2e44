"""As-of days, what a lock moved, journal groups and what came about, in the API."""

from dataclasses import replace
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.ledger.rules import SourceKind
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    record,
    terms,
    usage_line,
    usd,
)
from daybook_graphql.documents.ids import (
    BillingScheduleId,
    CreditNoteId,
    InvoiceId,
    document_id,
    kind_of,
)
from daybook_graphql.journals.ids import JournalId, MovementId
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.paging import cursor_of
from daybook_graphql.ledgers.ids import LedgerId

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

USD = encode(LedgerId("USD"))
JANUARY = {"from": "2025-01-01", "to": "2025-01-31"}


async def a_history(database: Database) -> None:
    """An invoice; a credit note in April; a late one into a lock, and a new name."""
    await record(database, invoice())
    note = credit_note(
        "cn_1", credited_line("300.00"), accounting_date="2025-04-01", customer="cus_1"
    )
    await record(database, note, on="2025-04-01")
    await lock(database, "2025-04-30", on="2025-05-01")
    late = invoice("inv_late", line(its_terms=terms("365.00")), customer_name="Renamed")
    await record(database, late, on="2025-05-02")


JOURNALS = """query($filter: JournalFilter) {
  journals(ledgerId: "LEDGER", filter: $filter, first: 100) {
    totalCount totals { account { role } debit { amount } }
    edges { posted { amount } scheduled { amount }
      node { number type customer { name } document { externalId } } } } }""".replace(
    "LEDGER", USD
)


async def journals(ask: Ask, **wanted: Any) -> dict[str, Any]:
    answer = await ask(JOURNALS, {"filter": wanted})
    assert "errors" not in answer, answer
    found: dict[str, Any] = answer["data"]["journals"]
    return found


async def test_an_as_of_day_shows_what_was_known(database: Database, ask: Ask) -> None:
    await a_history(database)

    before = await journals(ask, asOf="2025-03-31")
    later = await journals(ask, asOf="2025-04-01")
    now = await journals(ask)
    future = await journals(ask, asOf="2030-01-01")
    nothing = await journals(ask, asOf="2024-12-31")

    assert (before["totalCount"], later["totalCount"]) == (12, 13)
    assert now == future
    assert now["totalCount"] > 13
    assert nothing == {"totalCount": 0, "totals": [], "edges": []}
    names = [{edge["node"]["customer"]["name"] for edge in some["edges"]} for some in
             (before, now)]  # fmt: skip
    assert names == [{"Acme"}, {"Renamed"}]


async def test_on_divides_by_the_as_of_day(database: Database, ask: Ask) -> None:
    await record(database, invoice())
    days = {"posted": {"from": "2025-03-01", "to": "2025-03-31"}}

    def amounts(found: dict[str, Any]) -> list[str]:
        (edge,) = found["edges"]
        return [edge["posted"]["amount"], edge["scheduled"]["amount"]]

    # 100.00 in March is 3.23 a day; the schema's present is 15 June.
    assert amounts(await journals(ask, **days)) == ["100.00", "0.00"]
    as_of = await journals(ask, **days, asOf="2025-03-10")
    assert amounts(as_of) == ["32.30", "67.70"]
    on = await journals(ask, **days, asOf="2025-03-10", on="2025-03-20")
    assert amounts(on) == ["64.60", "35.40"]


async def test_filters_by_lock_type_schedule_and_recognition(
    database: Database, ask: Ask
) -> None:
    await a_history(database)
    bill = invoice(
        "inv_bs",
        line(its_terms=terms("620.00", ("2025-05-01", "2025-05-31"))),
        accounting_date="2025-06-01",
        billing_schedule_id="bs_1",
    )
    period = ("2025-05-01", "2025-06-30")
    await record(database, billing_schedule(period=period), bill, on="2025-06-01")

    def documents(found: dict[str, Any]) -> set[str]:
        return {edge["node"]["document"]["externalId"] for edge in found["edges"]}

    moved = await journals(ask, shifted=True)
    unmoved = await journals(ask, shifted=False)
    every = await journals(ask)
    of_schedule = await journals(
        ask, billingScheduleId=encode(BillingScheduleId("bs_1"))
    )
    its_own = await journals(ask, documentId=encode(BillingScheduleId("bs_1")))
    settled = await journals(ask, excludeFullyRecognized=True, on="2026-01-01")

    assert documents(moved) == {"inv_late"}
    assert moved["totalCount"] == len(moved["edges"]) == 1
    assert moved["totalCount"] + unmoved["totalCount"] == every["totalCount"]
    assert documents(of_schedule) == {"bs_1", "inv_bs"}
    assert documents(its_own) == {"bs_1"}
    assert (await journals(ask, type="MANUAL"))["totalCount"] == 0
    assert await journals(ask, type="SYSTEM") == every
    assert {edge["node"]["type"] for edge in every["edges"]} == {"SYSTEM"}
    # June was accrued and never billed: that schedule's family stays open.
    assert documents(settled) == {"bs_1", "inv_bs"}


@pytest.mark.either_database
async def test_an_unknown_billing_schedule_is_named(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice())
    wanted = {"billingScheduleId": encode(BillingScheduleId("none"))}

    (error,) = (await ask(JOURNALS, {"filter": wanted}))["errors"]

    assert error["extensions"]["problems"][0]["code"] == "NOT_FOUND"


async def test_a_movement_tells_its_lock_and_how_it_came_about(
    database: Database, ask: Ask
) -> None:
    await a_history(database)
    document = """query { journals(ledgerId: "LEDGER", filter: { shifted: true }) {
      nodes { movements { amount { amount } postedOn serviceFrom serviceTo lockedThrough
        narrative explanation supersededAt } } } }""".replace("LEDGER", USD)

    (journal,) = (await ask(document))["data"]["journals"]["nodes"]

    moved = [movement for movement in journal["movements"] if movement["lockedThrough"]]
    assert {one["postedOn"] for one in moved} == {"2025-05-01"}
    assert {one["lockedThrough"] for one in moved} == {"2025-04-30"}
    recognized = next(one for one in moved if "Recognized" in one["narrative"])
    assert recognized["serviceFrom"] == "2025-01-01"
    assert recognized["serviceTo"] == "2025-04-30"
    assert (
        "Recognized for 1 Jan – 30 Apr 2025, posted 1 May 2025: period locked through"
        " 30 Apr 2025" in recognized["narrative"]
    )
    assert "the first open day." in recognized["explanation"]
    assert {movement["supersededAt"] for movement in journal["movements"]} == {None}


async def test_fields_of_a_journal_take_as_of_days(
    database: Database, ask: Ask
) -> None:
    await a_history(database)
    document = """query($id: ID!, $asOf: Date, $on: Date) { journal(id: $id) {
      total(asOf: $asOf) { amount } movements(asOf: $asOf) { amount { amount } }
      entries(asOf: $asOf) { totalCount } fullyRecognized(on: $on, asOf: $asOf)
      supersededCount supersededAt supersededAfter } }"""
    variables = {"id": encode(JournalId("USD", 12)), "asOf": "2025-03-31"}

    async def ask_for(**more: str | None) -> dict[str, Any]:
        found = (await ask(document, {**variables, **more}))["data"]["journal"]
        return dict(found)

    then, now = await ask_for(), await ask_for(asOf=None)

    # What 300.00 less leaves of nine months is 66.67 each; the last takes the rest.
    assert then["total"] == {"amount": "100.00"}
    assert now["total"] == {"amount": "66.64"}
    assert [movement["amount"]["amount"] for movement in now["movements"]] == ["66.64"]
    assert now["entries"]["totalCount"] == 31
    assert (now["supersededCount"], now["supersededAfter"]) == (1, "2025-03-31")
    assert now["supersededAt"] == "2025-04-01T12:00:00Z"
    assert not now["fullyRecognized"]
    assert (await ask_for(on="2025-12-31"))["fullyRecognized"]
    assert not (await ask_for(on="2025-12-30"))["fullyRecognized"]


async def test_a_superseded_movement_is_found_by_its_id(
    database: Database, ask: Ask
) -> None:
    await a_history(database)
    ids = [encode(MovementId("USD", 12, seq)) for seq in (1, 2)]
    document = """query($ids: [ID!]!) { nodes(ids: $ids) {
      ... on Movement { amount { amount } supersededAt } } }"""

    old, new = (await ask(document, {"ids": ids}))["data"]["nodes"]

    assert old["supersededAt"] == "2025-04-01T12:00:00Z"
    assert new["supersededAt"] is None
    assert (old["amount"]["amount"], new["amount"]["amount"]) == ("100.00", "66.64")


async def test_balances_and_months_are_of_the_as_of_day(
    database: Database, ask: Ask
) -> None:
    await a_history(database)
    document = """query($asOf: Date) {
      ledgers(asOf: $asOf) { lastMonth accounts { role balance } }
      ledger(currency: "USD", asOf: $asOf) {
        recognizedByMonth(months: { from: "2025-12-01", to: "2025-12-31" }) {
          amount { amount } } } }""".replace("balance }", "balance { amount } }")

    def balances(answer: dict[str, Any]) -> dict[str, str]:
        (ledger,) = answer["data"]["ledgers"]
        return {
            account["role"]: account["balance"]["amount"]
            for account in ledger["accounts"]
        }

    march = await ask(document, {"asOf": "2025-03-31"})
    june = await ask(document)

    assert balances(march) == {
        "BILLED": "1200.00",
        "UNBILLED": "0.00",
        "DEFERRED": "900.00",
        "RECOGNIZED": "300.00",
    }
    # All that is posted by 15 June: what was billed is deferred, or recognized.
    now = {role: usd(amount) for role, amount in balances(june).items()}
    assert now["BILLED"] == usd("1265.00")
    assert now["BILLED"] - now["DEFERRED"] == now["RECOGNIZED"]
    months = [
        one["data"]["ledger"]["recognizedByMonth"][0]["amount"]["amount"]
        for one in (march, june)
    ]
    assert months[0] == "100.00"
    assert months[1] == "97.02"


GROUPS = """query($by: [JournalGrouping!]!, $granularity: Granularity!,
  $filter: JournalFilter, $first: Int, $after: String, $last: Int, $before: String) {
  journalGroups(ledgerId: "LEDGER", by: $by, granularity: $granularity, filter: $filter,
    first: $first, after: $after, last: $last, before: $before) {
    totalCount totals { account { role } debit { amount } }
    pageInfo { hasNextPage endCursor }
    nodes { key period total { amount } posted { amount } scheduled { amount }
      narrative customer { externalId } product { name } document { externalId }
      pairs { debit { role } credit { role } amount { amount } }
      totals { account { role } credit { amount } } } } }""".replace("LEDGER", USD)


async def test_groups_have_keys_and_sums(database: Database, ask: Ask) -> None:
    await record(
        database,
        invoice("inv_1"),
        invoice("inv_2", customer="a/b", customer_name="Slash"),
        invoice("inv_3", usage_line("u", usage={"2025-01-03": "100.00"})),
    )
    variables: dict[str, Any] = {"by": ["CUSTOMER"], "granularity": "MONTHLY"}
    variables["filter"] = {"posted": JANUARY}

    found = (await ask(GROUPS, variables))["data"]["journalGroups"]
    by_day = await ask(GROUPS, {**variables, "by": [], "granularity": "DAILY"})

    assert [node["key"] for node in found["nodes"]] == [
        "2025-01/a%2Fb",
        "2025-01/cus_1",
    ]
    slash, acme = found["nodes"]
    assert slash["customer"] == {"externalId": "a/b"}
    assert slash["product"] is slash["document"] is None
    assert slash["narrative"] == (
        "Slash, Jan 2025: 1,200.00 USD billed, 100.00 USD recognized."
    )
    assert slash["total"] == {"amount": "1300.00"}
    assert [pair["amount"]["amount"] for pair in acme["pairs"]] == [
        "1300.00",
        "200.00",
    ]
    days = by_day["data"]["journalGroups"]
    assert days["totalCount"] == 31
    assert days["nodes"][0]["key"] == days["nodes"][0]["period"] == "2025-01-01"
    assert days["totals"] == found["totals"]


async def test_groups_of_all_days_have_one_sum_each(
    database: Database, ask: Ask
) -> None:
    await record(
        database,
        invoice("inv_1"),
        invoice("inv_2", line(), line("2", product="p2"), customer="a/b"),
    )
    quarter = {"from": "2025-01-01", "to": "2025-03-31"}
    variables: dict[str, Any] = {"by": ["CUSTOMER"], "granularity": "TOTAL"}

    answer = await ask(GROUPS, {**variables, "filter": {"posted": quarter}, "first": 1})
    found = answer["data"]["journalGroups"]
    after = found["pageInfo"]["endCursor"]
    rest = {"filter": {"posted": quarter}, "after": after}
    others = (await ask(GROUPS, {**variables, **rest}))["data"]["journalGroups"]
    months = await ask(
        GROUPS,
        {"by": ["CUSTOMER"], "granularity": "MONTHLY", "filter": {"posted": quarter}},
    )

    assert found["totalCount"] == others["totalCount"] == 2
    (slash,), (acme,) = found["nodes"], others["nodes"]
    assert (slash["key"], acme["key"]) == ("total/a%2Fb", "total/cus_1")
    assert slash["period"] == acme["period"] == "2025-01-01"
    assert slash["narrative"] == (
        "Acme, 1 Jan – 31 Mar 2025: 2,400.00 USD billed, 600.00 USD recognized."
    )
    assert (slash["total"], acme["total"]) == (
        {"amount": "3000.00"},
        {"amount": "1500.00"},
    )
    assert found["totals"] == months["data"]["journalGroups"]["totals"]


@pytest.mark.parametrize(
    ("posted", "words", "period"),
    [
        (None, "in all", "2000-01-01"),
        ({"from": "2025-02-01"}, "from 1 Feb 2025 on", "2025-02-01"),
        ({"to": "2025-12-31"}, "through 31 Dec 2025", "2000-01-01"),
    ],
)
async def test_groups_of_all_days_say_which(
    database: Database, ask: Ask, posted: Any, words: str, period: str
) -> None:
    await record(database, invoice())
    variables: dict[str, Any] = {"by": [], "granularity": "TOTAL"}

    answer = await ask(GROUPS, {**variables, "filter": posted and {"posted": posted}})

    (group,) = answer["data"]["journalGroups"]["nodes"]
    assert (group["key"], group["period"]) == ("total", period)
    assert group["narrative"].startswith(f"{words}: ")


async def test_pages_of_groups_go_on_from_their_cursor(
    database: Database, ask: Ask
) -> None:
    await record(database, *(invoice(f"inv_{at}", line(), line("2", product="p2"))
                             for at in range(3)))  # fmt: skip
    variables: dict[str, Any] = {"by": ["DOCUMENT", "PRODUCT"], "first": 4}
    variables |= {"granularity": "MONTHLY", "filter": {"posted": JANUARY}}
    keys, after = [], None
    while True:
        answer = await ask(GROUPS, {**variables, "after": after})
        page = answer["data"]["journalGroups"]
        keys += [node["key"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    assert keys == [
        f"2025-01/{product}/invoice:inv_{at}"
        for product in ("p2", "prod_1")
        for at in range(3)
    ]


@pytest.mark.parametrize("key", [[10**17], ["a"], [20000, "x"], [20000.0], [True]])
@pytest.mark.either_database
async def test_a_cursor_that_is_none_of_the_list_is_refused(
    database: Database, ask: Ask, key: list[Any]
) -> None:
    await record(database, invoice())
    variables = {"by": [], "granularity": "DAILY", "after": cursor_of(key)}

    (error,) = (await ask(GROUPS, variables))["errors"]

    assert error["extensions"]["code"] == "INVALID_CURSOR"


async def test_a_billing_schedule_is_a_source_and_its_invoices_parent(
    database: Database, ask: Ask
) -> None:
    bill = invoice(
        "inv_bs",
        line(its_terms=terms("600.00", ("2025-02-01", "2025-02-28"))),
        accounting_date="2025-03-01",
        billing_schedule_id="bs_1",
        discount="20.00",
    )
    await record(database, billing_schedule(), bill)
    ids = [encode(BillingScheduleId("bs_1")), encode(InvoiceId("inv_bs"))]
    document = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Source {
        kind status reference total { amount } }
      ... on Invoice { discount { amount } billingSchedule { externalId } }
      ... on BillingSchedule { lines { amount { amount } } } } }"""

    schedule, its_invoice = (await ask(document, {"ids": ids}))["data"]["nodes"]

    assert schedule == {
        "kind": "BILLING_SCHEDULE",
        "status": "FINAL",
        "reference": "BS_1",
        "total": {"amount": "600.00"},
        "lines": [{"amount": {"amount": "600.00"}}],
    }
    assert its_invoice["billingSchedule"] == {"externalId": "bs_1"}
    assert its_invoice["total"] == {"amount": "580.00"}
    assert its_invoice["discount"] == {"amount": "20.00"}


def test_ids_tell_the_kind_of_document() -> None:
    for kind, made in (
        (SourceKind.INVOICE, InvoiceId("a")),
        (SourceKind.CREDIT_NOTE, CreditNoteId("a")),
        (SourceKind.BILLING_SCHEDULE, BillingScheduleId("a")),
    ):
        assert document_id(int(kind), "a") == made
        assert kind_of(made) is kind


async def test_a_revised_document_shows_what_it_was(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice())
    revised = replace(invoice(), number="NEW", lines=(line(its_terms=terms("36.00")),))
    await record(database, revised, on="2025-03-01")
    document = """query($asOf: Date) { journal(id: "JOURNAL", asOf: $asOf) { document {
      reference total { amount } ... on Invoice { lines { amount { amount } } } } } }
    """.replace("JOURNAL", encode(JournalId("USD", 2)))

    then = (await ask(document, {"asOf": "2025-02-01"}))["data"]["journal"]["document"]
    now = (await ask(document))["data"]["journal"]["document"]

    assert (then["reference"], now["reference"]) == ("INV_1", "NEW")
    assert (then["total"]["amount"], now["total"]["amount"]) == ("1200.00", "36.00")
    assert [one["lines"][0]["amount"]["amount"] for one in (then, now)] == [
        "1200.00",
        "36.00",
    ]
