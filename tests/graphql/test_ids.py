"""Global ids: what was encoded is decoded, and nothing else."""

import pytest
from graphql import GraphQLError, GraphQLInterfaceType
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import FIRST_DAY, LAST_DAY
from daybook.ledger.rules import Role
from daybook_graphql.documents.ids import (
    STARTS,
    CreditNoteId,
    InvoiceId,
    document_id,
    expect_document,
)
from daybook_graphql.journals.ids import (
    EntryId,
    JournalId,
    MovementId,
    journals_of_ledger,
)
from daybook_graphql.kit.ids import NodeId, decode, encode, expect, type_words
from daybook_graphql.ledgers.ids import AccountId, LedgerId
from daybook_graphql.nodes import NODES
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_graphql.parties.types import customer_of, product_of
from daybook_graphql.schema import schema

currencies = st.sampled_from(["USD", "EUR", "JPY"])
external_ids = st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1
)
numbers = st.integers(1, 10**18 - 1)
places = st.integers(1, 10**9 - 1)
nodes: st.SearchStrategy[NodeId] = st.one_of(
    st.builds(LedgerId, currencies),
    st.builds(AccountId, currencies, st.sampled_from(Role)),
    st.builds(CustomerId, external_ids),
    st.builds(ProductId, external_ids),
    st.builds(InvoiceId, external_ids),
    st.builds(CreditNoteId, external_ids),
    st.builds(JournalId, currencies, numbers),
    st.builds(MovementId, currencies, numbers, places),
    st.builds(EntryId, currencies, numbers, places, st.integers(FIRST_DAY, LAST_DAY)),
)


@given(nodes)
def test_an_id_names_what_it_was_made_from(node: NodeId) -> None:
    found = decode(encode(node))

    assert found == node
    assert type(found) is type(node)


@given(external_ids)
def test_parties_of_long_lists_have_the_text_of_their_ids(external_id: str) -> None:
    customer = customer_of(external_id, "Acme", "Acme Inc.")
    product = product_of(external_id, "Plan", None)

    assert decode(encode(customer.node_id)) == CustomerId(external_id)
    assert decode(encode(product.node_id)) == ProductId(external_id)


@pytest.mark.parametrize("kind", STARTS)
@given(external_ids)
def test_documents_of_long_lists_do_too(kind: int, external_id: str) -> None:
    text = STARTS[kind] + external_id

    assert decode(encode(text)) == document_id(kind, external_id)


@given(currencies, numbers)
def test_journals_do_too(currency: str, number: int) -> None:
    text = f"{journals_of_ledger(currency)}{number}"

    assert decode(encode(text)) == JournalId(currency, number)


@given(st.text())
def test_no_text_is_anything_worse_than_an_invalid_id(text: str) -> None:
    with pytest.raises(GraphQLError) as raised:
        decode(text, "customerId")

    assert raised.value.extensions == {"code": "INVALID_ID", "argument": "customerId"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "TGVkZ2VyOlVTRA==",  # padded
        "TGVkZ2VyOlVTRB",  # the same bytes, other unused bits
        "TGVk Z2VyOlVTRA",
        "TGVkZ2VyOnVzZA",  # Ledger:usd
        "TGVkZ2VyOlVTREQ",  # Ledger:USDD
        "Sm91cm5hbDpVU0Q6MDE",  # Journal:USD:01
        "Sm91cm5hbDpVU0Q6LTE",  # Journal:USD:-1
        "Sm91cm5hbDpVU0Q6MTk5OTk5OTk5OTk5OTk5OTk5OTk",  # beyond 64 bits
        "Sm91cm5hbDpVU0Q6MTox",  # Journal:USD:1:1
        "Q3VzdG9tZXI6",  # Customer:
        "Q3VzdG9tZXI6AA",  # Customer:NUL
        "T3RoZXI6MQ",  # Other:1
        "TGVkZ2VyQWNjb3VudDpVU0Q6Q0FTSA",  # LedgerAccount:USD:CASH
        "é",
        "A" * 3_000,
    ],
)
def test_what_was_never_given_is_refused(text: str) -> None:
    with pytest.raises(GraphQLError) as raised:
        decode(text)

    assert raised.value.extensions == {"code": "INVALID_ID", "argument": "id"}


def test_the_id_of_another_type_is_refused_by_name() -> None:
    text = encode(ProductId("prod_1"))

    with pytest.raises(GraphQLError, match="the id of a Product, not of a Customer"):
        expect(text, CustomerId, "customerId")
    with pytest.raises(GraphQLError, match="the id of a Product, not of a document"):
        expect_document(text, "documentId")


@pytest.mark.parametrize(
    ("expected", "way_out"),
    [
        (LedgerId, "`{ ledgers { id currency } }` lists them"),
        (CustomerId, "`{ customers { nodes { id externalId } } }` lists them"),
        (ProductId, "`{ products { nodes { id externalId } } }` lists them"),
        (InvoiceId, "`document(kind:, externalId:) { id }` finds it by the sender's"),
        (JournalId, "send what a field `id` answered, as it is"),
    ],
)
def test_what_is_no_id_is_quoted_with_where_ids_are_found(
    expected: type[NodeId], way_out: str
) -> None:
    with pytest.raises(GraphQLError) as raised:
        expect("in-7", expected, "it")

    message = raised.value.message
    assert message.startswith(f"it: 'in-7' is not an id of this API: {way_out}")


def test_what_is_no_id_of_a_document_tells_how_its_own_id_finds_it() -> None:
    with pytest.raises(GraphQLError, match=r"'in-7' .* `document\(kind:, external"):
        expect_document("in-7", "documentId")


def test_external_ids_may_hold_colons() -> None:
    assert expect(encode(InvoiceId("a:b:c")), InvoiceId, "id").external_id == "a:b:c"


def test_each_node_of_the_schema_is_read_by_its_id() -> None:
    built = schema._schema  # noqa: SLF001
    node = built.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)

    names = {kind.name for kind in built.get_possible_types(node)}

    assert {type_words(id_type).split()[-1] for id_type in NODES} == names
