"""Where files are cut: between units only, into the fewest parts, within the limits."""

from collections.abc import Callable, Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats import FORMATS, Format
from daybook.exports.formats.beancount import BEANCOUNT
from daybook.exports.formats.generic import SEQUENCE
from daybook.exports.formats.netsuite import NETSUITE
from daybook.exports.formats.quickbooks import QUICKBOOKS
from daybook.exports.formats.xero import XERO
from daybook.exports.rules import (
    ExportGroup,
    ExportLine,
    Groups,
    Movements,
    Units,
    slice_totals,
)
from daybook.exports.writing.compression import GZIP
from daybook.exports.writing.splitting import (
    PartCutter,
    PartLimits,
    each_unit,
    part_limits,
    part_name,
    parts_at_most,
    runs_of,
)
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity
from daybook_files import exported

PIN = Pin(1, 1, "USD", 2, recording=1, today=20_000)


def spec_of(
    file_format: Format, options: FileOptions | None = None, *, is_compressed: bool
) -> FileSpec:
    """A monthly file of everything."""
    return FileSpec(
        *(PIN, JournalFilter(), Granularity.MONTHLY, None, file_format),
        GZIP if is_compressed else None,
        options or FileOptions(),
    )


@pytest.mark.parametrize(
    ("file_format", "max_rows", "is_compressed", "expected"),
    [
        (XERO, None, False, PartLimits(300)),
        (XERO, 100, False, PartLimits(100)),
        (XERO, 1_000, False, PartLimits(300)),
        (XERO, 0, False, PartLimits(300)),
        # The header is a row of a QuickBooks file, and counts in a NetSuite file.
        (QUICKBOOKS, None, False, PartLimits(999)),
        (NETSUITE, None, False, PartLimits(25_000, 50_000_000 - 400)),
        (SEQUENCE, None, False, PartLimits(1_000_000)),
        (SEQUENCE, 2_000_000, False, PartLimits(2_000_000)),
        (SEQUENCE, 0, False, PartLimits()),
        (SEQUENCE, None, True, PartLimits()),
        (BEANCOUNT, None, False, PartLimits()),
    ],
    ids=str,
)
def test_a_target_keeps_its_limits_and_others_may_be_lifted(
    file_format: Format,
    max_rows: int | None,
    is_compressed: bool,  # noqa: FBT001  (a case's value)
    expected: PartLimits,
) -> None:
    options = FileOptions(max_rows=max_rows)
    spec = spec_of(file_format, options, is_compressed=is_compressed)

    assert part_limits(spec, header_bytes=400) == expected


def parts_of(sizes: Sequence[tuple[int, int]], limits: PartLimits) -> list[list[int]]:
    """The places of units of so many rows and bytes, part by part."""
    cutter, parts = PartCutter(limits), list[list[int]]()
    for place, (rows, size) in enumerate(sizes):
        if cutter.begins_part(rows, size):
            parts.append([])
        parts[-1].append(place)
    assert cutter.parts == len(parts)
    return parts


def fits(sizes: Sequence[tuple[int, int]], rows: int, size: int) -> bool:
    return sum(unit[0] for unit in sizes) <= rows and (
        sum(unit[1] for unit in sizes) <= size
    )


def fewest(sizes: Sequence[tuple[int, int]], rows: int, size: int) -> int:
    """The fewest parts of all ways to cut, each of which is tried."""
    places = range(1, len(sizes))
    for cuts in range(len(sizes)):
        for chosen in combinations(places, cuts):
            ends = [0, *chosen, len(sizes)]
            parts = [sizes[ends[at] : ends[at + 1]] for at in range(len(ends) - 1)]
            if all(fits(part, rows, size) for part in parts):
                return cuts + 1
    raise AssertionError("a unit is above the limits")


unit_sizes = st.tuples(st.integers(1, 9), st.integers(1, 60))


@given(st.lists(unit_sizes, min_size=1, max_size=9))
def test_no_other_way_of_cutting_makes_fewer_parts(
    sizes: list[tuple[int, int]],
) -> None:
    parts = parts_of(sizes, PartLimits(10, 100))

    assert [place for part in parts for place in part] == list(range(len(sizes)))
    assert all(fits([sizes[at] for at in part], 10, 100) for part in parts)
    assert len(parts) == fewest(sizes, 10, 100)


@given(st.lists(st.integers(1, 10), min_size=1, max_size=200), st.integers(10, 40))
def test_parts_are_no_more_than_the_rows_allow(rows: list[int], limit: int) -> None:
    parts = parts_of([(count, 0) for count in rows], PartLimits(limit))

    assert len(parts) <= parts_at_most(sum(rows), limit)


@pytest.mark.parametrize(
    ("rows", "limit", "most"),
    [(0, 10, 1), (10, 10, 1), (11, 10, 3), (20, 10, 3), (21, 10, 5), (99, None, 1)],
)
def test_what_fits_into_a_file_is_one_part(
    rows: int, limit: int | None, most: int
) -> None:
    assert parts_at_most(rows, limit) == most


def groups_of(counts: Sequence[int]) -> Groups:
    line = ExportLine(True, Role.DEFERRED, "Deferred", 1)  # noqa: FBT003  (a debit)
    return Groups(
        [
            ExportGroup(str(number), 20_000, "", [line] * count)
            for number, count in enumerate(counts)
        ]
    )


def movements_of(counts: Sequence[int]) -> Movements:
    """Journals of so many movements of one day, with two rows each."""
    return Movements(
        [
            exported(10, 0, (20_209, 20_209), journal=number)
            for number, count in enumerate(counts)
            for _ in range(count)
        ]
    )


slices = st.lists(st.lists(st.integers(1, 4), max_size=12), min_size=1, max_size=4)


@given(slices, st.sampled_from([groups_of, movements_of]))
def test_runs_hold_all_units_and_each_belongs_to_one_part(
    counts: list[list[int]], kind: Callable[[Sequence[int]], Units]
) -> None:
    whole = [kind(of_slice) for of_slice in counts]
    alone, together = PartCutter(PartLimits(9)), PartCutter(PartLimits(9))

    for units in whole:
        begins = [
            alone.begins_part(slice_totals(unit).rows) for unit in each_unit(units)
        ]
        runs = list(runs_of(units, together, slice_totals))

        assert [unit for run in runs for unit in run.units.units] == list(units.units)
        # Only the first unit of a run can start a part.
        flags = [
            run.begins and at == 0
            for run in runs
            for at, _ in enumerate(each_unit(run.units))
        ]
        assert flags == begins
    assert together == alone


def test_names_of_parts_sort_in_their_order() -> None:
    names = [part_name("x", "csv", number, 100) for number in range(1, 101)]

    assert names == sorted(names)
    assert part_name("january", "csv", 7, 9) == "january-07.csv"
    assert names[6] == "x-007.csv"


def test_formats_that_are_split_have_limits_of_rows() -> None:
    limited = {known.name for known in FORMATS if known.limits.rows and known.is_split}

    assert limited == {known.name for known in FORMATS if known.is_split}
