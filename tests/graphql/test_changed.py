"""What the API says of what changed, and of lists at a recording."""

import json
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook_factories import credit_note, credited_line, invoice, line, record, voided
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId

Ask = Any  # a fixture's type, see conftest

pytestmark = pytest.mark.anyio

USD = encode(LedgerId("USD"))
JOURNALS = """query ($l: ID!, $after: BigInt, $at: BigInt, $first: Int,
    $cursor: String) {
  journals(ledgerId: $l, filter: { changedAfterRecording: $after },
      asOfRecording: $at, first: $first, after: $cursor) {
    recording totalCount pageInfo { hasNextPage endCursor }
    edges { total { amount } posted { amount } }
    nodes { number isSuperseded narrative method movements { id }
      customer { name } } } }
"""


@pytest.fixture(scope="module")
async def recorded(module_database: Database) -> None:
    """Three recordings: two invoices, then a void, then a credit note with a name."""
    later = "2026-01-01"
    first, second = invoice("inv_1"), invoice("inv_2", line("1"), accounting_date=later)
    await record(module_database, first, second, on="2025-01-01")
    await record(module_database, voided(first), on="2025-01-01")
    note = credit_note(
        "cn_1", credited_line("100.00"), invoice_id="inv_2", accounting_date=later
    )
    await record(module_database, note, on="2025-01-02")


async def journals(ask: Ask, **variables: Any) -> Any:
    answer = await ask(JOURNALS, {"l": USD, "first": 100, **variables})
    assert "errors" not in answer, answer
    return answer["data"]["journals"]


@pytest.mark.usefixtures("recorded")
async def test_superseded_journals_are_told_and_have_nothing_left(
    shared_ask: Ask,
) -> None:
    found = await journals(shared_ask, after="1", at="2")
    whole = await journals(shared_ask, after=0)
    none = await journals(shared_ask, after=3)

    gone = [its for its in found["nodes"] if its["isSuperseded"]]
    assert found["recording"] == "2"
    assert len(gone) > 5
    assert found["totalCount"] == len(found["nodes"])
    for journal in gone:
        assert (journal["movements"], journal["method"]) == ([], None)
        assert "nothing billed or recognized" in journal["narrative"]
    assert {edge["total"]["amount"] for edge in found["edges"]} >= {"0.00"}
    assert whole["recording"] == none["recording"] == "3"
    assert none["nodes"] == []
    assert {its["number"] for its in gone} < {its["number"] for its in whole["nodes"]}
    answer = await shared_ask(
        "query ($id: ID!) { journal(id: $id) { isSuperseded entries { totalCount } } }",
        {"id": encode_journal(gone[0]["number"])},
    )
    assert answer["data"]["journal"] == {
        "isSuperseded": True,
        "entries": {"totalCount": 0},
    }


def encode_journal(number: str) -> str:
    return encode(JournalId("USD", int(number)))


async def test_pages_at_a_recording_are_of_one_moment(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice("inv_1"), on="2025-01-01")
    first = await journals(ask, after=0, first=3)
    renamed = invoice("inv_2", customer_name="Renamed")
    await record(database, renamed, voided(invoice("inv_1")), on="2025-01-02")

    rest = await journals(
        ask, after=0, at=first["recording"], cursor=first["pageInfo"]["endCursor"]
    )

    nodes = [*first["nodes"], *rest["nodes"]]
    assert [int(its["number"]) for its in nodes] == list(range(1, 13))
    assert {its["customer"]["name"] for its in nodes} == {"Acme"}
    assert not any(its["isSuperseded"] for its in nodes)
    assert rest["totalCount"] == first["totalCount"] == 12


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("journals(ledgerId: $l, asOfRecording: 9)", "USD ledger's last one is 3"),
        ("entries(ledgerId: $l, asOfRecording: 9)", "there is no recording 9 yet"),
        ("sources(ledgerId: $l, asOfRecording: 9)", "there is no recording 9 yet"),
        ("sources(ledgerId: $l, changedAfterRecording: 9)", "there is no recording 9"),
        (
            'sources(ledgerId: $l, changedAfterRecording: 1, search: "x")',
            "documents join and leave a search without a change",
        ),
        (
            'journals(ledgerId: $l, filter: {asOf: "2025-01-01"}, asOfRecording: 1)',
            "asOf and asOfRecording both say as of when: give one of the two",
        ),
        ("customers(changedAfter: {ledgerId: $l, recording: 9})", "no recording 9"),
        ("products(changedAfter: {ledgerId: $l, recording: 9})", "no recording 9"),
        (
            'customers(changedAfter: {ledgerId: $l, recording: 1}, search: "x")',
            "so narrow by it alone",
        ),
        (
            "products(changedAfter: {ledgerId: $l, recording: 1}, hasMethod: true)",
            "so narrow by it alone",
        ),
        (
            'customers(changedAfter: {ledgerId: "TGVkZ2VyOkdCUA", recording: 1})',
            "changedAfter.ledgerId: there is no GBP ledger",
        ),
        (
            """journals(ledgerId: $l, asOfRecording: 1,
                filter: { changedAfterRecording: 3 })""",
            "changedAfterRecording 3 is after asOfRecording 1",
        ),
        (
            "sources(ledgerId: $l, asOfRecording: 1, changedAfterRecording: 3)",
            "changedAfterRecording 3 is after asOfRecording 1",
        ),
        (
            """journals(ledgerId: $l, filter: {
                asOf: "2024-12-31", changedAfterRecording: 1 })""",
            "recording 1 is after recording 0, as of which the USD ledger is read",
        ),
        (
            "journals(ledgerId: $l, filter: {shifted: true, changedAfterRecording: 1})",
            "would miss journals that left what 'shifted' selects",
        ),
        ("journals(ledgerId: $l, asOfRecording: -1)", "an integer here is text or"),
        ('journals(ledgerId: $l, asOfRecording: "01")', "an integer here is text or"),
        ("journals(ledgerId: $l, asOfRecording: true)", "an integer here is text or"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    shared_ask: Ask, field: str, words: str
) -> None:
    field = field.replace("$l", f'"{USD}"')
    answer = await shared_ask(f"{{ {field} {{ totalCount }} }}")

    (error,) = answer["errors"]
    assert words in error["message"]
    # Only a copy, which has a mark, can begin again.
    begins = "9" in field and "asOfRecording" not in field
    assert ("begin again with 0" in error["message"]) is begins
    assert error["extensions"]["argument"]
    assert error["locations"]


@pytest.mark.parametrize("mark", [-1, "abc", 1.5, "007"])
async def test_what_is_no_recording_names_its_place(ask: Ask, mark: object) -> None:
    literal = json.dumps(mark)
    of_field = f"filter: {{changedAfterRecording: {literal}}}"
    asked = [
        (f"sources({LEDGER}, changedAfterRecording: {literal})", "", None),
        (f"journals({LEDGER}, {of_field})", "", None),
        (
            f"entries({LEDGER}, filter: {{changedAfterRecording: $m}})",
            "($m: BigInt)",
            {"m": mark},
        ),
        (
            f"journals({LEDGER}, filter: $f)",
            "($f: JournalFilter)",
            {"f": {"changedAfterRecording": mark}},
        ),
    ]

    for (field, variables, values), argument in zip(asked, ARGUMENTS, strict=True):
        query = f"query {variables} {{ {field} {{ totalCount }} }}"
        (error,) = (await ask(query, values or {}))["errors"]
        assert error["extensions"] == {"code": "INVALID_VALUE", "argument": argument}
        assert error["message"] == (
            f"{argument}: an integer here is text or a number between 0 and"
            f' 999999999999999999, such as "42", and not {mark!r}'
        )
        assert error["locations"]


LEDGER = f'ledgerId: "{USD}"'
ARGUMENTS = (
    "changedAfterRecording",
    "changedAfterRecording",
    "$m",
    "$f.changedAfterRecording",
)


@pytest.mark.usefixtures("recorded")
async def test_a_list_at_a_recording_before_the_first_is_empty(shared_ask: Ask) -> None:
    answer = await shared_ask(
        f"""{{ journals(ledgerId: "{USD}", asOfRecording: 0) {{ recording totalCount }}
        sources(ledgerId: "{USD}", asOfRecording: "0") {{ recording totalCount }}
        ledger(currency: "USD") {{ recording }} }}"""
    )

    assert answer["data"] == {
        "journals": {"recording": "0", "totalCount": 0},
        "sources": {"recording": "0", "totalCount": 0},
        "ledger": {"recording": "3"},
    }
