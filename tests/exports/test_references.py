"""What movements refer to is the same whether it is read again or was kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.reading import movement_reader, references, rows
from daybook.exports.reading.rows import stream_movements
from daybook.exports.rules import ExportMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity
from daybook_factories import (
    burn_down_line,
    invoice,
    pin,
    prepayment_line,
    record,
    usage_line,
)
from daybook_history import RECORDINGS, History, filters, history, reads

pytestmark = pytest.mark.anyio

__all__ = ["history"]


async def movements(
    history: History, at: Pin, journal_filter: JournalFilter
) -> list[ExportMovement]:
    spec = FileSpec(at, journal_filter, Granularity.DAILY)
    streamed = stream_movements(history.database, spec)
    return [movement async for slice_ in streamed for movement in slice_.movements]


@reads
@given(
    journal_filter=filters(),
    recording=st.integers(0, RECORDINGS),
    kept=st.integers(1, 9),
    worth=st.integers(0, 2),
)
async def test_movements_have_the_same_names_however_little_is_kept(
    history: History,
    journal_filter: JournalFilter,
    recording: int,
    kept: int,
    worth: int,
) -> None:
    at = await history.at(recording)
    whole = await movements(history, at, journal_filter)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(references, "KEPT", kept)
        patch.setattr(movement_reader, "KEPT", kept)
        patch.setattr(references, "RANGE_WORTH", worth)
        patch.setattr(rows, "SLICE", 3)
        in_pieces = await movements(history, at, journal_filter)

    assert in_pieces == whole


async def test_a_document_is_read_once(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    make = references.ReferredDocument._make

    def counted(row: object) -> references.ReferredDocument:
        document = make(row)  # type: ignore[arg-type]  # whatever the reader gives
        read.append(document.recorded_in)
        return document

    monkeypatch.setattr(references.ReferredDocument, "_make", counted)
    monkeypatch.setattr(rows, "SLICE", 1)

    found = await movements(history, history.pin, JournalFilter())

    assert len({movement.journal for movement in found}) > 50
    assert len(read) <= 12


@pytest.mark.either_database
async def test_a_narrative_of_its_own_is_not_looked_for_among_plain_sales(
    database: Database,
) -> None:
    used = usage_line(
        "u", "80.00", usage={"2025-01-03": "60.00", "2025-01-04": "20.00"}
    )
    burning = burn_down_line("80.00", used)
    lines = prepayment_line("500.00"), used, burning
    await record(database, invoice("inv_1", *lines, accounting_date="2025-02-05"))
    at = await pin(database)

    found = await movements(History(database, at), at, JournalFilter())

    pairs = {(movement.debit, movement.credit) for movement in found}
    assert (Role.DEFERRED, Role.UNBILLED) in pairs  # which no plain sale has
    narratives = {movement.narrative for movement in found}
    assert all(narratives) and len(narratives) > 1
