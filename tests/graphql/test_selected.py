"""Only what is selected is loaded, and what is selected is always loaded."""

import time
from typing import Any

import pytest
from graphql import (
    FieldNode,
    OperationDefinitionNode,
    assert_object_type,
    parse,
)
from graphql.language import FragmentDefinitionNode

from daybook.db.engine import Database
from daybook_factories import credit_note, invoice, line, record, terms
from daybook_graphql.execution.inside import core_schema
from daybook_graphql.execution.selected import Selected
from daybook_graphql.schema import schema

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

MONEY = "{ amount currency }"
ACCOUNT = "{ id role name normalBalance }"
PARTY = "{ id externalId name }"
LINES = f"""lines {{
  externalId description product {PARTY} amount {MONEY} serviceFrom serviceTo
  recognizedOn method timing strategy milestones {{
    externalId name completedOn openAmount {MONEY} recognizedBy {{ number }}
  }}
}}"""
MOVEMENT = f"""
  id debit {ACCOUNT} credit {ACCOUNT} amount {MONEY} firstDay lastDay serviceFrom
  serviceTo method recordedAt narrative
"""
DOCUMENT_FIELDS = [
    "id",
    "kind",
    "externalId",
    "reference",
    f"customer {PARTY}",
    "date",
    "issuedOn",
    "status",
    f"total {MONEY}",
    "versions { number status accountingDate }",
    "attachments(first: 1) { totalCount }",
    "journals { totalCount nodes { number } }",
    f"... on Invoice {{ {LINES} }}",
    f"... on Invoice {{ discount {MONEY} billingSchedule {{ id status }} }}",
    f"... on Invoice {{ creditNotes {{ id status issuedOn total {MONEY} }} }}",
    f"... on BillingSchedule {{ {LINES} }}",
    f"... on CreditNote {{ {LINES} }}",
    f"... on CreditNote {{ invoice {{ id reference total {MONEY} {LINES} }} }}",
]
JOURNAL_FIELDS = [
    "id",
    "number",
    "month",
    "source",
    "method",
    "narrative",
    "customer { id externalId name legalName }",
    "product { id externalId name category }",
    f"total {MONEY}",
    "ledger { id firstMonth lastMonth }",
    f"movements {{ {MOVEMENT} }}",
    "entries(first: 2) { totalCount nodes { id date status } }",
    *(f"document {{ {field} }}" for field in DOCUMENT_FIELDS),
]


def selected(document: str) -> Selected:
    """What a document's first operation selects."""
    parsed = parse(document)
    fragments = {
        definition.name.value: definition
        for definition in parsed.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    operation = parsed.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    fields = operation.selection_set.selections
    return Selected(
        [field for field in fields if isinstance(field, FieldNode)], fragments
    )


async def test_each_field_alone_is_what_it_is_among_all_others(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice(), credit_note(), on="2025-06-15")
    listed = 'journals(ledgerId: "TGVkZ2VyOlVTRA", first: 100)'

    def document(fields: str) -> str:
        return f"{{ {listed} {{ nodes {{ {fields} }} }} }}"

    everything = (await ask(document(" ".join(JOURNAL_FIELDS))))["data"]

    for fields in JOURNAL_FIELDS:
        alone = (await ask(document(fields)))["data"]
        assert is_part_of(alone, everything), fields


def test_these_are_all_fields_of_documents() -> None:
    """So that none reads what the list's statement left out."""
    chosen = selected(f"{{ document {{ {' '.join(DOCUMENT_FIELDS)} }} }}")
    types = core_schema(schema).type_map
    fields = {
        name
        for document_type in ("Invoice", "BillingSchedule", "CreditNote")
        for name in assert_object_type(types[document_type]).fields
    }

    assert len(fields) > 12
    assert fields == set(chosen)


async def test_marks_alone_are_what_they_are_among_documents(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice(), credit_note(), on="2025-06-15")
    await record(
        database, invoice("inv_1", line(its_terms=terms("500.00"))), on="2025-06-16"
    )
    listed = 'journals(ledgerId: "TGVkZ2VyOlVTRA", first: 100)'

    alone = await ask(f"{{ {listed} {{ edges {{ marks }} }} }}")
    beside = await ask(
        f"{{ {listed} {{ edges {{ marks node {{ document {{ status }} }} }} }} }}"
    )

    marks = [edge["marks"] for edge in alone["data"]["journals"]["edges"]]
    assert ["REVISED"] in marks
    assert marks == [edge["marks"] for edge in beside["data"]["journals"]["edges"]]


async def test_edges_and_nodes_say_the_same(database: Database, ask: Ask) -> None:
    await record(database, invoice())
    listed = 'journals(ledgerId: "TGVkZ2VyOlVTRA", first: 100)'

    for fields in ("method", "total { amount }", "document { reference }"):
        answer = await ask(
            f"{{ {listed} {{ nodes {{ id }} edges {{ node {{ {fields} }} }} }}"
            f" other: {listed} {{ nodes {{ {fields} }} edges {{ cursor }} }} }}"
        )

        edges = answer["data"]["journals"]["edges"]
        assert [edge["node"] for edge in edges] == answer["data"]["other"]["nodes"]


async def test_an_edge_s_amounts_need_nothing_else_selected(
    database: Database, ask: Ask
) -> None:
    await record(database, invoice())

    for name in ("total", "posted"):
        answer = await ask(
            '{ journals(ledgerId: "TGVkZ2VyOlVTRA", first: 1)'
            f" {{ edges {{ {name} {{ amount }} }} }} }}"
        )

        (edge,) = answer["data"]["journals"]["edges"]
        assert edge == {name: {"amount": "1300.00"}}


def is_part_of(part: Any, whole: Any) -> bool:
    """Whether an answer says nothing that the fuller one doesn't."""
    if isinstance(part, dict):
        return all(
            name in whole and is_part_of(part[name], whole[name]) for name in part
        )
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(is_part_of, part, whole))
    return bool(part == whole)


def test_names_are_found_through_fragments_aliases_and_repeats() -> None:
    found = selected(
        """
        { top { ...A ... on T { b: bee } c { d } c { e ...B } } }
        fragment A on T { a ...B }
        fragment B on T { f { g } }
        """
    )

    assert all(name in found for name in ("a", "bee", "c", "f"))
    assert not found.any_of("b", "d", "g")
    assert all(name in found.below("c") for name in ("d", "e", "f"))
    assert "g" in found.below("c").below("f")
    assert "g" in found.below("f", "c") | found.below("a")


def test_the_work_grows_with_the_document_and_not_with_its_fragments() -> None:
    spreads = "\n".join(
        f"fragment F{at} on T {{ x {{ ...F{at + 1} ...F{at + 1} }} ...F{at + 1} }}"
        for at in range(60)
    )
    found = selected(f"{{ top {{ ...F0 }} }} {spreads} fragment F60 on T {{ end }}")
    started = time.thread_time()

    for _ in range(60):
        found = found.below("x")

    assert time.thread_time() - started < 2
    assert "end" in found
