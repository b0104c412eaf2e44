"""Whether a file is split, and what is refused, before anything is written."""

from dataclasses import replace
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.file_spec import FileOptions
from daybook.exports.formats.beancount import BEANCOUNT
from daybook.exports.formats.generic import SEQUENCE
from daybook.exports.formats.xero import XERO
from daybook.exports.reading.expected import expected_totals
from daybook.exports.rules import Granularity
from daybook.exports.writing import planning
from daybook.exports.writing.compression import GZIP
from daybook.exports.writing.planning import plan_file
from daybook.reports.journals.group_keys import Grouping
from daybook_archives import map_all, spec_of
from daybook_factories import invoice, line, pin, record, terms

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

DAILY, MONTHLY = Granularity.DAILY, Granularity.MONTHLY


@pytest.fixture(scope="module")
async def ledger(module_database: Database) -> Database:
    """Two invoices of a year: 24 journals, with 4 rows in January and else 2.

    By month, those of the running month have a posted and a scheduled part.
    """
    await record(
        module_database,
        invoice(),
        invoice("inv_2", line(its_terms=terms("12.00")), customer="cus_2"),
    )
    await map_all(module_database)
    return module_database


@pytest.mark.parametrize(
    ("granularity", "by", "max_rows", "expected"),
    [
        (DAILY, None, 64, True),
        (DAILY, None, 10_000, False),
        (MONTHLY, None, 4, True),
        (MONTHLY, None, 56, False),
        (MONTHLY, (Grouping.CUSTOMER,), 4, True),
        (MONTHLY, (), 28, False),
    ],
    ids=str,
)
async def test_a_file_is_split_if_it_has_more_rows_than_asked(
    ledger: Database,
    granularity: Granularity,
    by: Any,
    max_rows: int,
    expected: bool,  # noqa: FBT001  (a case's value)
) -> None:
    options = FileOptions(max_rows=max_rows)
    spec = spec_of(
        await pin(ledger), SEQUENCE, granularity=granularity, by=by, options=options
    )

    plan = await plan_file(ledger, spec)
    counted = await expected_totals(ledger, spec)

    assert plan.is_archive is expected is (counted.rows > max_rows)
    assert await plan_file(ledger, spec, counted) == plan._replace(totals=counted)


@pytest.mark.parametrize(
    ("granularity", "by", "max_rows", "message"),
    [
        (DAILY, None, 63, "journal 1 has 64 rows, and a part of the file holds 63;"),
        (MONTHLY, None, 3, "journal 1 has 4 rows, and a part of the file holds 3;"),
        (
            *(DAILY, (Grouping.CUSTOMER,), 3),
            "group 2025-01-01/cus_1 has 4 rows, and a part of the file holds 3;",
        ),
    ],
    ids=["daily", "monthly", "grouped"],
)
async def test_a_journal_above_the_limit_is_refused_with_its_number_and_the_way_out(
    ledger: Database, granularity: Granularity, by: Any, max_rows: int, message: str
) -> None:
    options = FileOptions(max_rows=max_rows)
    spec = spec_of(
        await pin(ledger), SEQUENCE, granularity=granularity, by=by, options=options
    )

    with pytest.raises(Rejected) as refused:
        await plan_file(ledger, spec)
    plan = await plan_file(ledger, spec, is_archive=False)

    (problem,) = refused.value.problems
    assert problem.message == (
        f"{message} it is never cut: choose more rows for a part, 0 for a single file,"
        " or rows by month"
    )
    assert (problem.path, plan.is_archive) == (("max_rows",), False)


@pytest.mark.either_database
async def test_an_entry_above_a_systems_limit_is_refused_with_its_key(
    ledger: Database,
) -> None:
    spec = spec_of(await pin(ledger), XERO, options=FileOptions(max_rows=3))

    for is_archive in (None, True, False):
        with pytest.raises(Rejected, match="entries are never cut") as refused:
            await plan_file(ledger, spec, is_archive=is_archive)
        assert "1 (4 rows)" in str(refused.value)


@pytest.mark.parametrize("compression", [None, GZIP], ids=["plain", "gzip"])
@pytest.mark.either_database
async def test_what_reads_any_size_is_one_file(
    ledger: Database, compression: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "_rows_at_most", None)  # nothing is counted
    its_pin = await pin(ledger)
    file_format = SEQUENCE if compression else BEANCOUNT
    spec = replace(spec_of(its_pin, file_format), compression=compression)

    assert not (await plan_file(ledger, spec)).is_archive
    lifted = spec_of(its_pin, SEQUENCE, options=FileOptions(max_rows=0))
    assert not (await plan_file(ledger, lifted)).is_archive
