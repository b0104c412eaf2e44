"""Nothing crosses from one organisation to another, whatever ids are tried."""

from pathlib import Path
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.gl.commands import Wanted, import_files
from daybook.gl.kinds import Kind
from daybook.gl.refreshing import Asked, request_refresh
from daybook.ledger.models import Organisation
from daybook.ledger.rules import Role
from daybook.settings import Settings
from daybook_factories import credit_note, invoice, noon, record
from daybook_gl_imports import gl_settings, journal, page
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import CreditNoteId, InvoiceId
from daybook_graphql.general_ledger.ids import GlConnectionId, GlRefreshId
from daybook_graphql.journals.ids import EntryId, JournalId, MovementId
from daybook_graphql.kit.ids import NodeId, encode
from daybook_graphql.ledgers.ids import AccountId, LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_graphql.schema import schema
from daybook_people import caller

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

OTHER = 2
DAY = parse_day("2025-06-15")

THEIRS: list[NodeId] = [
    LedgerId("EUR"),
    AccountId("EUR", Role.BILLED),
    CustomerId("cus_2"),
    InvoiceId("inv_2"),
    CreditNoteId("cn_2"),
    JournalId("EUR", 1),
    MovementId("EUR", 1, 1),
    EntryId("EUR", 1, 1, parse_day("2025-01-01")),
    GlConnectionId(1),
    GlRefreshId(1),
]


async def two_organisations(database: Database) -> None:
    """Ours has a dollar ledger; the other one a euro and a dollar ledger."""
    await record(database, invoice("inv_1", customer="cus_1"))
    async with database.writes() as session:
        session.add(
            Organisation(
                id=OTHER, name="Other", time_zone="UTC", customers=0, products=0
            )
        )
    await import_documents(
        database,
        OTHER,
        [
            invoice("inv_2", customer="cus_2", customer_name="Theirs", currency="EUR"),
            credit_note(
                "cn_2",
                invoice_id="inv_2",
                customer="cus_2",
                customer_name="Theirs",
                currency="EUR",
            ),
            invoice("inv_3", customer="cus_3", customer_name="Theirs"),
        ],
        now=noon(DAY),
        reason="test",
    )
    theirs, connection = (
        Author(OTHER, "Theirs", noon(DAY)),
        ConnectionSettings("Theirs"),
    )
    await add_connection(database, theirs, connection, base_currency="EUR")


async def ask_for_their_refresh(database: Database, folder: Path) -> None:
    """Their connection has a journal, of which a dataset is to be made."""
    booked = page(folder, "Journals", journal(1, "10.00", "-10.00"))
    wanted = Wanted(OTHER, 1, Kind.JOURNALS, [booked])
    await import_files(database, gl_settings(folder), wanted, now=noon(DAY))
    await request_refresh(database, Asked(OTHER, "Theirs", noon(DAY)))


async def answer_to(context: Context, document: str, **variables: Any) -> Any:
    result = await schema.execute(
        document, variable_values=variables, context_value=context
    )
    assert not result.errors, result.errors
    return result.data


async def test_the_other_organisation_s_ids_lead_nowhere(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    await two_organisations(database)
    await ask_for_their_refresh(database, tmp_path)
    ids = [encode(one) for one in THEIRS]
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    ours = await answer_to(Context(database, settings, caller()), document, ids=ids)
    theirs = await answer_to(
        Context(database, settings, caller(OTHER)), document, ids=ids
    )

    assert ours == {"nodes": [None] * len(ids)}
    assert [node["id"] for node in theirs["nodes"]] == ids


async def test_lists_hold_what_is_one_s_own(
    database: Database, settings: Settings
) -> None:
    await two_organisations(database)
    document = """query($id: ID!) {
      ledgers { currency }
      customers { totalCount nodes { externalId } }
      products { totalCount }
      sources(ledgerId: $id) { nodes { externalId customer { name } } }
      journals(ledgerId: $id) { totalCount totals { debit { amount } } }
    }"""

    answer = await answer_to(
        Context(database, settings, caller()), document, id=encode(LedgerId("USD"))
    )

    assert answer == {
        "ledgers": [{"currency": "USD"}],
        "customers": {"totalCount": 1, "nodes": [{"externalId": "cus_1"}]},
        "products": {"totalCount": 1},
        "sources": {"nodes": [{"externalId": "inv_1", "customer": {"name": "Acme"}}]},
        "journals": {
            "totalCount": 12,
            "totals": [
                {"debit": {"amount": "1200.00"}},
                {"debit": {"amount": "1200.00"}},
                {"debit": {"amount": "0.00"}},
            ],
        },
    }


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("customerId", CustomerId("cus_3")),
        ("invoiceId", InvoiceId("inv_3")),
        ("documentId", InvoiceId("inv_3")),
        ("creditNoteId", CreditNoteId("cn_2")),
        ("productId", ProductId("nothing")),
    ],
)
async def test_a_filter_knows_only_one_s_own(
    database: Database, settings: Settings, name: str, node: NodeId
) -> None:
    await two_organisations(database)

    result = await schema.execute(
        "query($id: ID!, $filter: JournalFilter) {"
        " journals(ledgerId: $id, filter: $filter) { totalCount } }",
        variable_values={
            "id": encode(LedgerId("USD")),
            "filter": {name: encode(node)},
        },
        context_value=Context(database, settings, caller()),
    )

    assert result.errors is not None
    assert result.errors[0].extensions is not None
    assert result.errors[0].extensions["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "report", ["deferredRevenue", "waterfall", "cohorts", "rollForward", "population"]
)
@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("customerId", CustomerId("cus_3")),
        ("documentId", InvoiceId("inv_3")),
        ("documentId", CreditNoteId("cn_2")),
        ("productId", ProductId("nothing")),
    ],
)
@pytest.mark.either_database
async def test_a_report_knows_only_one_s_own(
    database: Database, settings: Settings, report: str, name: str, node: NodeId
) -> None:
    await two_organisations(database)
    kind = "PopulationFilter" if report == "population" else "RevenueFilter"

    result = await schema.execute(
        f"query($id: ID!, $filter: {kind}) {{"
        f" {report}(ledgerId: $id, filter: $filter) {{ __typename }} }}",
        variable_values={
            "id": encode(LedgerId("USD")),
            "filter": {name: encode(node)},
        },
        context_value=Context(database, settings, caller()),
    )

    assert result.errors is not None
    assert result.errors[0].extensions is not None
    assert result.errors[0].extensions["code"] == "NOT_FOUND"


async def test_reports_are_of_one_s_own_ledger(
    database: Database, settings: Settings
) -> None:
    await two_organisations(database)
    remaining = "totals { remaining { amount } }"
    document = f"""query($id: ID!) {{
      deferredRevenue(ledgerId: $id) {{
        {remaining} nodes {{ rows {{ customer {{ name }} }} }}
      }}
      waterfall(ledgerId: $id) {{ {remaining} nodes {{ customer {{ name }} }} }}
      rollForward(ledgerId: $id) {{ total {{ closing {{ amount }} }} }}
      population(ledgerId: $id, first: 1) {{ totals {{ entries }} }}
      enteredBalances(ledgerId: $id) {{ totalCount }}
      openMilestones(ledgerId: $id) {{ totalCount }}
    }}"""

    ours, theirs = [
        await answer_to(
            Context(database, settings, caller(whose)),
            document,
            id=encode(LedgerId(currency)),
        )
        for whose, currency in ((1, "USD"), (OTHER, "EUR"))
    ]
    balances = """mutation($id: ID!) { enterBalances(input: { ledgerId: $id, balances: [
      { account: DEFERRED, on: "2025-05-31", balance: "1.00" }] }) {
      enteredCount userErrors { code path } } }"""
    refused = await answer_to(
        Context(database, settings, caller()), balances, id=encode(LedgerId("EUR"))
    )

    customers = {
        name: [
            row["customer"]["name"]
            for family in shown["deferredRevenue"]["nodes"]
            for row in family["rows"]
        ]
        for name, shown in {"ours": ours, "theirs": theirs}.items()
    }
    assert customers == {"ours": ["Acme"], "theirs": ["Theirs"]}
    assert ours["waterfall"]["nodes"] == [{"customer": {"name": "Acme"}}]
    assert ours["population"]["totals"][0] == {"entries": 13}
    assert ours["rollForward"]["total"]["closing"] == {"amount": "650.05"}
    assert ours["deferredRevenue"]["totals"]["remaining"] == {"amount": "650.05"}
    assert refused["enterBalances"] == {
        "enteredCount": 0,
        "userErrors": [{"code": "NOT_FOUND", "path": ["ledgerId"]}],
    }


async def test_the_same_ids_may_be_used_by_both(
    database: Database, settings: Settings
) -> None:
    await two_organisations(database)
    await record(database, invoice("inv_2", customer="cus_2", customer_name="Ours"))
    document = """query($id: ID!) { node(id: $id) {
      ... on Source { customer { name } journals { totalCount } } } }"""

    ours, theirs = [
        await answer_to(
            Context(database, settings, caller(whose)),
            document,
            id=encode(InvoiceId("inv_2")),
        )
        for whose in (1, OTHER)
    ]

    assert ours["node"]["customer"]["name"] == "Ours"
    assert theirs["node"]["customer"]["name"] == "Theirs"
