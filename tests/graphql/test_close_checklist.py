"""The checklist of a month's close through the API: steps, checks and their rows."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from daybook.closing.rules import CloseCheckKind as StoredCheck
from daybook.closing.rules import CloseStepKind as StoredStep
from daybook.closing.rules import CloseStepState as StoredState
from daybook.configuration.commands import set_product_method
from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook.recognition.rules import Method
from daybook.settings import Settings
from daybook_adjusting import credit, debit, drafted
from daybook_adjusting import entered as manual
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    pin,
    prepayment_line,
    record,
    terms,
)
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.closing.enums import (
    CloseCheckKind,
    CloseStepKind,
    CloseStepState,
)
from daybook_graphql.context import Context
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.schema import schema
from daybook_people import caller
from daybook_posted import days, made, mark
from daybook_report_answers import plain

pytestmark = pytest.mark.anyio

Ask: TypeAlias = Callable[..., Awaitable[Any]]

CHECKLIST = f"""query($month: Date!) {{
  closeChecklist(ledgerId: "{encode(LedgerId("USD"))}", month: $month) {{
    month steps {{ kind state words count }}
    checks {{ kind count dueCount rows {{
      message customer {{ externalId }} product {{ externalId }}
      document {{ reference }} journal {{ number }} manualJournal {{ id }}
      amount {{ amount currency }} isDue
    }} }}
  }}
}}"""
OCTOBER = "2025-10-20"


@pytest.fixture
def ask(database: Database, settings: Settings) -> Ask:
    """Asks for the checklist of a month, on 10 November 2025."""
    moment = datetime(2025, 11, 10, 12, tzinfo=UTC)
    present = settings.model_copy(update={"now": moment})

    async def answer(month: str) -> Any:
        result = await schema.execute(
            CHECKLIST,
            variable_values={"month": month},
            context_value=Context(database, present, caller()),
        )
        assert not result.errors, result.errors
        assert result.data is not None
        return plain(result.data["closeChecklist"])

    return answer


async def a_month_to_close(database: Database) -> None:
    """An October in which every check finds something."""
    small = line(its_terms=terms("0.03"), product="prod_2")
    await record(
        database,
        *(invoice("inv_1"), invoice("inv_small", small)),
        invoice("inv_grant", prepayment_line("500.00", expires_on="2025-10-15")),
        on="2025-09-01",
    )
    its_pin = await pin(database, on="2025-10-15")
    until_september = days("2025-01-01", "2025-09-30")
    await mark(database, await made(database, until_september, its_pin=its_pin))
    credited = credited_line("90.00")
    await record(
        database,
        credit_note("cn_1", credited, accounting_date="2025-09-01"),
        on="2025-10-16",
    )
    await lock(database, "2025-09-30", on="2025-10-17")
    third = line(its_terms=terms("100.00", ("2025-09-01", "2025-11-30")))
    other = line(
        "2", its_terms=terms("5.00", ("2025-10-05", "2025-10-05")), product="prod_2"
    )
    await record(
        database,
        invoice("inv_late", third, other, accounting_date="2025-10-05"),
        on=OCTOBER,
    )
    await set_product_method(
        *(database, ORGANISATION, "prod_2"),
        method=Method.POINT_IN_TIME,
        now=datetime(2025, 10, 21, tzinfo=UTC),
        made_by="Ada",
    )
    lines = debit(Role.UNBILLED, "9.00"), credit(Role.RECOGNIZED, "9.00")
    await drafted(database, manual(*lines, day="2025-10-31"), on="2025-10-31")


async def test_a_ledger_has_its_checklist_too(
    database: Database, settings: Settings, ask: Ask
) -> None:
    await a_month_to_close(database)
    query = """query($month: Date!) {
      ledgers { currency closeChecklist(month: $month) {
        month steps { kind state words count } checks { kind count } } } }"""
    moment = datetime(2025, 11, 10, 12, tzinfo=UTC)

    result = await schema.execute(
        query,
        variable_values={"month": OCTOBER},
        context_value=Context(
            database, settings.model_copy(update={"now": moment}), caller()
        ),
    )

    assert not result.errors, result.errors
    assert result.data is not None
    (ledger,) = result.data["ledgers"]
    shown, whole = ledger["closeChecklist"], await ask(OCTOBER)
    assert (shown["month"], shown["steps"]) == ("2025-10-01", whole["steps"])
    assert [check["count"] for check in shown["checks"]] == [
        check["count"] for check in whole["checks"]
    ]


def test_the_schema_has_every_kind_and_state() -> None:
    for shown, stored in (
        (CloseCheckKind, StoredCheck),
        (CloseStepKind, StoredStep),
        (CloseStepState, StoredState),
    ):
        assert [its.name for its in shown] == [its.name for its in stored]


async def test_checks_name_their_rows(database: Database, ask: Ask) -> None:
    await a_month_to_close(database)

    shown = await ask(OCTOBER)

    assert shown["month"] == "2025-10-01"
    nothing = dict.fromkeys(
        ("customer", "product", "document", "journal", "manualJournal", "amount")
    )
    acme, platform = {"externalId": "cus_1"}, {"externalId": "prod_1"}
    found = {check["kind"]: check for check in shown["checks"]}
    assert [*found] == [kind.name for kind in StoredCheck]
    assert {check["count"] for check in found.values()} == {1}
    rows = {kind: check["rows"][0] for kind, check in found.items()}
    words = {kind: row.pop("message") for kind, row in rows.items()}
    # A lock moved what was recorded late: there is nothing to do.
    late = {"AFTER_CLOSE"}
    assert {kind for kind, row in rows.items() if not row.pop("isDue")} == late
    assert {kind for kind, check in found.items() if not check["dueCount"]} == late
    assert rows == {
        "ENDED_WITH_DEFERRED": nothing
        | {
            "customer": acme,
            "product": {"externalId": "credits"},
            "document": {"reference": "INV_GRANT"},
            "amount": "500.00",
        },
        "NO_ENTRY_THIS_MONTH": nothing
        | {
            "customer": acme,
            "product": {"externalId": "prod_2"},
            "document": {"reference": "INV_SMALL"},
            "amount": "0.03",
        },
        "NO_PRODUCT_METHOD": nothing
        | {
            "customer": acme,
            "product": platform,
            "document": {"reference": "INV_LATE"},
        },
        "OTHER_PRODUCT_METHOD": nothing
        | {
            "customer": acme,
            "product": {"externalId": "prod_2"},
            "document": {"reference": "INV_LATE"},
        },
        # 90.00 over September to December: 22.50 less in September.
        "CHANGED_AFTER_POSTING": nothing
        | {
            "customer": acme,
            "product": platform,
            "document": {"reference": "INV_1"},
            "journal": {"number": "11"},
            "amount": "-22.50",
        },
        "AFTER_CLOSE": nothing | {"document": {"reference": "INV_LATE"}},
        "WAITING_DRAFTS": nothing
        | {"manualJournal": {"id": encode(ManualJournalId(1))}, "amount": "9.00"},
    }
    assert words["ENDED_WITH_DEFERRED"] == (
        "service ended 15 Oct 2025, and Deferred still has 500.00"
    )
    assert all(words.values())


async def test_steps_say_what_is_done(database: Database, ask: Ask) -> None:
    await a_month_to_close(database)

    steps = {step["kind"]: step for step in (await ask(OCTOBER))["steps"]}
    september = {step["kind"]: step for step in (await ask("2025-09-01"))["steps"]}

    assert {kind: step["state"] for kind, step in steps.items()} == {
        "IMPORTS": "DUE",
        "PRODUCT_METHODS": "DUE",
        "MAPPING": "NOT_NEEDED",
        "MANUAL_JOURNALS": "DUE",
        "TIE_OUT": "DUE",
        "LOCK": "DUE",
        "EXPORT": "DUE",
    }
    assert steps["MANUAL_JOURNALS"] == {
        "kind": "MANUAL_JOURNALS",
        "state": "DUE",
        "words": "1 manual journal of the month not posted yet",
        "count": 1,
    }
    assert september["LOCK"]["state"] == "DONE"
    assert september["LOCK"]["words"] == "locked through 30 Sep 2025"


async def test_a_month_without_anything_has_nothing_to_look_at(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice("inv_1"))

    shown = await ask("2024-12-31")

    assert shown["month"] == "2024-12-01"
    assert {check["kind"]: check["count"] for check in shown["checks"]} == {
        kind.name: 0 for kind in StoredCheck
    }
    assert all(check["rows"] == [] for check in shown["checks"])
