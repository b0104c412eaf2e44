"""What a list costs: as many statements for a page of many as for a page of few.

They are counted where the drivers run them, whoever sent them.
"""

from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.reports.journals.filters import JournalFilter
from daybook_counted import counted
from daybook_factories import credit_note, invoice, record
from daybook_posted import made, mark

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

LEDGER = 'ledgerId: "TGVkZ2VyOlVTRA"'
MONEY = "{ amount currency }"
JOURNAL = {
    "names": "customer { id name } product { id name } document { id reference }",
    "movements": f"method narrative movements {{ amount {MONEY} recordedAt }}",
    "total": f"total {MONEY}",
    "entries": f"entries(first: 3) {{ totalCount nodes {{ amount {MONEY} }} }}",
    "backwards": 'entries(last: 2, posted: { from: "2025-01-10" }) { nodes { date } }',
    "explanations": "movements { explanation }",
    "superseded": "supersededCount supersededAt fullyRecognized",
    "documents": f"""document {{
      total {MONEY}
      ... on Invoice {{ lines {{ product {{ method }} }} billingSchedule {{ id }} }}
      ... on CreditNote {{ invoice {{ reference lines {{ description }} }} }}
    }}""",
    "posted": "postedInPart postedIn { posting { reference } postings { markedBy } }",
    "audit": "auditRecords { number who sentence recordings { first last } }",
    "ledger": "ledger { lockedThrough firstMonth accounts { name } }",
}
NAMES = "customer { name } product { name } document { reference } journal { month }"
LISTS = {
    **{
        name: f"journals(LEDGER, first: SIZE) {{ nodes {{ {fields} }} }}"
        for name, fields in JOURNAL.items()
    },
    "edges": f"""journals(LEDGER, first: SIZE) {{
      totalCount totals {{ debit {MONEY} }}
      edges {{ total {MONEY} posted {MONEY} scheduled {MONEY} node {{ number }} }}
    }}""",
    "sources": f"""sources(LEDGER, first: SIZE) {{
      totalCount nodes {{ id total {MONEY} customer {{ name }} }}
    }}""",
    "details of sources": f"""sources(LEDGER, first: SIZE) {{
      nodes {{
        versions {{ total {MONEY} }}
        ... on Invoice {{
          lines {{ amount {MONEY} milestones {{ name completedOn }} }}
          creditNotes {{ reference total {MONEY} }}
        }}
      }}
    }}""",
    "deferred revenue": f"""deferredRevenue(LEDGER, first: SIZE) {{
      nodes {{
        total {{ booked {MONEY} }} rows {{ {NAMES} figures {{ balance {MONEY} }} }}
      }}
    }}""",
    "waterfall": f"""waterfall(LEDGER, first: SIZE) {{
      nodes {{
        customer {{ name }} figures {{ months {{ amount {MONEY} }} }}
        products {{ product {{ name method }} figures {{ takenBackLater {MONEY} }} }}
      }}
    }}""",
    "population": f"""population(LEDGER, first: SIZE) {{
      nodes {{ {NAMES} debit {{ name }} flags author }}
    }}""",
    "customers": "customers(first: SIZE) { nodes { id name } }",
    "products": "products(first: SIZE) { nodes { id method } }",
    "documents of runs": f"""activity(first: SIZE) {{
      nodes {{ documents(first: 2) {{ totalCount nodes {{ amount {MONEY} }} }} }}
    }}""",
}

SIZES = {"deferred revenue": (2, 4, 7), "waterfall": (2, 4, 7)}
"""A page that isn't full looks for manual journals too, which come last."""


async def test_a_page_of_any_size_costs_the_same_statements(
    database: Database, ask: Ask
) -> None:
    invoices = [
        invoice(f"inv_{at}", customer=f"cus_{at}", customer_name=f"Customer {at}")
        for at in range(1, 9)
    ]
    await record(database, *invoices)
    await record(database, credit_note(invoice_id="inv_1"), on="2025-06-15")
    await mark(database, await made(database, JournalFilter()))
    await database.close()  # connections that were not watched from their start

    with counted(database) as seen:
        for name, fields in LISTS.items():
            document = "{ " + fields.replace("LEDGER", LEDGER) + " }"
            costs, sizes = list[int](), SIZES.get(name, (2, 7, 60))
            for size in sizes:  # what connections ask at first, of which there are more
                await ask(document.replace("SIZE", str(size)))
            for size in sizes:
                seen.clear()
                answer = await ask(document.replace("SIZE", str(size)))
                assert "errors" not in answer, name
                costs.append(len(seen))
            assert costs[0] == costs[1] == costs[2] <= 12, name


async def test_the_list_itself_costs_two_statements(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice())
    await database.close()
    document = f"""{{
      journals({LEDGER}, first: 100) {{
        pageInfo {{ hasNextPage endCursor }}
        edges {{ total {MONEY} node {{ id number month source {JOURNAL["names"]} }} }}
      }}
    }}"""

    with counted(database) as seen:
        await ask(document)
        seen.clear()
        await ask(document)

    assert len(seen) == 2
