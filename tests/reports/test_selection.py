"""What people select a report by: the senders' own ids, and what is wrong with them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import FIRST_DAY, LAST_DAY, parse_day
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.filter_kinds import (
    AnyDay,
    OneOf,
    OwnId,
    RecordingNumber,
    Text,
    YesOrNo,
)
from daybook.reports.journals.filters import FILTERS, JournalFilter, Purpose, Selection
from daybook.reports.journals.queries import PageRequest, find_journals
from daybook.reports.journals.selection import (
    parse_selection,
    resolve,
    selection_text,
)
from daybook_factories import invoice, pin, record
from daybook_history import History

pytestmark = pytest.mark.anyio

INVALID_VALUE = ProblemCode.INVALID_VALUE


async def problems_of(history: History, wanted: Selection) -> list[tuple[str, str]]:
    async with history.database.reads() as session:
        with pytest.raises(Rejected) as rejected:
            await resolve(session, history.pin, wanted, Purpose.REPORT)
    return [
        (problem.code.name, ".".join(problem.path))
        for problem in rejected.value.problems
    ]


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
        found = await resolve(session, history.pin, wanted, Purpose.REPORT)
        credit, file = [
            await resolve(session, history.pin, Selection(credit_note="cn_0"), purpose)
            for purpose in (Purpose.REPORT, Purpose.EXPORT)
        ]

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
    assert file == JournalFilter(document_id=4, include_scheduled=False)


@pytest.mark.parametrize(
    ("said", "in_a_report", "in_a_file"),
    [(None, True, False), (True, True, True), (False, False, False)],
)
def test_what_is_not_said_of_scheduled_entries_is_as_the_purpose_has_it(
    *, said: bool | None, in_a_report: bool, in_a_file: bool
) -> None:
    wanted = Selection(include_scheduled=said)

    assert wanted.includes_scheduled(Purpose.REPORT) is in_a_report
    assert wanted.includes_scheduled(Purpose.EXPORT) is in_a_file


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
        ("INVALID_PERIOD", "to"),
        ("MISMATCH", "credit_note"),
        ("NOT_FOUND", "customer"),
        ("NOT_FOUND", "product"),
        ("NOT_FOUND", "invoice"),
        ("NOT_FOUND", "credit_note"),
    ]


@pytest.mark.either_database
async def test_names_and_numbers_lead_to_ids(database: Database) -> None:
    await record(
        database,
        invoice("alpha-1", customer="alpha gmbh", customer_name="Alpha GmbH"),
        invoice("beta-1", customer="cus_1", customer_name="Beta"),
        invoice("beta-2", customer="cus_2", customer_name="BETA"),
    )
    its_pin = await pin(database)

    async def told(selection: Selection) -> str:
        with pytest.raises(Rejected) as caught:
            async with database.reads() as session:
                await resolve(session, its_pin, selection, Purpose.REPORT)
        (problem,) = caught.value.problems
        return problem.message

    assert await told(Selection(customer="Alpha GmbH")) == (
        "there is no customer 'Alpha GmbH'; did you mean 'alpha gmbh' (Alpha GmbH)?"
    )
    assert await told(Selection(customer="ALPHA  GmbH")) == (
        "there is no customer 'ALPHA  GmbH'; did you mean 'alpha gmbh' (Alpha GmbH)?"
    )
    assert await told(Selection(customer="Beta")) == (
        "there is no customer 'Beta'; did you mean 'cus_1' (Beta) or 'cus_2' (BETA)?"
    )
    assert await told(Selection(product="platform")) == (
        "there is no product 'platform'; did you mean 'prod_1' (Platform)?"
    )
    assert await told(Selection(invoice="ALPHA-1")) == (
        "there is no invoice 'ALPHA-1' in the USD ledger; did you mean 'alpha-1'"
        " (ALPHA-1)?"
    )
    assert await told(Selection(customer="Gamma")) == "there is no customer 'Gamma'"


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
        ("NOT_FOUND", "customer"),
        ("NOT_FOUND", "product"),
    ]


@pytest.mark.parametrize(
    ("given", "selection"),
    [
        ({}, Selection()),
        ({"include_scheduled": [" "]}, Selection()),
        ({"include_scheduled": ["No"]}, Selection(include_scheduled=False)),
        (
            {"shifted": ["no"], "exclude_fully_recognized": ["1"]},
            Selection(shifted=False, excludes_recognized=True),
        ),
        (
            {"from": ["2025-01-01"], "to": [" 2025-01-31 "], "on": [""]},
            Selection(
                posted_from=parse_day("2025-01-01"),
                posted_to=parse_day("2025-01-31"),
            ),
        ),
        (
            {"source": ["invoice", "Credit-Note"], "include_scheduled": ["yes"]},
            Selection(
                sources=(SourceKind.INVOICE, SourceKind.CREDIT_NOTE),
                include_scheduled=True,
            ),
        ),
        (
            {"customer": ["a", " a ", ""], "search": ["  x y "]},
            Selection(customer="a", search="x y"),
        ),
    ],
)
def test_a_selection_is_read_from_text(
    given: dict[str, list[str]], selection: Selection
) -> None:
    assert parse_selection(given) == selection


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufffd"), max_size=9)
NAMED = TEXTS.map(str.strip).filter(bool)
DAYS = st.integers(FIRST_DAY, LAST_DAY)
VALUES: dict[type[Any], Callable[[Any], st.SearchStrategy[Any]]] = {
    AnyDay: lambda _: DAYS,
    OneOf: lambda kind: st.sampled_from(list(kind.names)),
    YesOrNo: lambda kind: st.booleans() if kind.no else st.just(value=True),
    OwnId: lambda _: NAMED,
    Text: lambda _: NAMED,
    RecordingNumber: lambda _: st.integers(0, 2**31 - 1),
}


@given(st.data())
def test_a_selection_comes_back_from_its_text(data: st.DataObject) -> None:
    values = {}
    for one in data.draw(st.lists(st.sampled_from(FILTERS), unique_by=id)):
        its = VALUES[type(one.kind)](one.kind)
        if one.is_many:
            its = st.lists(its, min_size=1, unique=True).map(sorted).map(tuple)
        values[one.field] = data.draw(its, one.name)
    selection = Selection(**values)

    text = selection_text(selection)

    again = parse_selection(parse_qs(text, strict_parsing=bool(text)))
    several: dict[str, Any] = {
        known.field: tuple(sorted(values))
        for known in FILTERS
        if known.is_many and (values := getattr(again, known.field))
    }
    assert replace(again, **several) == selection
    assert (text == "") == (selection == Selection())


def test_the_text_of_a_selection_is_an_addresss() -> None:
    selection = Selection(
        posted_from=parse_day("2025-01-01"),
        customer="Große & Co",
        sources=(SourceKind.CREDIT_NOTE, SourceKind.INVOICE),
        shifted=False,
    )

    assert selection_text(selection) == (
        "customer=Gro%C3%9Fe%20%26%20Co&from=2025-01-01&shifted=no"
        "&source=CREDIT_NOTE&source=INVOICE"
    )


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"from": ["x"], "to": ["2025-02-30"]}, [ProblemCode.INVALID_DATE] * 2),
        ({"on": ["2025-W01-1"]}, [ProblemCode.INVALID_DATE]),
        ({"source": ["invoice", "no", ""]}, [INVALID_VALUE]),
        ({"include_scheduled": ["maybe"], "shifted": ["2"]}, [INVALID_VALUE] * 2),
        ({"customer": ["a", "b"], "on": ["2025-01-01", "x"]}, [INVALID_VALUE] * 2),
        ({"search": ["\udcff"], "invoice": ["\ufffd"]}, [INVALID_VALUE] * 2),
    ],
)
def test_text_that_cannot_be_read_is_named(
    given: Any, codes: list[ProblemCode]
) -> None:
    with pytest.raises(Rejected) as rejected:
        parse_selection(given)

    assert [problem.code for problem in rejected.value.problems] == codes
