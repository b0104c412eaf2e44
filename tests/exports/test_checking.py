"""What is refused before it is rendered, and the way out."""

from dataclasses import replace

import pytest

from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.exports import checking
from daybook.exports.checking import check_form, check_size
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import FORMATS, SEQUENCE, Format
from daybook.exports.formats.beancount import BEANCOUNT
from daybook.exports.formats.parquet import PARQUET
from daybook.exports.formats.xlsx import XLSX
from daybook.exports.reading.expected import expected_totals
from daybook.exports.rules import Granularity, Totals
from daybook.exports.writing.compression import GZIP
from daybook.reports.journals.filters import JournalFilter
from daybook.sheets import contract
from daybook_factories import invoice, line, pin, record, terms

pytestmark = pytest.mark.anyio

DAILY, MONTHLY = Granularity.DAILY, Granularity.MONTHLY


def test_a_package_that_is_not_installed_is_named_with_its_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contract, "find_spec", lambda _name: None)

    with pytest.raises(Rejected) as refused:
        check_form(XLSX)

    (problem,) = refused.value.problems
    assert problem.code is ProblemCode.UNSUPPORTED
    assert problem.message == (
        "XLSX needs the package xlsxwriter, which is not installed:"
        " pip install 'daybook-ledger[xlsx]'"
    )


@pytest.mark.parametrize("file_format", FORMATS, ids=lambda known: known.name)
def test_only_text_that_no_accounting_system_reads_is_compressed(
    file_format: Format,
) -> None:
    check_form(file_format)
    if file_format in {SEQUENCE, BEANCOUNT}:
        check_form(file_format, GZIP)
        return

    why = (
        "reads no compressed files" if file_format.integration else "compressed already"
    )
    with pytest.raises(Rejected, match=f"{why}: leave gzip out, or choose SEQUENCE"):
        check_form(file_format, GZIP)


async def test_a_file_may_have_as_many_rows_as_its_format_holds(
    database: Database,
) -> None:
    await record(database, invoice())
    spec = FileSpec(await pin(database), JournalFilter(), DAILY, file_format=XLSX)
    fits, more = Totals(1_048_575, 1, 1), Totals(1_048_576, 1, 1)

    await check_size(database, spec, fits)
    await check_size(database, replace(spec, file_format=SEQUENCE), more)
    with pytest.raises(Rejected) as refused:
        await check_size(database, spec, more)

    (problem,) = refused.value.problems
    assert problem.code is ProblemCode.TOO_LARGE
    assert problem.message == (
        "XLSX holds up to 1,048,575 rows, and these are 1,048,576: choose fewer days,"
        " rows by month, or the format SEQUENCE or BEANCOUNT or PARQUET"
    )


@pytest.mark.parametrize("granularity", list(Granularity))
@pytest.mark.either_database
async def test_the_largest_line_decides_and_not_the_sum(
    database: Database, granularity: Granularity, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = terms("9999999999999.99")
    await record(database, invoice("1", line(its_terms=large)))
    await record(database, invoice("2", line(its_terms=large)))
    at, every = await pin(database), JournalFilter()
    spec = FileSpec(at, every, granularity, file_format=XLSX)
    expected = await expected_totals(database, spec)
    assert expected.debits > 10**15

    # The billed line of each journal is as large as a line can be.
    await check_size(database, spec)
    monkeypatch.setattr(checking, "FORMATS", (SEQUENCE, XLSX))
    with pytest.raises(Rejected) as refused:
        await check_size(database, replace(spec, by=()))

    (problem,) = refused.value.problems
    assert problem.message == (
        "XLSX holds amounts of up to 15 digits, and the largest is"
        " 19,999,999,999,999.98: choose narrower groups, or the format SEQUENCE"
    )


async def test_a_file_that_may_be_split_counts_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(database, invoice())
    monkeypatch.setattr(checking, "expected_totals", None)
    at, every = await pin(database), JournalFilter()

    for file_format in (SEQUENCE, PARQUET):
        await check_size(database, FileSpec(at, every, MONTHLY, None, file_format))
