"""Laws of the audit trail's chain, on generated records."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from daybook.audit.persons import Persons
from daybook.audit.rules import (
    FIRST_LINK,
    Action,
    Chain,
    Mismatch,
    Record,
    Subject,
    SubjectKind,
    Verification,
    details_text,
    hash_of,
)
from daybook.db.engine import Database
from daybook.reports.audit import verify
from daybook_trail import ORGANISATION, append, tamper

# ruff: noqa: S608  (columns are the table's own)

TEXT = st.text(max_size=20)
DETAILS = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=6,
)
CONTENTS = st.lists(
    st.tuples(TEXT, st.none() | TEXT, st.sampled_from(Action), TEXT, DETAILS),
    min_size=1,
    max_size=8,
)


NOBODY = Persons({})


def chain_of(contents: Sequence[tuple[Any, ...]]) -> list[Record]:
    """Records that hold these contents, linked as they should be."""
    records: list[Record] = []
    for number, (recorded_at, made_by, action, key, details) in enumerate(contents, 1):
        previous = records[-1].hash if records else FIRST_LINK
        kind = SubjectKind.LEDGER.value
        content = (1, number, recorded_at, made_by, action.value, kind, key)
        one = Record(*content, details_text({"it": details}), previous, b"")
        records.append(one._replace(hash=hash_of(one, NOBODY.hash)))
    return records


def first_mismatch(
    records: Sequence[Record], written: Sequence[Record]
) -> Mismatch | None:
    """What a verification of `records` finds where `written` is what was written."""
    chain = Chain(NOBODY.hash)
    for record in records:
        if (mismatch := chain.add(record)) is not None:
            return mismatch
    return chain.end(len(written), written[-1].hash if written else None)


@given(CONTENTS)
def test_every_chain_that_was_written_fits(contents: list[tuple[Any, ...]]) -> None:
    records = chain_of(contents)

    assert first_mismatch(records, records) is None
    assert [record.previous_hash for record in records[1:]] == [
        one.hash for one, _ in pairwise(records)
    ]


@given(CONTENTS, st.data())
def test_any_change_of_a_field_is_found_in_its_record(
    contents: list[tuple[Any, ...]], data: st.DataObject
) -> None:
    records = chain_of(contents)
    at = data.draw(st.integers(0, len(records) - 1))
    name = data.draw(st.sampled_from(Record._fields))
    value = getattr(records[at], name)
    another: Any = data.draw(_another(value))
    changed = records[at]._replace(**{name: another})

    mismatch = first_mismatch([*records[:at], changed, *records[at + 1 :]], records)

    assert mismatch is not None and mismatch.number == at + 1


def _another(value: object) -> st.SearchStrategy[object]:
    """A value that differs in a bit, a character, its type, or is missing."""
    if isinstance(value, bytes):
        bits = st.integers(0, len(value) * 8 - 1)
        return bits.map(lambda bit: _flipped(value, bit)) | st.just(value.hex())
    if isinstance(value, int):
        return st.integers().filter(lambda one: one != value)
    kept = value or ""
    return (TEXT | st.none() | st.just(f"{kept} ")).filter(lambda one: one != value)


def _flipped(value: bytes, bit: int) -> bytes:
    number = int.from_bytes(value) ^ (1 << bit)
    return number.to_bytes(len(value))


@given(CONTENTS, st.data())
def test_records_that_are_left_out_are_found(
    contents: list[tuple[Any, ...]], data: st.DataObject
) -> None:
    records = chain_of(contents)
    gone = data.draw(st.sets(st.integers(1, len(records)), min_size=1))

    mismatch = first_mismatch(
        [record for record in records if record.number not in gone], records
    )

    assert mismatch is not None and mismatch.number == min(gone)


@pytest.mark.anyio
async def test_any_byte_that_is_changed_in_the_database_is_found(
    database: Database,
) -> None:
    random = Random(20250615)  # noqa: S311  (the same bytes in every run)
    kinds = list(SubjectKind)
    # Details of imports and of refreshed rates are compared with their rows.
    actions = [it for it in list(Action)[3:] if it is not Action.REFRESH_RATES]
    for number in range(6):
        subject = Subject(random.choice(kinds), f"USD:{number}")
        await append(
            database,
            subject=subject,
            action=random.choice(actions),
            details={"a": number, "ä": "\x00x"},
        )
    assert await verify(database, ORGANISATION) == Verification(6)

    for column in Record._fields[2:] * 4:
        number = random.randint(1, 6)
        before, changed = await changed_value(database, column, number, random)
        await write(database, column, number, changed)
        found = (await verify(database, ORGANISATION)).mismatch
        assert found is not None and found.number == number, (column, number, changed)
        await write(database, column, number, before)
    assert await verify(database, ORGANISATION) == Verification(6)


async def changed_value(
    database: Database, column: str, number: int, random: Random
) -> tuple[Any, Any]:
    """A stored value, and the same with one byte changed."""
    async with database.reads() as session:
        value = await session.scalar(
            text(f"SELECT {column} FROM audit_records WHERE number = :number"),
            {"number": number},
        )
    assert value is not None
    at = random.randrange(len(value))
    if isinstance(value, bytes):
        return value, _flipped(value, at * 8 + random.randrange(8))
    other = random.choice([one for one in "aZ09 {}\"'-" if one != value[at]])
    return value, value[:at] + other + value[at + 1 :]


async def write(database: Database, column: str, number: int, value: object) -> None:
    await tamper(
        database,
        f"UPDATE audit_records SET {column} = :value WHERE number = :number",
        {"value": value, "number": number},
    )
