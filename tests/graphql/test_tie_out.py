"""The tie-out and its balances through the API: a cent is found and located."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from daybook.closing.rules import FindingKind
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_deferred import DAY, deferred_history
from daybook_factories import invoice, line, pin, record, terms
from daybook_graphql.closing.enums import TieOutFindingKind
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.exports.ids import ExportRecordId
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.schema import schema
from daybook_jobs import NOW
from daybook_people import caller
from daybook_posted import days, made, mark
from daybook_report_answers import plain

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

Ask: TypeAlias = Callable[..., Awaitable[Any]]

LEDGER = encode(LedgerId("USD"))
MONEY = "{ amount currency }"
ENTER = """mutation($input: EnterBalancesInput!) { enterBalances(input: $input) {
  enteredCount unchangedCount recording userErrors { code message path line } } }"""
IMPORT = """mutation($input: ImportBalancesInput!) { importBalances(input: $input) {
  enteredCount unchangedCount recording userErrors { code message path line } } }"""
ENTERED = f"{{ account {{ role }} on balance {MONEY} label note by at }}"
BALANCES = f"""query(
  $first: Int, $after: String, $last: Int, $before: String
) {{
  enteredBalances(
    ledgerId: "{LEDGER}", first: $first, after: $after, last: $last, before: $before
  ) {{
    totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    nodes {{ on }} edges {{ cursor node {ENTERED} }}
  }}
}}"""
SUMS = f"ledger {MONEY} posted {MONEY} notExported {MONEY} difference {MONEY}"
TIE_OUT = f"""query($on: Date, $asOf: Date, $withMovements: Boolean! = true) {{
  tieOut(ledgerId: "{LEDGER}", on: $on, asOf: $asOf, withMovements: $withMovements) {{
    on findingCount
    accounts {{
      account {{ role }} target {SUMS} months {{ month {SUMS} }}
      balances {{
        on balance {MONEY} posted {MONEY} difference {MONEY} since entered {ENTERED}
      }}
    }}
    findings {{
      kind message target account month amount {MONEY} customer {{ externalId }}
      product {{ externalId }} document {{ id }} journal {{ id }} file {{ id }}
    }}
    ties {{ name words left {MONEY} right {MONEY} difference {MONEY} holds }}
  }}
}}"""


@pytest.fixture
async def ask(database: Database, settings: Settings) -> Ask:
    """Executes a document over a ledger whose file of January to May is posted."""
    await deferred_history(database)
    its_pin = await pin(database, on="2025-06-15")
    until_may = days("2025-01-01", "2025-05-31")
    await mark(database, await made(database, until_may, its_pin=its_pin))
    present = settings.model_copy(update={"now": NOW})

    async def answer(document: str, **variables: Any) -> Any:
        result = await schema.execute(
            document,
            variable_values=variables,
            context_value=Context(database, present, caller()),
        )
        assert not result.errors, result.errors
        assert result.data is not None
        (shown,) = result.data.values()
        return plain(shown)

    return answer


def balance(on: str, amount: str, **fields: str) -> dict[str, str]:
    """A balance of Deferred, as it is entered."""
    return {"account": "DEFERRED", "on": on, "balance": amount, **fields}


def entered(on: str, amount: str, **fields: str) -> dict[str, Any]:
    """The same as it is shown."""
    return {
        "account": {"role": "DEFERRED"},
        "on": on,
        "balance": amount,
        "label": "",
        "note": "",
        "by": caller().name,
        "at": "2025-10-15T12:00:00Z",
        **fields,
    }


async def enter(ask: Ask, *balances: dict[str, str], **fields: Any) -> Any:
    """Enter balances."""
    return await ask(ENTER, input={"ledgerId": LEDGER, "balances": balances} | fields)


def sums(ledger: str, posted: str, not_exported: str, difference: str) -> Any:
    """The figures of an account or a month."""
    names = ("ledger", "posted", "notExported", "difference")
    return dict(zip(names, (ledger, posted, not_exported, difference), strict=True))


def test_the_schema_has_every_kind_of_finding() -> None:
    assert {kind.name for kind in TieOutFindingKind} == {
        its.name for its in FindingKind
    }


async def test_every_figure_of_an_account(ask: Ask) -> None:
    await enter(ask, balance("2025-04-30", "1250.00"), balance("2025-05-31", "1050.01"))

    shown = await ask(TIE_OUT, on=DAY)

    assert shown["on"] == DAY
    roles = [account["account"]["role"] for account in shown["accounts"]]
    assert roles == ["BILLED", "UNBILLED", "DEFERRED", "RECOGNIZED"]
    (deferred,) = [
        account
        for account in shown["accounts"]
        if account["account"]["role"] == "DEFERRED"
    ]
    posted = {
        "2025-01-01": "1100.00",
        "2025-02-01": "-100.00",
        "2025-03-01": "-150.00",
        "2025-04-01": "400.00",
        "2025-05-01": "-200.00",
    }
    june = {"month": "2025-06-01"} | sums("-200.00", "0.00", "-200.00", "0.00")
    assert deferred == {
        "account": {"role": "DEFERRED"},
        "target": "FILES",
        **sums("850.00", "1050.00", "-200.00", "0.00"),
        "months": [
            *(
                {"month": month} | sums(amount, amount, "0.00", "0.00")
                for month, amount in posted.items()
            ),
            june,
        ],
        "balances": [
            {
                "on": "2025-04-30",
                "balance": "1250.00",
                "posted": "1250.00",
                "difference": "0.00",
                "since": None,
                "entered": [entered("2025-04-30", "1250.00")],
            },
            {
                "on": "2025-05-31",
                "balance": "1050.01",
                "posted": "1050.00",
                "difference": "0.01",
                "since": "2025-05-01",
                "entered": [entered("2025-05-31", "1050.01")],
            },
        ],
    }
    differing = {tie["name"] for tie in shown["ties"] if not tie["holds"]}
    assert differing == {"deferred_is_its_balance_in_files"}


async def test_a_cent_and_a_missing_journal_are_located(
    database: Database, ask: Ask
) -> None:
    await enter(ask, balance("2025-04-30", "1250.00"), balance("2025-05-31", "1050.01"))
    late = line(its_terms=terms("12.00", ("2025-05-01", "2025-05-31")))
    await record(
        database,
        invoice("inv_4", late, accounting_date="2025-05-01"),
        on="2025-10-15",
    )

    shown = await ask(TIE_OUT, on=DAY)

    findings = {(its["kind"], its["account"]): its for its in shown["findings"]}
    assert shown["findingCount"] == len(shown["findings"]) == 4
    nothing = dict.fromkeys(("customer", "product", "document", "journal", "file"))
    cent = findings["BALANCE", "DEFERRED"]
    assert "0.01 more" in cent.pop("message")
    assert cent == nothing | {
        "kind": "BALANCE",
        "target": "FILES",
        "account": "DEFERRED",
        "month": "2025-05-01",
        "amount": "0.01",
    }
    missing = findings["MISSING", "BILLED"]
    journal = encode(JournalId("USD", 30))
    assert "journal 30 is not in file 1 (MJ-0934)" in missing.pop("message")
    assert missing == {
        "kind": "MISSING",
        "target": "FILES",
        "account": "BILLED",
        "month": "2025-05-01",
        "amount": "12.00",
        "customer": {"externalId": "cus_1"},
        "product": {"externalId": "prod_1"},
        "document": {"id": encode(InvoiceId("inv_4"))},
        "journal": {"id": journal},
        "file": {"id": encode(ExportRecordId(1))},
    }
    assert findings["MISSING", "RECOGNIZED"]["amount"] == "12.00"
    later = findings["NOT_EXPORTED", None]
    assert (later["month"], later["amount"]) == ("2025-06-01", None)
    billed = shown["accounts"][0]
    assert billed["difference"] == "12.00"
    ties = {tie["name"]: tie for tie in shown["ties"]}
    assert ties["billed_in_files_is_explained"]["left"] == "12.00"
    assert {name for name, tie in ties.items() if not tie["holds"]} == {
        "billed_is_posted_in_files",
        "recognized_is_posted_in_files",
        "deferred_is_its_balance_in_files",
    }


async def test_movements_are_summed_again_unless_that_is_left_out(ask: Ask) -> None:
    whole = await ask(TIE_OUT, on=DAY)
    quick = await ask(TIE_OUT, on=DAY, withMovements=False)

    names = [{tie["name"] for tie in its["ties"]} for its in (whole, quick)]
    assert "movements_are_month_totals" in names[0] - names[1]
    assert quick["accounts"] == whole["accounts"]


async def test_the_day_is_today_and_an_earlier_one_knows_no_file(ask: Ask) -> None:
    today = await ask(TIE_OUT)
    before = await ask(TIE_OUT, asOf="2025-03-20")

    assert today["on"] == "2025-10-15"
    assert before["on"] == "2025-03-20"


async def test_balances_are_entered_replaced_and_listed(ask: Ask) -> None:
    first = await enter(
        ask,
        balance("2025-05-31", "1000.00", label="2400"),
        balance("2025-05-31", "50.00", label="2410"),
        note="trial balance",
    )
    again = await enter(
        ask,
        balance("2025-05-31", "1000.00", label="2400"),
        balance("2025-05-31", "50.01", label="2410"),
        note="trial balance",
    )
    (deferred,) = [
        account
        for account in (await ask(TIE_OUT, on=DAY))["accounts"]
        if account["account"]["role"] == "DEFERRED"
    ]
    listed = await ask(BALANCES, first=2)
    rest = await ask(BALANCES, first=2, after=listed["pageInfo"]["endCursor"])

    assert first == {
        "enteredCount": 2,
        "unchangedCount": 0,
        "recording": "7",
        "userErrors": [],
    }
    assert again == first | {
        "enteredCount": 1,
        "unchangedCount": 1,
        "recording": "8",
    }
    (at_the_end,) = deferred["balances"]
    assert at_the_end["balance"] == "1050.01"
    assert [its["label"] for its in at_the_end["entered"]] == ["2400", "2410"]
    assert listed["totalCount"] == 3
    its_note = {"note": "trial balance"}
    assert [edge["node"] for edge in listed["edges"] + rest["edges"]] == [
        entered("2025-05-31", "50.01", label="2410", **its_note),
        entered("2025-05-31", "50.00", label="2410", **its_note),
        entered("2025-05-31", "1000.00", label="2400", **its_note),
    ]
    assert listed["nodes"] == [{"on": "2025-05-31"}] * 2
    assert rest["pageInfo"]["hasNextPage"] is False


async def test_what_stands_so_already_changes_nothing(ask: Ask) -> None:
    await enter(ask, balance("2025-05-31", "1050.00"))

    again = await enter(ask, balance("2025-05-31", "1050.00"))

    assert again == {
        "enteredCount": 0,
        "unchangedCount": 1,
        "recording": None,
        "userErrors": [],
    }
    assert (await ask(BALANCES))["totalCount"] == 1


async def test_a_file_is_imported_whole_or_not_at_all(ask: Ask) -> None:
    rows = "account,date,balance,label\nDEFERRED,2025-04-30,1250.00,\n"
    file = {"ledgerId": LEDGER, "csv": rows, "note": "April"}
    wrong = file | {"csv": f"{rows}Deferred,31.5.2025,1,\nNone,2025-05-31,1.005,\n"}

    refused = await ask(IMPORT, input=wrong)
    nothing = await ask(BALANCES)
    taken = await ask(IMPORT, input=file)
    (edge,) = (await ask(BALANCES))["edges"]

    assert refused["enteredCount"] == nothing["totalCount"] == 0
    assert [(its["code"], its["path"], its["line"]) for its in refused["userErrors"]]
    assert taken == {
        "enteredCount": 1,
        "unchangedCount": 0,
        "recording": "7",
        "userErrors": [],
    }
    assert edge["node"] == entered("2025-04-30", "1250.00", note="April")


async def test_refusals_are_user_errors_of_the_inputs_fields(ask: Ask) -> None:
    none = await enter(ask)
    several = await enter(
        ask,
        balance("2025-05-31", "1,050.00"),
        balance("2025-05-31", "1050.001"),
        balance("2025-04-30", "1.00", label="x" * 151),
        note="n" * 2_001,
    )
    twice = await enter(
        ask, balance("2025-05-31", "1.00"), balance("2025-05-31", "2.00")
    )
    elsewhere = await enter(
        ask,
        balance("2025-05-31", "1.00"),
        ledgerId=encode(LedgerId("EUR")),
    )

    def places(payload: Any) -> Any:
        return [(its["code"], its["path"]) for its in payload["userErrors"]]

    assert places(none) == [("MISSING", ["balances"])]
    assert places(several) == [
        ("TOO_LARGE", ["note"]),
        ("INVALID_AMOUNT", ["balances", "0", "balance"]),
        ("INVALID_AMOUNT", ["balances", "1", "balance"]),
        ("INVALID_VALUE", ["balances", "2", "label"]),
    ]
    assert places(twice) == [("DUPLICATE", ["balances", "1", "label"])]
    assert places(elsewhere) == [("NOT_FOUND", ["ledgerId"])]
    assert none["recording"] is several["recording"] is None
