"""Whatever is sent as arguments, nothing is a mistake of ours, and all has a code."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daybook.calendar import date_of
from daybook.db.engine import Database
from daybook_factories import credit_note, invoice, record
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import CreditNoteId, InvoiceId
from daybook_graphql.journals.ids import EntryId, JournalId, MovementId
from daybook_graphql.kit.errors import ErrorCode
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.paging import cursor_of
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_graphql.schema import schema
from daybook_services.faults import examples

pytestmark = pytest.mark.anyio

Asked: TypeAlias = tuple[str, dict[str, Any]]
"""A document with its variables."""

ARGUMENTS = "first: $first, after: $after, last: $last, before: $before"
PAGE = "$first: Int, $after: String, $last: Int, $before: String"
REPORT = f"($ledger: ID!, $filter: JournalFilter, {PAGE})"

JOURNALS = f"""query{REPORT} {{
  journals(ledgerId: $ledger, filter: $filter, {ARGUMENTS}) {{
    totalCount
    totals {{ debit {{ amount }} }}
    edges {{
      total {{ amount }}
      node {{ narrative entries(first: 1) {{ totalCount }} }}
    }}
  }}
}}"""
ENTRIES = f"""query{REPORT} {{
  entries(ledgerId: $ledger, filter: $filter, {ARGUMENTS}) {{
    totalCount nodes {{ id }}
  }}
}}"""
CUSTOMERS = f"""query($search: String, {PAGE}) {{
  customers(search: $search, {ARGUMENTS}) {{ totalCount nodes {{ id }} }}
}}"""
SOURCES = f"""query($ledger: ID!, $search: String, {PAGE}) {{
  sources(ledgerId: $ledger, search: $search, {ARGUMENTS}) {{ nodes {{ id }} }}
}}"""
NODE = "query($node: ID!) { node(id: $node) { id ... on Source { total { amount } } } }"
MONTHS = """query($ledger: ID!, $months: DateRangeInput!) {
  ledger(id: $ledger) { recognizedByMonth(months: $months) { amount { amount } } }
}"""

dates = st.one_of(
    st.none(),
    st.integers(10_957, 47_481).map(lambda day: date_of(day).isoformat()),
    st.sampled_from(["2025-01-01", "2025-06-30", "2000-01-01", "2099-12-31"]),
)
ranges = st.fixed_dictionaries({}, optional={"from": dates, "to": dates})
texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["acme", "%", "_", "\\", "\0", "1", "9" * 30, "x" * 300, "٣"]),
)
numbers = st.integers(1, 13) | st.integers(1, 10**18 - 1)
places = st.integers(1, 3) | st.integers(1, 10**9 - 1)
days = st.integers(10_957, 47_481)
ids = st.one_of(
    texts,
    st.sampled_from(
        [
            encode(one)
            for one in (
                LedgerId("USD"),
                LedgerId("EUR"),
                CustomerId("cus_1"),
                ProductId("prod_1"),
                InvoiceId("inv_1"),
                CreditNoteId("cn_1"),
            )
        ]
    ),
    texts.map(lambda text: encode(InvoiceId(text))),
    texts.map(lambda text: encode(CustomerId(text))),
    st.builds(JournalId, st.just("USD"), numbers).map(encode),
    st.builds(MovementId, st.just("USD"), numbers, places).map(encode),
    st.builds(EntryId, st.just("USD"), numbers, places, days).map(encode),
)
cursors = st.one_of(
    texts,
    st.tuples(numbers).map(cursor_of),
    st.tuples(numbers, places, days).map(cursor_of),
    st.lists(st.integers(0, 2**63), max_size=4).map(cursor_of),
)
ledgers = st.one_of(st.just(encode(LedgerId("USD"))), ids)
filters = st.fixed_dictionaries(
    {},
    optional={
        "posted": ranges,
        "source": st.lists(st.sampled_from(["INVOICE", "CREDIT_NOTE", "STANDALONE"])),
        "customerId": ids,
        "invoiceId": ids,
        "documentId": ids,
        "on": dates,
        "includeScheduled": st.booleans(),
        "search": texts,
    },
)
sizes = st.integers(1, 100) | st.sampled_from([None, -1, 0, 101, 2**31 - 1, 2**31])
pages = st.one_of(
    st.fixed_dictionaries({}, optional={"first": sizes, "after": cursors}),
    st.fixed_dictionaries({}, optional={"last": sizes, "before": cursors}),
    st.fixed_dictionaries({}, optional={"first": sizes, "last": sizes}),
)


def asked(document: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Asked]:
    """A document with a page's arguments and some others."""
    variables = st.tuples(pages, st.fixed_dictionaries(fields))
    return variables.map(lambda two: (document, {**two[0], **two[1]}))


questions = st.one_of(
    asked(JOURNALS, ledger=ledgers, filter=filters),
    asked(ENTRIES, ledger=ledgers, filter=filters),
    asked(CUSTOMERS, search=texts),
    asked(SOURCES, ledger=ledgers, search=texts),
    st.tuples(st.just(NODE), st.fixed_dictionaries({"node": ids})),
    st.tuples(
        st.just(MONTHS), st.fixed_dictionaries({"ledger": ledgers, "months": ranges})
    ),
)


@pytest.fixture(scope="module")
async def database(module_database: Database) -> Database:
    """An invoice and its credit note, so that there is something to find."""
    await record(module_database, invoice(), credit_note(), on="2025-06-15")
    return module_database


# The data is only read: the examples may share it.
@given(some=st.lists(questions, min_size=10, max_size=10))
@settings(
    max_examples=examples(15),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_no_arguments_are_worse_than_an_error_with_a_code(
    new_context: Callable[[], Context], some: list[Asked]
) -> None:
    for document, variables in some:
        result = await schema.execute(
            document, variable_values=variables, context_value=new_context()
        )

        for error in result.errors or ():
            assert error.extensions is not None
            code = ErrorCode(error.extensions["code"])
            assert code is not ErrorCode.INTERNAL_ERROR, error
            assert error.message


@pytest.mark.parametrize(
    ("variables", "argument"),
    [
        ({"search": "x" * 201}, "search"),
        ({"search": "a\0b"}, "search"),
    ],
)
async def test_a_text_that_no_name_holds_is_refused(
    ask: Any, variables: dict[str, str], argument: str
) -> None:
    answer = await ask(
        "query($search: String) { customers(search: $search) { totalCount } }",
        variables,
    )

    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INVALID_VALUE", "argument": argument}


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (
            'ledger(currency: "usd")',
            (
                "currency: a currency is the ISO 4217 code of one in use, in capitals,"
                " such as \"USD\", and not 'usd'"
            ),
        ),
        (
            'ledgers(asOf: "2025-02-30")',
            (
                'asOf: a date is text such as "2026-01-31", between 2000 and 2099, and'
                " not '2025-02-30'"
            ),
        ),
        (
            "ledgers(asOf: 2025)",
            (
                'asOf: a date is text such as "2026-01-31", between 2000 and 2099, and'
                " not 2025"
            ),
        ),
        (
            "ledgers(asOf: [1])",
            'asOf: a date is text such as "2026-01-31", between 2000 and 2099',
        ),
    ],
)
async def test_a_value_that_is_refused_is_quoted(
    ask: Any, field: str, told: str
) -> None:
    (error,) = (await ask(f"{{ {field} {{ id }} }}"))["errors"]

    assert error["message"] == told


async def test_more_nodes_than_a_page_are_refused(ask: Any) -> None:
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    known = encode(LedgerId("USD"))

    answer = await ask(document, {"ids": [known] * 101})
    malformed = await ask(document, {"ids": [known, "nonsense"]})
    absent = await ask(document, {"ids": [known, encode(JournalId("USD", 99))]})

    assert answer["errors"][0]["extensions"]["code"] == "TOO_LARGE"
    assert malformed["errors"][0]["extensions"] == {
        "code": "INVALID_ID",
        "argument": "ids.1",
    }
    assert absent["data"] == {"nodes": [{"id": known}, None]}
