"""Lists beside the report: every one is paged both ways, counted and searched alike."""

from typing import Any

import pytest

from daybook.db.engine import Database
from daybook_factories import credit_note, credited_line, invoice, line, record, terms
from daybook_graphql.kit.paging import cursor_of

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

ARGUMENTS = "first: $first, after: $after, last: $last, before: $before"
VARIABLES = "$first: Int, $after: String, $last: Int, $before: String"
DAYS = '{ posted: { from: "2025-01-30", to: "2025-02-02" } }'
PAGE = """{
  totalCount
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  edges { cursor node { id } }
  nodes { id }
}"""
USD, INVOICE, JANUARY = "TGVkZ2VyOlVTRA", "SW52b2ljZTppbnZfMA", "Sm91cm5hbDpVU0Q6MQ"

LISTS = {
    "customers": (f"customers({ARGUMENTS}) {PAGE}", ("customers",)),
    "products": (f"products({ARGUMENTS}) {PAGE}", ("products",)),
    "sources": (f'sources(ledgerId: "{USD}", {ARGUMENTS}) {PAGE}', ("sources",)),
    "an invoice's journals": (
        f'node(id: "{INVOICE}") {{ ... on Source {{ journals({ARGUMENTS}) {PAGE} }} }}',
        ("node", "journals"),
    ),
    "a journal's entries": (
        f'journal(id: "{JANUARY}") {{ entries({ARGUMENTS}) {PAGE} }}',
        ("journal", "entries"),
    ),
    "a month's entries": (
        f'entries(ledgerId: "{USD}", filter: {DAYS}, {ARGUMENTS}) {PAGE}',
        ("entries",),
    ),
}


@pytest.fixture(scope="module")
async def seven_of_each(module_database: Database) -> None:
    """Seven customers and products, two of them with the same name; eight documents."""
    names = ["Öl", "acme", "Acme", "Zeta", "Acme", "100%", "a_b"]
    invoices = [
        invoice(
            f"inv_{at}",
            line(product=f"prod_{at}", product_name=name, its_terms=terms("70.00")),
            customer=f"cus_{at}",
            customer_name=name,
        )
        for at, name in enumerate(names)
    ]
    note = credit_note(
        "cn_1",
        credited_line("1.00"),
        invoice_id="inv_0",
        customer="cus_0",
        customer_name="Öl",
    )
    await record(module_database, *invoices, note)


@pytest.mark.usefixtures("seven_of_each")
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("size", [1, 3, 100])
async def test_a_list_gives_everything_once_in_one_order_from_either_end(
    shared_ask: Ask, name: str, size: int
) -> None:
    field, path = LISTS[name]

    async def pages(count: str, cursor: str, to: str, has_more: str) -> list[Any]:
        found, key = [], None
        while True:
            variables = {count: size, cursor: key}
            page = (await shared_ask(f"query({VARIABLES}) {{ {field} }}", variables))[
                "data"
            ]
            for step in path:
                page = page[step]
            assert page["nodes"] == [edge["node"] for edge in page["edges"]]
            assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
            assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
            found.append(page)
            key = page["pageInfo"][to]
            if not page["pageInfo"][has_more]:
                return found

    forwards = await pages("first", "after", "endCursor", "hasNextPage")
    backwards = await pages("last", "before", "startCursor", "hasPreviousPage")

    ids = [node["id"] for page in forwards for node in page["nodes"]]
    assert ids == [node["id"] for page in reversed(backwards) for node in page["nodes"]]
    assert len(ids) == len(set(ids)) > 6
    assert {page["totalCount"] for page in forwards + backwards} == {len(ids)}


@pytest.mark.usefixtures("seven_of_each")
@pytest.mark.parametrize(
    ("search", "names"),
    [
        (None, ["100%", "Acme", "Acme", "Zeta", "a_b", "acme", "Öl"]),
        ("", ["100%", "Acme", "Acme", "Zeta", "a_b", "acme", "Öl"]),
        (" ACME ", ["Acme", "Acme", "acme"]),
        ("Öl", ["Öl"]),
        ("%", ["100%"]),
        ("_b", ["a_b"]),
        ("cus_3", ["Zeta"]),
        ("nobody", []),
        ("\\", []),
    ],
)
async def test_a_search_finds_what_contains_the_text_and_nothing_else(
    shared_ask: Ask, search: str | None, names: list[str]
) -> None:
    document = (
        "query($s: String) { customers(search: $s) { totalCount nodes { name } } }"
    )

    answer = await shared_ask(document, {"s": search})

    customers = answer["data"]["customers"]
    assert [node["name"] for node in customers["nodes"]] == names
    assert customers["totalCount"] == len(names)


@pytest.mark.usefixtures("seven_of_each")
async def test_documents_are_listed_by_kind_and_search(shared_ask: Ask) -> None:
    document = """query($kind: [SourceKind!], $search: String) {
      sources(ledgerId: "TGVkZ2VyOlVTRA", kind: $kind, search: $search) {
        totalCount nodes { __typename externalId total { amount } customer { name } }
      }
    }"""

    notes = await shared_ask(document, {"kind": ["CREDIT_NOTE"]})
    none = await shared_ask(document, {"kind": []})
    of_customer = await shared_ask(document, {"search": "öl"})
    by_number = await shared_ask(document, {"search": "INV_3"})

    assert notes["data"]["sources"] == {
        "totalCount": 1,
        "nodes": [
            {
                "__typename": "CreditNote",
                "externalId": "cn_1",
                "total": {"amount": "1.00"},
                "customer": {"name": "Öl"},
            }
        ],
    }
    assert none["data"]["sources"] == {"totalCount": 0, "nodes": []}
    # Letters beyond ASCII match in their own case, on either database.
    assert of_customer["data"]["sources"]["totalCount"] == 0
    (found,) = by_number["data"]["sources"]["nodes"]
    assert found["externalId"] == "inv_3"


@pytest.mark.parametrize("name", ["a journal's entries", "a month's entries"])
async def test_entries_go_by_day_and_older_cursors_are_refused(
    database: Database, ask: Ask, name: str
) -> None:
    lines = [line(str(at), its_terms=terms("365.00")) for at in range(5)]
    await record(database, invoice("inv_1", *lines))
    field, path = LISTS[name]
    field = field.replace("nodes { id }", "nodes { date }")

    answer = await ask(f"query({VARIABLES}) {{ {field} }}", {"first": 100})
    page = answer["data"]
    for step in path:
        page = page[step]
    # As they were while the movement came first: journal 1, movement 2, 3 January.
    before = {"first": 9, "after": cursor_of((1, 2, 20_091))}
    refused = await ask(f"query({VARIABLES}) {{ {field} }}", before)

    dates = [node["date"] for node in page["nodes"]]
    assert dates == sorted(dates)
    assert len(dates) > 2 * len(set(dates))
    (error,) = refused["errors"]
    assert error["extensions"]["code"] == "INVALID_CURSOR"
    assert error["message"] == "after: not a cursor of this list"


async def test_a_list_is_paged_in_the_opposite_order(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice())
    query = """query($id: ID!, $order: JournalOrder!, $first: Int, $after: String,
      $last: Int, $before: String) {
      journals(ledgerId: $id, orderBy: $order, first: $first, after: $after,
        last: $last, before: $before) {
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        nodes { number } } }"""

    async def page(**given: Any) -> tuple[list[int], dict[str, Any]]:
        variables = {"id": USD, "order": "NUMBER_DESC", **given}
        found = (await ask(query, variables))["data"]["journals"]
        return [int(node["number"]) for node in found["nodes"]], found["pageInfo"]

    first, its = await page(first=5)
    second, next_ = await page(first=5, after=its["endCursor"])
    third, end = await page(first=5, after=next_["endCursor"])
    back, there = await page(last=5, before=end["startCursor"])
    last, _ = await page(last=3)
    forwards, _ = await page(order="NUMBER", first=2)

    assert [first, second, third] == [[12, 11, 10, 9, 8], [7, 6, 5, 4, 3], [2, 1]]
    assert (its["hasNextPage"], its["hasPreviousPage"]) == (True, False)
    assert (end["hasNextPage"], end["hasPreviousPage"]) == (False, True)
    assert (back, there["hasPreviousPage"]) == (second, True)
    assert (last, forwards) == ([3, 2, 1], [1, 2])
