"""Whatever reports are asked, nothing is a mistake of ours, and large answers stop."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from graphql import parse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from daybook.calendar import date_of
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_deferred import deferred_history
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import CreditNoteId, InvoiceId
from daybook_graphql.execution.limits import excess_of
from daybook_graphql.execution.operations import operation_texts
from daybook_graphql.kit.errors import ErrorCode
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.paging import cursor_of
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_graphql.schema import schema
from daybook_people import caller
from daybook_services.faults import examples

pytestmark = pytest.mark.anyio

Asked: TypeAlias = tuple[str, dict[str, Any]]
"""The name of an operation with its variables."""
LEDGER = encode(LedgerId("USD"))
TEXTS = operation_texts()

dates = st.one_of(
    st.none(),
    st.integers(10_957, 47_481).map(lambda day: date_of(day).isoformat()),
    st.sampled_from(["2025-01-01", "2025-06-30", "2000-01-01", "2099-12-31"]),
)
texts = st.one_of(
    st.text(max_size=8), st.sampled_from(["ada@example.com", "\0", "x" * 300, "%"])
)
ids = st.one_of(
    texts,
    st.sampled_from(
        [
            encode(its)
            for its in (
                LedgerId("USD"),
                CustomerId("cus_1"),
                CustomerId("cus_2"),
                ProductId("prod_1"),
                InvoiceId("inv_1"),
                CreditNoteId("cn_1"),
            )
        ]
    ),
    texts.map(lambda text: encode(CustomerId(text))),
)
cursors = st.one_of(
    texts,
    st.lists(st.integers(0, 2**63), max_size=3).map(cursor_of),
    st.tuples(st.integers(0, 3), st.integers(0, 2**31 - 1)).map(cursor_of),
)
ranges = st.fixed_dictionaries({}, optional={"from": dates, "to": dates})
named = {"customerId": ids, "productId": ids, "documentId": ids}
sizes = st.integers(1, 100) | st.sampled_from([None, 0, 101, 2**31 - 1])
pages = st.one_of(
    st.fixed_dictionaries({}, optional={"first": sizes, "after": cursors}),
    st.fixed_dictionaries({}, optional={"last": sizes, "before": cursors}),
)
moments = {"on": dates, "asOf": dates}
narrowed = {"filter": st.fixed_dictionaries({}, optional=named)}
FLAGS = ["MANUAL", "AFTER_CLOSE", "WEEKEND", "ROUND", "SELDOM_PAIR", "SUPERSEDED"]


NO_PAGES: st.SearchStrategy[Any] = st.just({})


def asked(
    name: str, of_pages: st.SearchStrategy[Any] = NO_PAGES, **fields: Any
) -> st.SearchStrategy[Asked]:
    """An operation with some of its variables."""
    variables = st.fixed_dictionaries({}, optional=fields)
    both = st.tuples(variables, of_pages)
    return both.map(lambda two: (name, {"ledgerId": LEDGER, **two[0], **two[1]}))


questions = st.one_of(
    asked("DeferredRevenue", pages, openOnly=st.booleans(), **moments, **narrowed),
    asked("Waterfall", pages, apart=st.booleans(), **moments, **narrowed),
    asked(
        "RollForward",
        account=st.sampled_from(["BILLED", "UNBILLED", "DEFERRED", "RECOGNIZED"]),
        **{"from": dates},
        **moments,
        **narrowed,
    ),
    asked(
        "Population",
        pages,
        asOf=dates,
        filter=st.fixed_dictionaries(
            {},
            optional={
                "posted": ranges,
                "recorded": ranges,
                "flags": st.lists(st.sampled_from(FLAGS)),
                "author": texts,
                **named,
            },
        ),
    ),
    asked("TieOut", **moments),
    asked("CloseChecklist").flatmap(
        lambda two: dates.map(lambda day: (two[0], two[1] | {"month": day}))
    ),
)


@pytest.fixture
async def recorded(database: Database) -> None:
    """A ledger with every kind of row."""
    await deferred_history(database)


# The data is only read: the examples may share it.
@pytest.mark.usefixtures("recorded")
@given(some=st.lists(questions, min_size=8, max_size=8))
@hypothesis_settings(
    max_examples=examples(10),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_no_question_is_worse_than_an_error_with_a_code(
    new_context: Callable[[], Context], some: list[Asked]
) -> None:
    for name, variables in some:
        result = await schema.execute(
            TEXTS[name],
            variable_values=variables,
            context_value=new_context(),
        )

        for error in result.errors or ():
            assert error.extensions is not None
            code = ErrorCode(error.extensions["code"])
            assert code is not ErrorCode.INTERNAL_ERROR, (name, variables, error)
            assert error.message


OURS = (
    *("DeferredRevenue", "Waterfall", "RollForward", "Population", "TieOut"),
    *("CloseChecklist", "EnterBalances"),
)


@pytest.mark.either_database
@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("name", "size"),
    # A customer counts as twenty products: a larger page may answer too much.
    [("DeferredRevenue", 100), ("Waterfall", 50), ("Population", 100)],
)
async def test_strangers_may_run_the_operations_with_large_pages(
    new_context: Callable[[], Context], name: str, size: int
) -> None:
    result = await schema.execute(
        TEXTS[name],
        variable_values={"ledgerId": LEDGER, "first": size},
        context_value=new_context(),
    )

    assert not result.errors


@pytest.mark.parametrize("name", OURS)
def test_the_operations_are_within_the_limits_for_strangers(
    name: str,
) -> None:
    assert excess_of(parse(TEXTS[name])) is None


@pytest.mark.either_database
async def test_an_answer_of_too_many_values_is_refused_before_anything_is_read(
    database: Database, settings: Settings
) -> None:
    few = settings.model_copy(update={"query_cost_max": 1_000})

    result = await schema.execute(
        TEXTS["Waterfall"],
        variable_values={"ledgerId": LEDGER, "first": 100},
        context_value=Context(database, few, caller()),
    )

    assert result.errors
    (error,) = result.errors
    assert error.extensions is not None
    assert error.extensions["code"] == "TOO_COMPLEX"
