"""Named operations: checked when they are loaded, and failing with codes and paths."""

from collections.abc import Callable

import pytest

from daybook_graphql.context import Context
from daybook_graphql.execution.checked_documents import document_cache
from daybook_graphql.execution.limits import ALIASES_MAX
from daybook_graphql.execution.operations import (
    InvalidOperation,
    OperationFailed,
    Operations,
)
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId
from daybook_graphql.schema import schema

NewContext = Callable[[], Context]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("query Other { ledgers { id } }", "holds ['Other'], not just Mine"),
        ("{ ledgers { id } }", "holds [None], not just Mine"),
        ("query Mine { ledgers { id } } query B { ledgers { id } }", "not just Mine"),
        ("query Mine { nothing }", "Cannot query field 'nothing'"),
        ("query Mine {", "Syntax Error"),
    ],
)
def test_an_operation_that_does_not_fit_stops_the_start(
    text: str, message: str
) -> None:
    with pytest.raises(InvalidOperation) as raised:
        Operations(schema, {"Mine": text})

    assert message in str(raised.value)


@pytest.mark.anyio
@pytest.mark.either_database
async def test_a_failure_says_what_where_and_why(
    operations: Operations, new_context: NewContext
) -> None:
    with pytest.raises(OperationFailed) as raised:
        await operations.run(
            "JournalReport",
            {"ledgerId": encode(LedgerId("USD")), "first": 1},
            new_context(),
        )

    (error,) = raised.value.errors
    assert (error.code, error.path, error.argument) == (
        "NOT_FOUND",
        ("journals",),
        "ledgerId",
    )
    assert raised.value.codes == {"NOT_FOUND"}
    assert str(raised.value) == "JournalReport: ledgerId: there is no USD ledger"


@pytest.mark.anyio
@pytest.mark.either_database
async def test_variables_that_do_not_fit_are_a_failure_too(
    operations: Operations, new_context: NewContext
) -> None:
    with pytest.raises(OperationFailed) as raised:
        await operations.run("JournalDetail", {"id": None}, new_context())

    assert raised.value.codes == {"INVALID_QUERY"}


@pytest.mark.anyio
@pytest.mark.either_database
async def test_an_operation_of_our_own_may_pass_the_limits_for_strangers(
    new_context: NewContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "documents", document_cache())
    many = " ".join(f"a{at}: ledgers {{ id }}" for at in range(ALIASES_MAX + 1))
    text = f"query Many {{ {many} }}"

    of_a_stranger = await schema.execute(text, context_value=new_context())
    ours = await Operations(schema, {"Many": text}).run("Many", {}, new_context())

    assert of_a_stranger.errors
    assert len(ours) == ALIASES_MAX + 1


@pytest.mark.anyio
@pytest.mark.either_database
async def test_an_unknown_customer_is_found_out_before_anything_is_read(
    operations: Operations, new_context: NewContext
) -> None:
    taken = await operations.run(
        "ImportDocuments", {"input": {"text": INVOICE}}, new_context()
    )
    assert taken["importDocuments"]["userErrors"] == []

    with pytest.raises(OperationFailed) as raised:
        await operations.run(
            "JournalReport",
            {
                "ledgerId": encode(LedgerId("USD")),
                "filter": {"customerId": encode(CustomerId("nobody"))},
            },
            new_context(),
        )

    (error,) = raised.value.errors
    assert error.problems == (
        {
            "code": "NOT_FOUND",
            "message": "there is no customer 'nobody'",
            "path": ["filter", "customerId"],
        },
    )


INVOICE = (
    '{"type": "invoice", "id": "inv_1", "status": "FINAL", "currency": "USD",'
    ' "customer": {"id": "cus_1", "name": "Acme"}, "issued_on": "2025-01-01",'
    ' "lines": [{"id": "1", "product": {"id": "p", "name": "P"}, "amount": "1.00",'
    ' "service_from": "2025-01-01", "service_to": "2025-01-31"}]}\n'
)
