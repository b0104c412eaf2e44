"""Ways around another person's approval, tried at the API's door: each is closed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple, TypeAlias

import pytest

from daybook.access.commands import create_api_key, set_role
from daybook.access.organisations import add_organisation
from daybook.access.people import role_of
from daybook.access.queries import caller_of_key
from daybook.access.rules import OPERATOR, ROLES, Caller, MemberRole, Permission
from daybook.adjustments.queries import posted_documents
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_adjusting import ADA, BOB, EVE, moment
from daybook_factories import ORGANISATION, invoice, lock, record
from daybook_filled import filled
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.approvals.ids import ChangeRequestId
from daybook_graphql.context import Context
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId
from daybook_graphql.schema import schema
from daybook_people import member

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

USD = encode(LedgerId("USD"))
LINES = [
    {"account": "DEFERRED", "direction": "DEBIT", "amount": "50.00"},
    {"account": "RECOGNIZED", "direction": "CREDIT", "amount": "50.00"},
]
JOURNAL = {
    "ledgerId": USD,
    "kind": "CORRECTION",
    "date": "2025-03-15",
    "narrative": "Usage that was billed twice",
    "lines": LINES,
}
Do: TypeAlias = Callable[..., Awaitable[Any]]
SHOWN = "manualJournal { id number version status } userErrors { code message path }"
ASKED = (
    "request { id number status values { name before after } }"
    " userErrors { code message path }"
)
FIELDS = {
    "saveManualJournal": ("SaveManualJournalInput!", SHOWN),
    "submitManualJournal": ("ManualJournalVersionInput!", SHOWN),
    "withdrawManualJournal": ("ManualJournalVersionInput!", SHOWN),
    "approveManualJournal": ("ManualJournalVersionInput!", SHOWN),
    "rejectManualJournal": ("ManualJournalReasonInput!", SHOWN),
    "reverseManualJournal": (
        "ManualJournalReasonInput!",
        f"{ASKED} manualJournal {{ id }}",
    ),
    "setFourEyes": ("SetFourEyesInput!", f"{ASKED} fourEyes {{ isOn }}"),
    "approveChange": ("ChangeRequestInput!", ASKED),
    "rejectChange": ("RejectChangeInput!", ASKED),
    "withdrawChange": ("ChangeRequestInput!", ASKED),
    "setLock": ("SetLockInput!", f"{ASKED} ledger {{ lockedThrough }}"),
    "updateIntegration": ("UpdateIntegrationInput!", f"changedCount {ASKED}"),
    "setAccountMapping": ("SetAccountMappingInput!", f"changedCount {ASKED}"),
    "importAccountMappings": ("ImportAccountMappingsInput!", f"changedCount {ASKED}"),
    "importTargetAccounts": ("ImportTargetAccountsInput!", f"changedCount {ASKED}"),
}
"""The mutations, with the types of their inputs and the fields to select."""


class People(NamedTuple):
    """Ada, an accountant, and the controllers Bob and Eve."""

    ada: int
    bob: int
    eve: int


async def fill(database: Database) -> People:
    await record(database, invoice(), on="2025-01-02")
    at: dict[str, Any] = {"password": None, "now": moment("2025-01-03")}
    roles = MemberRole.ACCOUNTANT, MemberRole.CONTROLLER, MemberRole.CONTROLLER
    return People(
        *[
            await member(database, email=email, role=role, **at)
            for email, role in zip((ADA, BOB, EVE), roles, strict=True)
        ]
    )


@pytest.fixture
async def people(database: Database) -> People:
    """Three people, an invoice, and four eyes that Bob turned on."""
    return await filled(database, fill)


@pytest.fixture
def do(database: Database, settings: Settings) -> Do:
    """Run a mutation as somebody; their permissions are those of their role now."""

    async def run(who: Caller | tuple[int, str], field: str, given: Any) -> Any:
        caller = who
        if not isinstance(caller, Caller):
            user_id, email = caller
            async with database.reads() as session:
                role = await role_of(session, ORGANISATION, user_id)
            may = Permission(0) if role is None else ROLES[role]
            caller = Caller(ORGANISATION, email, may, user_id=user_id, role=role)
        kind, shown = FIELDS[field]
        result = await schema.execute(
            f"mutation($input: {kind}) {{ {field}(input: $input) {{ {shown} }} }}",
            variable_values={"input": given},
            context_value=Context(database, settings, caller),
        )
        if result.errors:
            return {
                "codes": {(error.extensions or {})["code"] for error in result.errors}
            }
        assert result.data is not None
        payload = result.data[field]
        return {**payload, "codes": {error["code"] for error in payload["userErrors"]}}

    return run


async def turned_on(do: Do, people: People) -> None:
    done = await do((people.bob, BOB), "setFourEyes", {"isOn": True})
    assert done["fourEyes"] == {"isOn": True}


async def submitted(do: Do, who: Any, **journal: Any) -> dict[str, Any]:
    """The id and version of a journal that somebody saved and submitted."""
    saved = await do(who, "saveManualJournal", {"journal": {**JOURNAL, **journal}})
    shown = saved["manualJournal"]
    seen = {"id": shown["id"], "version": shown["version"]}
    sent = await do(who, "submitManualJournal", seen)
    assert sent["manualJournal"]["status"] == "SUBMITTED", sent
    return seen


async def test_nobody_approves_their_own(do: Do, people: People) -> None:
    await turned_on(do, people)
    seen = await submitted(do, (people.bob, BOB))

    own = await do((people.bob, BOB), "approveManualJournal", seen)
    rejecting = await do(
        (people.bob, BOB), "rejectManualJournal", {**seen, "reason": "no"}
    )
    accountant = await do((people.ada, ADA), "approveManualJournal", seen)
    other = await do((people.eve, EVE), "approveManualJournal", seen)

    assert own["codes"] == rejecting["codes"] == {"OWN_WORK"}
    assert own["manualJournal"] is None
    assert accountant["codes"] == {"FORBIDDEN"}
    assert other["manualJournal"]["status"] == "POSTED"


async def test_who_saved_an_earlier_version_does_not_approve(
    do: Do, people: People
) -> None:
    await turned_on(do, people)
    saved = await do((people.bob, BOB), "saveManualJournal", {"journal": JOURNAL})
    id_ = saved["manualJournal"]["id"]
    changed = {**JOURNAL, "narrative": "Billed twice"}
    given = {"id": id_, "version": 1, "journal": changed}
    await do((people.ada, ADA), "saveManualJournal", given)
    seen = {"id": id_, "version": 2}
    await do((people.ada, ADA), "submitManualJournal", seen)

    refused = await do((people.bob, BOB), "approveManualJournal", seen)

    assert refused["codes"] == {"OWN_WORK"}


async def test_a_key_approves_nothing_and_its_maker_not_its_work(
    do: Do, people: People, database: Database
) -> None:
    await turned_on(do, people)
    now = moment("2025-06-15")
    made = await create_api_key(
        *(database, ORGANISATION),
        name="billing",
        permissions=ROLES[MemberRole.ADMIN] & ~Permission.APPROVE,
        expires_at=now + timedelta(days=3_000),
        now=now,
        made_by=BOB,
        authority=OPERATOR,
    )
    key = await caller_of_key(database, made.key or "", real_now())
    assert key is not None
    seen = await submitted(do, key)

    by_key = await do(key, "approveManualJournal", seen)
    forged = Caller(**{**vars_of(key), "permissions": ROLES[MemberRole.ADMIN]})
    by_forged = await do(forged, "approveManualJournal", seen)
    by_maker = await do((people.bob, BOB), "approveManualJournal", seen)
    by_other = await do((people.eve, EVE), "approveManualJournal", seen)

    assert by_key["codes"] == {"FORBIDDEN"}
    assert by_forged["codes"] == {"NOT_HELD"}
    assert by_maker["codes"] == {"OWN_WORK"}
    assert by_other["manualJournal"]["status"] == "POSTED"


def vars_of(caller: Caller) -> dict[str, Any]:
    """A caller's fields."""
    return {name: getattr(caller, name) for name in Caller.__slots__}


async def test_a_role_that_was_lost_meanwhile_does_not_approve(
    do: Do, people: People, database: Database
) -> None:
    await turned_on(do, people)
    seen = await submitted(do, (people.ada, ADA))
    as_before = Caller(
        *(ORGANISATION, EVE, ROLES[MemberRole.CONTROLLER], people.eve),
        MemberRole.CONTROLLER,
    )
    await set_role(
        *(database, ORGANISATION),
        email=EVE,
        role=MemberRole.VIEWER,
        now=moment("2025-06-15"),
        made_by="test",
        authority=OPERATOR,
    )

    stale = await do(as_before, "approveManualJournal", seen)
    now = await do((people.eve, EVE), "approveManualJournal", seen)

    assert stale["codes"] == {"NOT_HELD"}
    assert now["codes"] == {"FORBIDDEN"}


async def test_two_approvals_at_once_post_once(
    do: Do, people: People, database: Database
) -> None:
    await turned_on(do, people)
    seen = await submitted(do, (people.ada, ADA))

    both = await asyncio.gather(
        do((people.bob, BOB), "approveManualJournal", seen),
        do((people.eve, EVE), "approveManualJournal", seen),
    )

    assert [one["manualJournal"]["status"] for one in both] == ["POSTED", "POSTED"]
    async with database.reads() as session:
        assert len(await posted_documents(session, ORGANISATION, [1])) == 1


async def test_what_is_submitted_is_frozen(do: Do, people: People) -> None:
    await turned_on(do, people)
    seen = await submitted(do, (people.ada, ADA))
    changed = {**seen, "journal": {**JOURNAL, "narrative": "Other"}}

    edited = await do((people.ada, ADA), "saveManualJournal", changed)
    await do((people.ada, ADA), "withdrawManualJournal", seen)
    saved = await do((people.ada, ADA), "saveManualJournal", changed)
    newer = {**seen, "version": 2}
    await do((people.ada, ADA), "submitManualJournal", newer)
    older = await do((people.eve, EVE), "approveManualJournal", seen)

    assert edited["codes"] == {"WRONG_STATUS"}
    assert saved["manualJournal"]["version"] == 2
    assert older["codes"] == {"CONFLICT"}


async def test_a_key_of_another_request_saves_nothing(do: Do, people: People) -> None:
    await turned_on(do, people)
    keyed = {"journal": JOURNAL, "idempotencyKey": "march"}
    first = await do((people.ada, ADA), "saveManualJournal", keyed)
    again = await do((people.ada, ADA), "saveManualJournal", keyed)
    other = {**keyed, "journal": {**JOURNAL, "narrative": "Other"}}

    refused = await do((people.ada, ADA), "saveManualJournal", other)

    assert first["manualJournal"] == again["manualJournal"]
    assert refused["codes"] == {"KEY_USED"}


async def test_turning_it_off_and_on_posts_nothing(do: Do, people: People) -> None:
    await turned_on(do, people)
    seen = await submitted(do, (people.ada, ADA))

    off = await do((people.bob, BOB), "setFourEyes", {"isOn": False})
    own = await do((people.bob, BOB), "approveChange", {"id": off["request"]["id"]})
    by_ada = await do((people.ada, ADA), "withdrawChange", {"id": off["request"]["id"]})
    other = await do((people.eve, EVE), "approveChange", {"id": off["request"]["id"]})
    again = await do((people.ada, ADA), "submitManualJournal", seen)
    by_author = await do(
        Caller(
            ORGANISATION, ADA, ROLES[MemberRole.ADMIN], people.ada, MemberRole.ADMIN
        ),
        *("approveManualJournal", seen),
    )

    assert off["codes"] == {"APPROVAL_PENDING"}
    assert off["fourEyes"] is None
    assert own["codes"] == {"OWN_WORK"}
    assert by_ada["codes"] == {"NOT_HELD"}
    assert other["request"]["status"] == "APPROVED"
    assert again["manualJournal"]["status"] == "SUBMITTED"
    assert by_author["codes"] & {"NOT_HELD", "OWN_WORK"}


XERO = {"integration": "XERO", "ledgerId": USD}
GATED: dict[str, dict[str, Any]] = {
    "setLock": {
        "ledgerId": USD,
        "method": "CUSTOM_DATE",
        "lockedThrough": "2025-01-31",
        "reason": "late invoices",
    },
    "updateIntegration": {**XERO, "isEnabled": True},
    "setAccountMapping": {
        **XERO,
        "role": "BILLED",
        "fields": [{"name": "code", "value": "1"}, {"name": "type", "value": "Sales"}],
    },
    "importAccountMappings": {
        "integration": "XERO",
        "text": "role,code,type\nBILLED,200,Sales\n",
    },
    "importTargetAccounts": {**XERO, "text": "Code,Name,Type\n200,Sales,Sales\n"},
}


VALUES = {
    "setLock": [("Locked through", "28 Feb 2025", "31 Jan 2025")],
    "updateIntegration": [("Enabled in USD", "off", "on")],
    "setAccountMapping": [("Billed Revenue in USD", "none", "1 (Sales)")],
    "importAccountMappings": [("Billed Revenue in USD", "none", "200 (Sales)")],
    "importTargetAccounts": [("Account 200 in USD", "none", "Sales (Sales)")],
}
"""What an approver of each is shown."""


@pytest.mark.parametrize("field", GATED)
async def test_opened_locks_and_mappings_wait_for_another_person(
    do: Do, people: People, database: Database, field: str
) -> None:
    await lock(database, "2025-02-28", on="2025-03-05")
    await turned_on(do, people)

    asked = await do((people.bob, BOB), field, GATED[field])
    again = await do((people.bob, BOB), field, GATED[field])
    own = await do((people.bob, BOB), "approveChange", {"id": asked["request"]["id"]})
    other = await do((people.eve, EVE), "approveChange", {"id": asked["request"]["id"]})
    done = await do((people.bob, BOB), field, GATED[field])

    assert asked["codes"] == {"APPROVAL_PENDING"}
    assert asked["request"] == again["request"]
    values = [tuple(value.values()) for value in asked["request"]["values"]]
    assert values == VALUES[field]
    assert asked.get("changedCount", 0) == 0
    assert asked.get("ledger") is None
    assert own["codes"] == {"OWN_WORK"}
    assert other["request"]["status"] == "APPROVED"
    assert done["codes"] == set()  # it is set so by now
    assert done["request"] is None


async def test_undoing_waits_for_another_person(do: Do, people: People) -> None:
    await turned_on(do, people)
    seen = await submitted(do, (people.ada, ADA))
    await do((people.eve, EVE), "approveManualJournal", seen)
    given = {**seen, "reason": "entered twice"}

    stale = await do((people.bob, BOB), "reverseManualJournal", {**given, "version": 9})
    asked = await do((people.bob, BOB), "reverseManualJournal", given)
    own = await do((people.bob, BOB), "approveChange", {"id": asked["request"]["id"]})
    other = await do((people.eve, EVE), "approveChange", {"id": asked["request"]["id"]})

    assert stale["codes"] == {"CONFLICT"}
    assert asked["codes"] == {"APPROVAL_PENDING"}
    assert own["codes"] == {"OWN_WORK"}
    assert other["request"]["status"] == "APPROVED"


async def test_another_organisation_reaches_nothing(
    do: Do, people: People, database: Database
) -> None:
    await turned_on(do, people)
    seen = await submitted(do, (people.ada, ADA))
    now = moment("2025-06-15")
    other = await add_organisation(database, "Other", now=now, made_by="test")
    stranger = Caller(
        *(other, EVE, ROLES[MemberRole.ADMIN], people.eve), MemberRole.ADMIN
    )

    approved = await do(stranger, "approveManualJournal", seen)
    decided = await do(stranger, "approveChange", {"id": encode(ChangeRequestId(1))})
    saved = await do(stranger, "saveManualJournal", {"journal": JOURNAL})

    assert approved["codes"] <= {"NOT_FOUND", "NOT_HELD"}
    assert decided["codes"] <= {"NOT_FOUND", "NOT_HELD"}
    assert saved["codes"] == {"NOT_FOUND"}
    assert approved["manualJournal"] is None


async def test_wrong_ids_are_named_by_their_fields(do: Do, people: People) -> None:
    given = {
        **JOURNAL,
        "customerId": encode(CustomerId("nobody")),
        "adjustsId": encode(JournalId("USD", 99)),
        "mode": "DIFFERENCE",
        "lines": [*LINES, {**LINES[0], "amount": "1.001"}],
    }

    amount = await do((people.ada, ADA), "saveManualJournal", {"journal": given})
    lines = {**given, "lines": LINES}
    ids = await do((people.ada, ADA), "saveManualJournal", {"journal": lines})
    version = await do(
        (people.ada, ADA),
        "saveManualJournal",
        {"id": encode(ManualJournalId(1)), "journal": JOURNAL},
    )

    assert [error["path"] for error in amount["userErrors"]] == [
        ["journal", "lines", "2", "amount"]
    ]
    assert [error["path"] for error in ids["userErrors"]] == [
        ["journal", "adjustsId"],
        ["journal", "customerId"],
    ]
    assert [error["path"] for error in version["userErrors"]] == [["version"]]
