"""A customer that differs from another only in case or spaces: taken, with a notice."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.db.engine import Database
from daybook.documents.notices import customers
from daybook.documents.notices.spelling import SPACES, foldings_of, key_of
from daybook.documents.results import ImportResult
from daybook.documents.rules import Document
from daybook.errors import NoticeCode
from daybook_factories import invoice, record

pytestmark = pytest.mark.anyio


def sold_to(*parties: tuple[str, str]) -> Iterator[Document]:
    """An invoice to each customer, in lines from 1 on."""
    for at, (id_, name) in enumerate(parties, start=1):
        own_id = f"{id_} {name}".encode().hex()
        yield invoice(own_id, customer=id_, customer_name=name, line_in_file=at)


async def sell(database: Database, *parties: tuple[str, str]) -> ImportResult:
    return await record(database, *sold_to(*parties))


def told(result: ImportResult) -> list[tuple[int | None, str, str]]:
    assert {notice.code for notice in result.notices} <= {NoticeCode.SIMILAR_CUSTOMER}
    return [
        (notice.line, ".".join(notice.path), notice.value) for notice in result.notices
    ]


async def test_both_are_named(database: Database) -> None:
    await sell(database, ("cus_1", "Acme Ltd"))

    result = await sell(
        database, ("cus_2", "Bolt"), ("CUS_1", "Other"), ("cus_3", "ACME  ltd")
    )

    assert [str(notice) for notice in result.notices] == [
        (
            "line 2: customer.id: customer 'CUS_1' differs from customer 'cus_1' only"
            " in case or spaces; the document was recorded [SIMILAR_CUSTOMER]"
        ),
        (
            "line 3: customer.name: customer 'cus_3' is called 'ACME  ltd', and"
            " customer 'cus_1' 'Acme Ltd': they differ only in case or spaces; the"
            " document was recorded [SIMILAR_CUSTOMER]"
        ),
    ]


@pytest.mark.parametrize("at_once", [1, 2, 100])
async def test_within_a_file_the_later_one_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(customers, "AT_ONCE", at_once)

    result = await sell(
        database,
        *(("a 1", "Acme"), ("b", "Bolt"), ("A1", "Core"), ("c", "bolt"), ("a1", "D")),
    )

    assert told(result) == [
        (3, "customer.id", "'A1' (like 'a 1')"),
        (4, "customer.name", "'bolt' (like 'Bolt')"),
        (5, "customer.id", "'a1' (like 'a 1')"),
    ]


async def test_one_name_of_several_customers_is_left_alone(database: Database) -> None:
    await sell(database, ("cus_1", "Acme"))

    assert told(await sell(database, ("cus_2", "Acme"), ("cus_3", "Acme"))) == []


async def test_of_one_id_and_one_name_the_id_is_told(database: Database) -> None:
    await sell(database, ("cus_1", "Acme"))

    result = await sell(database, ("Cus_1", "ACME"))

    assert told(result) == [(1, "customer.id", "'Cus_1' (like 'cus_1')")]


async def test_a_customer_that_is_recorded_is_told_of_once(database: Database) -> None:
    first = ("cus_1", "Acme"), ("CUS_1", "Acme")
    await sell(database, *first)

    again = await sell(database, *first)
    more = await record(database, invoice("more", customer="CUS_1"))

    assert (again.unchanged, again.notices) == (2, [])
    assert (more.recorded.total(), more.notices) == (1, [])


@pytest.mark.either_database
async def test_a_name_that_is_given_later_is_told_of(database: Database) -> None:
    await sell(database, ("cus_1", "Acme"), ("cus_2", "Bolt"), ("cus_3", "Core"))

    renamed = invoice("later", customer="cus_1", customer_name="BOLT", line_in_file=4)
    new = invoice("new", customer="cus_4", customer_name="bolt", line_in_file=5)
    result = await record(database, renamed, new)

    assert told(result) == [
        (4, "customer.name", "'BOLT' (like 'Bolt')"),
        (5, "customer.name", "'bolt' (like 'BOLT')"),
    ]


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        ("Zoë Müller", "ZOË MÜLLER"),
        ("ÆRØ HAVN", "Ærø Havn"),
        ("STRASSE 7", "Straße 7"),
        ("Acme Ltd", "Acme\N{NO-BREAK SPACE}Ltd"),
        ("50% off_O'Neil", "50% OFF_o'neil"),
    ],
)
async def test_letters_other_than_a_to_z_and_other_spaces(
    database: Database, recorded: str, sent: str
) -> None:
    await sell(database, ("cus_1", recorded))

    for id_, name in (("cus_2", sent), (recorded, "First"), (sent, "Second")):
        result = await sell(database, (id_, name))
        assert len(result.notices) == (id_ != recorded), (id_, name)


async def test_many_new_customers_are_compared_with_many(database: Database) -> None:
    await sell(database, *((f"cus_{at}", f"Customer {at}") for at in range(1_200)))

    result = await sell(
        database, *((f"CUS_{at}", f"Other {at}") for at in range(1_200))
    )

    assert (len(result.notices), result.notices_total) == (1_000, 1_200)
    assert result.notices[7].value == "'CUS_7' (like 'cus_7')"


@given(st.text(max_size=8), st.lists(st.sampled_from(SPACES), max_size=2))
def test_usual_spellings_have_one_key_and_meet_in_the_database(
    text: str, spaces: list[str]
) -> None:
    for spelling in (text, text.lower(), text.upper(), text.casefold()):
        spaced = f"{spelling[:2]}{''.join(spaces)}{spelling[2:]}"
        if key_of(spaced) == key_of(text):
            assert spelling != text or foldings_of(text) & foldings_of(spaced)


@given(st.text(alphabet="aB c1-'%_"), st.text(alphabet="Ab C1-'%_"))
def test_ascii_texts_meet_in_the_database_just_if_they_are_alike(
    text: str, other: str
) -> None:
    is_alike = key_of(text) == key_of(other)

    assert is_alike == (foldings_of(text) == foldings_of(other))
