"""Recurring manual journals by GraphQL: what they show, their steps, what they made."""

from datetime import UTC, datetime
from typing import Any

import pytest

from daybook.access.rules import ROLES, Caller, MemberRole
from daybook.adjustments.recurring.running import run_recurrences
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_adjusting import ADA, BOB, four_eyes, two_people
from daybook_factories import invoice, record
from daybook_graphql.context import Context
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId
from daybook_graphql.recurring.ids import RecurrenceId
from daybook_graphql.schema import schema

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

SHOWN = """{
  number status version kind narrative dayOfMonth firstMonth untilMonth
  reversesNextMonth debits { amount } credits { amount }
  ledger { currency } customer { name } product { id }
  lines { direction amount { amount } description customer { name } }
  nextDates(first: 2) steps { kind by version reason } makers approvedBy reason
  actions refusal
}"""
PAYLOAD = f"""{{
  recurringManualJournal {SHOWN}
  userErrors {{ code path message }}
}}"""
RECURRENCE: dict[str, Any] = {
    "ledgerId": encode(LedgerId("USD")),
    "kind": "MANUAL_RECOGNITION",
    "narrative": "Support that isn't invoiced yet",
    "dayOfMonth": 31,
    "firstMonth": "2025-04-15",
    "untilMonth": "2025-12-31",
    "reversesNextMonth": True,
    "customerId": encode(CustomerId("cus_1")),
    "lines": [
        {"account": "UNBILLED", "direction": "DEBIT", "amount": "50.00"},
        {
            "account": "RECOGNIZED",
            "direction": "CREDIT",
            "amount": "50.00",
            "description": "Support",
        },
    ],
}
ID = encode(RecurrenceId(1))
SEEN = {"id": ID, "version": 1}


class Office:
    """Ada, an accountant, and Bob, a controller, who use the API."""

    def __init__(self, database: Database, settings: Settings, ids: list[int]) -> None:
        self.database, self.settings = database, settings
        self.ids = dict(zip((ADA, BOB), ids, strict=True))

    async def asks(self, who: str, document: str, **variables: Any) -> Any:
        """The data of a document that somebody sends; it has no errors."""
        role = MemberRole.ACCOUNTANT if who == ADA else MemberRole.CONTROLLER
        its = Caller(1, who, ROLES[role], user_id=self.ids[who], role=role)
        context = Context(self.database, self.settings, its)
        result = await schema.execute(
            document, variable_values=variables, context_value=context
        )
        assert result.errors is None, result.errors
        return result.data

    async def does(self, who: str, verb: str, **given: Any) -> Any:
        """The payload of a mutation of recurring manual journals."""
        field = f"{verb}RecurringManualJournal"
        kind = {
            "save": "SaveRecurringManualJournalInput",
            "reject": "RejectRecurrenceInput",
            "end": "EndRecurrenceInput",
        }.get(verb, "RecurrenceVersionInput")
        document = f"mutation($its: {kind}!) {{ {field}(input: $its) {PAYLOAD} }}"
        return (await self.asks(who, document, its=given))[field]


@pytest.fixture
async def office(database: Database, settings: Settings) -> Office:
    """Both with one invoice, and four eyes on."""
    people = await two_people(database)
    await record(database, invoice(), on="2025-01-05")
    await four_eyes(database, on="2025-01-06")
    return Office(database, settings, [*people])


async def test_it_is_written_approved_and_makes_journals(office: Office) -> None:
    saved = (await office.does(ADA, "save", recurrence=RECURRENCE))[
        "recurringManualJournal"
    ]
    assert saved == {
        "number": 1,
        "status": "DRAFT",
        "version": 1,
        "kind": "MANUAL_RECOGNITION",
        "narrative": "Support that isn't invoiced yet",
        "dayOfMonth": 31,
        "firstMonth": "2025-04-01",
        "untilMonth": "2025-12-01",
        "reversesNextMonth": True,
        "debits": {"amount": "50.00"},
        "credits": {"amount": "50.00"},
        "ledger": {"currency": "USD"},
        "customer": {"name": "Acme"},
        "product": None,
        "lines": [
            {
                "direction": "DEBIT",
                "amount": {"amount": "50.00"},
                "description": "",
                "customer": {"name": "Acme"},
            },
            {
                "direction": "CREDIT",
                "amount": {"amount": "50.00"},
                "description": "Support",
                "customer": {"name": "Acme"},
            },
        ],
        "nextDates": ["2025-04-30", "2025-05-31"],
        "steps": [{"kind": "SAVED", "by": ADA, "version": 1, "reason": None}],
        "makers": [ADA],
        "approvedBy": None,
        "reason": None,
        "actions": ["EDIT", "SUBMIT", "END"],
        "refusal": None,
    }
    sent = (await office.does(ADA, "submit", **SEEN))["recurringManualJournal"]
    assert (sent["status"], sent["actions"]) == ("SUBMITTED", ["WITHDRAW", "END"])
    waiting = await office.asks(
        BOB,
        "{ recurringManualJournals(filter: {waitsForMe: true}) { totalCount"
        " nodes { number actions refusal } }"
        " recurringManualJournalCounts { waitingForMe active } }",
    )
    assert waiting == {
        "recurringManualJournals": {
            "totalCount": 1,
            "nodes": [
                {
                    "number": 1,
                    "actions": ["WITHDRAW", "APPROVE", "REJECT", "END"],
                    "refusal": None,
                }
            ],
        },
        "recurringManualJournalCounts": {"waitingForMe": 1, "active": 0},
    }
    done = (await office.does(BOB, "approve", **SEEN))["recurringManualJournal"]
    assert (done["status"], done["approvedBy"]) == ("ACTIVE", BOB)

    now = datetime(2025, 6, 15, 12, tzinfo=UTC)
    async for _ in run_recurrences(office.database, 1, now=now):
        pass

    made = await office.asks(
        ADA,
        "{ recurringManualJournal(number: 1) { nextDates(first: 1)"
        " instances(first: 5) { totalCount nodes { number date reversesOn status"
        " recurrence { number } recurrenceWords } } }"
        " manualJournals { nodes { recurrence { number } } } }",
    )
    words = f"recurrence R-1 of {ADA}, approved by {BOB}"
    assert made["recurringManualJournal"] == {
        "nextDates": ["2025-06-30"],
        "instances": {
            "totalCount": 2,
            "nodes": [
                {
                    "number": number,
                    "date": day,
                    "reversesOn": reversal,
                    "status": "POSTED",
                    "recurrence": {"number": 1},
                    "recurrenceWords": words,
                }
                for number, day, reversal in (
                    (2, "2025-05-31", "2025-06-01"),
                    (1, "2025-04-30", "2025-05-01"),
                )
            ],
        },
    }


@pytest.mark.parametrize(("by", "count"), [("2025-03-31", 0), ("2025-04-01", 1)])
async def test_those_that_begin_by_a_month_are_listed(
    office: Office, by: str, count: int
) -> None:
    await office.does(ADA, "save", recurrence=RECURRENCE)

    found = await office.asks(
        ADA,
        f'{{ recurringManualJournals(filter: {{ begunBy: "{by}" }}) {{ totalCount'
        " nodes { createdAt } } }",
    )

    assert found["recurringManualJournals"]["totalCount"] == count


async def test_it_is_rejected_withdrawn_and_ended(office: Office) -> None:
    await office.does(ADA, "save", recurrence=RECURRENCE)
    await office.does(ADA, "submit", **SEEN)
    back = await office.does(BOB, "reject", **SEEN, reason="Until when?")
    assert back["recurringManualJournal"]["status"] == "REJECTED"
    assert back["recurringManualJournal"]["reason"] == "Until when?"
    await office.does(ADA, "submit", **SEEN)
    draft = await office.does(ADA, "withdraw", **SEEN)
    assert draft["recurringManualJournal"]["status"] == "DRAFT"
    over = await office.does(ADA, "end", **SEEN, reason="No longer needed")
    assert over["recurringManualJournal"]["status"] == "ENDED"
    assert over["recurringManualJournal"]["nextDates"] == []
    assert over["recurringManualJournal"]["actions"] == []


async def test_what_is_wrong_is_told_by_the_inputs_fields(office: Office) -> None:
    wrong = {**RECURRENCE, "dayOfMonth": 32, "untilMonth": "2024-12-31"}
    told = await office.does(ADA, "save", recurrence=wrong)
    assert [error["path"] for error in told["userErrors"]] == [
        ["recurrence", "dayOfMonth"],
        ["recurrence", "untilMonth"],
    ]
    lines = [{**RECURRENCE["lines"][0], "amount": "1.234"}]
    told = await office.does(ADA, "save", recurrence={**RECURRENCE, "lines": lines})
    assert [error["path"] for error in told["userErrors"]] == [
        ["recurrence", "lines", "0", "amount"]
    ]
    told = await office.does(ADA, "save", id=ID, recurrence=RECURRENCE)
    assert [error["path"] for error in told["userErrors"]] == [["version"]]
    told = await office.does(ADA, "submit", **SEEN)
    (error,) = told["userErrors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["id"])


async def test_nobody_approves_their_own(office: Office) -> None:
    await office.does(BOB, "save", recurrence=RECURRENCE)
    await office.does(BOB, "submit", **SEEN)

    told = await office.does(BOB, "approve", **SEEN)

    assert [error["code"] for error in told["userErrors"]] == ["OWN_WORK"]
    refused = await office.asks(
        BOB, "{ recurringManualJournal(number: 1) { actions refusal } }"
    )
    assert refused["recurringManualJournal"] == {
        "actions": ["WITHDRAW", "END"],
        "refusal": "R-1 is your own work: another controller decides about it",
    }
