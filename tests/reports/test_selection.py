"""What people select a report by: the senders' own ids, and what is wrong with them."""

from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.filters import JournalFilter
from daybook.ledger.rules import SourceKind
from daybook.reports.queries import PageRequest, find_journals
from daybook.reports.selection import Selection, parse_selection, resolve
from daybook_history import History

pytestmark = pytest.mark.anyio


async def problems_of(history: History, wanted: Selection) -> list[tuple[str, str]]:
    async with history.database.reads() as session:
        with pytest.raises(Rejected) as rejected:
            await resolve(session, history.pin, wanted)
    return [(one.code.name, ".".join(one.path)) for one in rejected.value.problems]


async def test_own_ids_become_numbers(history: History) -> None:
    wanted = Selection(
        posted_from=parse_day("2025-01-01"),
        posted_to=parse_day("2025-01-31"),
        sources=(SourceKind.INVOICE,),
        customer="ÄB",
        product="50%_off",
        invoice="inv_3",
        on=parse_day("2025-01-15"),
        include_scheduled=False,
        search="a",
    )

    async with history.database.reads() as session:
        found = await resolve(session, history.pin, wanted)
        credit = await resolve(session, history.pin, Selection(credit_note="cn_0"))

    assert found == JournalFilter(
        posted_from=wanted.posted_from,
        posted_to=wanted.posted_to,
        sources=wanted.sources,
        customer_id=3,
        product_id=3,
        document_id=3,
        on=wanted.on,
        include_scheduled=False,
        search="a",
    )
    assert credit == JournalFilter(document_id=4)


async def test_everything_unknown_is_named_at_once(history: History) -> None:
    wanted = Selection(
        posted_from=parse_day("2025-02-01"),
        posted_to=parse_day("2025-01-31"),
        customer="no",
        product="no",
        invoice="eur",
        credit_note="inv_1",
    )

    assert await problems_of(history, wanted) == [
        ("INVALID_PERIOD", "posted.to"),
        ("MISMATCH", "creditNoteId"),
        ("NOT_FOUND", "customerId"),
        ("NOT_FOUND", "productId"),
        ("NOT_FOUND", "invoiceId"),
        ("NOT_FOUND", "creditNoteId"),
    ]


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud83e", "x" * 5_000, "'", "%", "\\"])
async def test_no_text_is_too_odd_to_be_looked_for(history: History, text: str) -> None:
    wanted = Selection(customer=text, product=text, invoice=text)

    found = await problems_of(history, wanted)

    assert [code for code, _ in found] == ["NOT_FOUND"] * 3
    async with history.database.reads() as session:
        page = await find_journals(
            session, history.pin, JournalFilter(search=text), PageRequest(10)
        )
    assert bool(page.items) == (text == "%")


async def test_an_organisation_has_its_own_names_only(history: History) -> None:
    other = History(history.database, history.pin._replace(organisation_id=2))

    assert await problems_of(other, Selection(customer="cus_1", product="p2")) == [
        ("NOT_FOUND", "customerId"),
        ("NOT_FOUND", "productId"),
    ]


@pytest.mark.parametrize(
    ("given", "selection"),
    [
        ({}, Selection(include_scheduled=False)),
        (
            {"from": ["2025-01-01"], "to": [" 2025-01-31 "], "on": [""]},
            Selection(
                posted_from=parse_day("2025-01-01"),
                posted_to=parse_day("2025-01-31"),
                include_scheduled=False,
            ),
        ),
        (
            {"source": ["invoice", "Credit-Note"], "include_scheduled": ["yes"]},
            Selection(sources=(SourceKind.INVOICE, SourceKind.CREDIT_NOTE)),
        ),
        (
            {"customer": ["a", "b"], "search": ["  x y "]},
            Selection(customer="b", search="x y", include_scheduled=False),
        ),
    ],
)
def test_a_selection_is_read_from_text(
    given: dict[str, list[str]], selection: Selection
) -> None:
    assert parse_selection(given) == selection


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"from": ["x"], "to": ["2025-02-30"]}, [ProblemCode.INVALID_DATE] * 2),
        ({"on": ["2025-W01-1"]}, [ProblemCode.INVALID_DATE]),
        ({"source": ["invoice", "no", ""]}, [ProblemCode.INVALID_VALUE]),
    ],
)
def test_text_that_cannot_be_read_is_named(
    given: Any, codes: list[ProblemCode]
) -> None:
    with pytest.raises(Rejected) as rejected:
        parse_selection(given)

    assert [one.code for one in rejected.value.problems] == codes
