"""Laws: what is expected of a file is what it holds, whatever is selected."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import parse_day
from daybook.exports.commands import ExportRequest
from daybook.exports.file_spec import FileSpec
from daybook.exports.reading.expected import expected_totals
from daybook.exports.rules import NOTHING, Totals
from daybook.exports.stored_spec import filter_of, filter_text
from daybook.exports.writing.streaming import render_file
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.filters import JournalFilter, JournalType, Selection
from daybook.reports.journals.group_keys import Granularity, Grouping, in_order
from daybook_factories import usd
from daybook_history import RECORDINGS, History, filters, history, reads

__all__ = ["history"]

pytestmark = pytest.mark.anyio


@given(filters())
def test_a_filter_comes_back_from_its_text(wanted: JournalFilter) -> None:
    assert filter_of(filter_text(wanted)) == wanted


def test_a_job_that_says_nothing_of_scheduled_entries_holds_them() -> None:
    # As those do that were asked for while files held them by themselves.
    assert filter_of("{}").include_scheduled
    assert "include_scheduled" in filter_text(JournalFilter(include_scheduled=False))


def test_an_invoice_is_the_same_request_as_a_document_of_its_kind_and_id() -> None:
    # So it was asked for while the API made the one of the other.
    def hash_of(wanted: Selection) -> bytes:
        return ExportRequest("USD", wanted, Granularity.DAILY).hash()

    invoice = hash_of(Selection(document=(SourceKind.INVOICE, "1")))
    note = hash_of(Selection(document=(SourceKind.CREDIT_NOTE, "1")))

    assert hash_of(Selection(invoice="1")) == invoice
    assert hash_of(Selection(credit_note="1")) == note
    assert invoice != note


def test_a_request_goes_on_to_be_the_same() -> None:
    # A key that was given before an upgrade finds its job after it.
    wanted = Selection(
        posted_from=parse_day("2025-01-01"),
        sources=(SourceKind.INVOICE,),
        journal_type=JournalType.SYSTEM,
        shifted=True,
    )

    assert ExportRequest("USD", wanted, Granularity.DAILY).hash().hex() == (
        "37819713b9510d611ed1e4de15d116940c49efb5bd26cb8a1882c8c4e2762cc3"
    )
    assert ExportRequest("USD", Selection(), Granularity.MONTHLY).hash().hex() == (
        "f8bd0281646bbccdde50e12b1a91359c983a14d1cf16329252abb2b8b2113518"
    )


@pytest.mark.parametrize("granularity", Granularity)
@reads
@given(
    wanted=filters(),
    recording=st.integers(0, RECORDINGS),
    by=st.none() | st.sets(st.sampled_from(Grouping)).map(in_order),
)
async def test_a_file_holds_what_is_expected_of_it(
    history: History,
    granularity: Granularity,
    wanted: JournalFilter,
    recording: int,
    by: tuple[Grouping, ...] | None,
) -> None:
    at = await history.at(recording)
    told: list[Totals] = []

    spec = FileSpec(at, wanted, granularity, by)
    expected = await expected_totals(history.database, spec)
    pieces = render_file(history.database, spec, told.append)
    text = b"".join([piece async for piece in pieces]).decode()

    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    sums = {"DEBIT": 0, "CREDIT": 0}
    for row in rows:
        sums[row["Direction"]] += usd(row["Amount"])
    assert sums["DEBIT"] == sums["CREDIT"]
    assert expected == Totals(len(rows), sums["DEBIT"], sums["CREDIT"])
    assert sum(told, NOTHING) == expected
