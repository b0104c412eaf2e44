"""Files above a target's limit: parts of whole units, each complete, and a manifest."""

from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats import Format
from daybook.exports.formats.generic import SEQUENCE
from daybook.exports.formats.netsuite import NETSUITE
from daybook.exports.formats.quickbooks import QUICKBOOKS
from daybook.exports.formats.xero import XERO
from daybook.exports.manifests.manifest import MEMBER
from daybook.exports.rules import Granularity, Totals, Units, slice_totals
from daybook.exports.writing import archives
from daybook.exports.writing.planning import plan_file
from daybook.exports.writing.streaming import render_file
from daybook.exports.writing.tallies import TotalsDiffer
from daybook.ledger.pins import AuditHead, Pin
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook_archives import (
    archived,
    map_all,
    members_of,
    rows_of,
    spec_of,
    two_line_journals,
)
from daybook_history import filters, make_history, reads
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_services.faults import examples

pytestmark = pytest.mark.anyio

DAILY, MONTHLY = Granularity.DAILY, Granularity.MONTHLY
KEYS = {
    "XERO": "*Narration",
    "QUICKBOOKS": "*JournalNo",
    "NETSUITE": "External ID",
    "SEQUENCE": "Journal Number",
}
QUARTER = JournalFilter(
    posted_from=parse_day("2025-02-01"), posted_to=parse_day("2025-04-30")
)


class Ledger:
    """A database and its pin."""

    def __init__(self, database: Database, its_pin: Pin) -> None:
        self.database, self.pin = database, its_pin


@pytest.fixture(scope="module")
async def mixed(module_database: Database) -> Ledger:
    """A history with journals of two lines and of many, all mapped."""
    await make_history(module_database)
    return Ledger(module_database, await map_all(module_database))


async def whole(database: Database, spec: FileSpec) -> bytes:
    """The file without a cut."""
    pieces = render_file(database, spec)
    return b"".join([piece async for piece in pieces])


def units_of(content: bytes, file_format: Format) -> list[list[bytes]]:
    """The rows of each unit, by its key."""
    lines = content.splitlines(keepends=True)[1:]
    keys = [row[KEYS[file_format.name]] for row in rows_of(content)]
    pairs = zip(keys, lines, strict=True)
    return [
        [line for _, line in unit] for _, unit in groupby(pairs, lambda pair: pair[0])
    ]


def greedily(units: list[list[bytes]], rows: int, size: int) -> list[bytes]:
    """The bodies of the fewest parts: each unit goes with the last, if it fits."""
    parts: list[list[list[bytes]]] = []
    for unit in units:
        last = [*(parts[-1] if parts else []), unit]
        lines = [line for each in last for line in each]
        if parts and len(lines) <= rows and sum(map(len, lines)) <= size:
            parts[-1].append(unit)
        else:
            parts.append([unit])
    return [b"".join(line for unit in part for line in unit) for part in parts]


@pytest.mark.either_database
async def test_two_thousand_five_hundred_two_line_journals_are_seventeen_files(
    database: Database,
) -> None:
    await two_line_journals(database, 2_500)
    its_pin = await map_all(database)

    xero = await archived(database, spec_of(its_pin, XERO), is_archive=None)
    books = await archived(database, spec_of(its_pin, QUICKBOOKS), is_archive=None)

    counts = [len(rows_of(part)) for part in xero.parts.values()]
    assert counts == [300] * 16 + [200]
    assert list(xero.parts)[::16] == ["x-01.csv", "x-17.csv"]
    # With the header 999 rows, since no journal is cut.
    assert [part.count(b"\r\n") for part in books.parts.values()] == [999] * 5 + [11]
    assert all(
        part.startswith(b"\xef\xbb\xbf*JournalNo") for part in books.parts.values()
    )


@pytest.mark.parametrize("granularity", [DAILY, MONTHLY])
@pytest.mark.parametrize(
    ("file_format", "rows", "size"),
    [
        (XERO, 13, 10**9),
        (QUICKBOOKS, 20, 10**9),
        (NETSUITE, 1_000, 9_000),
        (NETSUITE, 16, 5_000),
        (SEQUENCE, 250, 10**9),
    ],
    ids=["XERO", "QUICKBOOKS", "NETSUITE-bytes", "NETSUITE-both", "SEQUENCE"],
)
@pytest.mark.either_database
async def test_parts_are_the_whole_file_cut_as_late_as_the_limits_allow(
    mixed: Ledger, file_format: Format, rows: int, size: int, granularity: Granularity
) -> None:
    header = (await whole(mixed.database, spec_of(mixed.pin, file_format))).split(
        b"\r\n"
    )[0] + b"\r\n"
    if granularity is MONTHLY and file_format is SEQUENCE:
        rows = 12  # where a journal has a line a day, it has 62
    limits = file_format.limits._replace(rows=rows)
    if size < 10**9:
        limits = limits._replace(bytes=size + len(header))
    small = replace(file_format, limits=limits)
    spec = spec_of(mixed.pin, small, granularity=granularity, wanted=QUARTER)
    content = await whole(mixed.database, spec)

    archive = await archived(mixed.database, spec, is_archive=None)

    expected = greedily(units_of(content, file_format), rows, size)
    assert len(expected) > 1
    assert list(archive.parts.values()) == [header + body for body in expected]


@settings(reads, max_examples=examples(12))
@given(
    filters(),
    st.sampled_from([XERO, QUICKBOOKS, NETSUITE, SEQUENCE]),
    st.sampled_from(Granularity),
    st.integers(20, 200),
)
async def test_any_selection_is_cut_into_the_fewest_parts(
    mixed: Ledger,
    wanted: JournalFilter,
    file_format: Format,
    granularity: Granularity,
    rows: int,
) -> None:
    spec = spec_of(
        *(mixed.pin, file_format),
        granularity=granularity,
        wanted=wanted,
        options=FileOptions(max_rows=rows),
    )
    try:
        plan = await plan_file(mixed.database, spec)
    except Rejected as refused:
        assert "never cut" in str(refused)  # noqa: PT017  (most selections aren't)
        reject()
    content = await whole(mixed.database, spec)

    archive = await archived(mixed.database, spec)

    bodies = [part.split(b"\r\n", 1)[1] for part in archive.parts.values()]
    expected = greedily(units_of(content, file_format), rows, 10**9)
    assert bodies == (expected or [b""])
    assert plan.is_archive is (len(expected) > 1)
    assert len(archive.parts) <= max(plan.parts_most, 1)


@pytest.mark.either_database
async def test_a_part_of_the_vendor_preset_is_balanced(mixed: Ledger) -> None:
    options = FileOptions(max_rows=8)

    archive = await archived(mixed.database, spec_of(mixed.pin, XERO, options=options))

    sums = [
        sum(Decimal(row["*Amount"]) for row in rows_of(part))
        for part in archive.parts.values()
    ]
    assert len(sums) > 5
    assert set(sums) == {0}


@pytest.mark.parametrize(
    ("granularity", "by"),
    [(DAILY, None), (MONTHLY, None), (DAILY, (Grouping.CUSTOMER,)), (MONTHLY, ())],
    ids=["daily", "monthly", "daily-by-customer", "monthly-by-period"],
)
@pytest.mark.either_database
async def test_a_manifests_sums_are_those_of_the_parts(
    mixed: Ledger, granularity: Granularity, by: Any
) -> None:
    spec = spec_of(
        mixed.pin,
        SEQUENCE,
        granularity=granularity,
        by=by,
        wanted=QUARTER,
        options=FileOptions(max_rows=400),
    )

    archive = await archived(mixed.database, spec)

    assert sums_of(archive.parts.values()) == {
        name: archive.manifest[name]
        for name in ("rows", "debits", "credits", "accounts")
    }
    for part in archive.manifest["parts"]:
        sums = sums_of([archive.parts[part["name"]]])
        assert {**part, **sums, "accounts": None} == {**part, "accounts": None}


def sums_of(parts: Any) -> dict[str, Any]:
    """The rows and sums of generic CSVs, as a manifest has them."""
    rows = [row for part in parts for row in rows_of(part)]
    accounts: dict[str, dict[str, Decimal]] = {}
    total = {"DEBIT": Decimal("0.00"), "CREDIT": Decimal("0.00")}
    for row in rows:
        amount, name = Decimal(row["Amount"]), row["Ledger account name"]
        sums = accounts.setdefault(name, {key: Decimal("0.00") for key in total})
        sums[row["Direction"]] += amount
        total[row["Direction"]] += amount
    return {
        "rows": len(rows),
        "debits": str(total["DEBIT"]),
        "credits": str(total["CREDIT"]),
        "accounts": {
            name: {"debits": str(sums["DEBIT"]), "credits": str(sums["CREDIT"])}
            for name, sums in accounts.items()
        },
    }


async def test_the_same_selection_is_the_same_archive_on_both_databases(
    mixed: Ledger, new_sqlite: NewDatabase
) -> None:
    other = Database(new_sqlite(), AT_ANY_TIME)
    try:
        await make_history(other)
        its_pin = await map_all(other)
        archives = [
            await archived(database, a_file(at._replace(audit_head=None)))
            for database, at in (
                *((mixed.database, mixed.pin), (mixed.database, mixed.pin)),
                (other, its_pin),
            )
        ]
    finally:
        await other.close()

    first, again, elsewhere = [archive.content for archive in archives]
    assert len(archives[0].parts) > 5
    assert first == again == elsewhere


def a_file(its_pin: Pin) -> FileSpec:
    options = FileOptions(max_rows=100)
    return spec_of(its_pin, XERO, granularity=DAILY, options=options, wanted=QUARTER)


@pytest.mark.either_database
async def test_only_the_audit_head_tells_two_archives_of_one_recording_apart(
    mixed: Ledger,
) -> None:
    later = mixed.pin._replace(audit_head=AuditHead(99, b"later"))

    first = await archived(mixed.database, a_file(mixed.pin))
    again = await archived(mixed.database, a_file(later))

    assert first.parts == again.parts
    assert first.manifest.pop("audit_head") != again.manifest.pop("audit_head")
    assert first.manifest == again.manifest


@pytest.mark.either_database
async def test_an_empty_selection_is_a_part_with_a_header(mixed: Ledger) -> None:
    nothing = JournalFilter(posted_from=parse_day("2030-01-01"))

    archive = await archived(mixed.database, spec_of(mixed.pin, XERO, wanted=nothing))

    assert {name: part.count(b"\r\n") for name, part in archive.parts.items()} == {
        "x-01.csv": 1
    }
    assert archive.manifest["rows"] == 0


@pytest.mark.either_database
async def test_a_member_that_the_manifest_names_has_its_hash(mixed: Ledger) -> None:
    archive = await archived(mixed.database, a_file(mixed.pin))

    members = members_of(archive.content)
    assert list(members)[-1] == MEMBER
    assert [
        (part["name"], part["bytes"], part["sha256"])
        for part in archive.manifest["parts"]
    ] == [
        (name, len(part), sha256(part).hexdigest())
        for name, part in archive.parts.items()
    ]


@pytest.mark.either_database
async def test_a_manifest_tells_what_the_file_was_made_of(mixed: Ledger) -> None:
    archive = await archived(mixed.database, a_file(mixed.pin))

    told = {
        name: value
        for name, value in archive.manifest.items()
        if name not in {"parts", "accounts", "rows", "debits", "credits"}
    }
    head = mixed.pin.audit_head
    assert head is not None
    assert told == {
        "manifest": 1,
        "ledger": "USD",
        "currency": "USD",
        "recording": mixed.pin.recording,
        "renamings": mixed.pin.renamings,
        "today": "2025-01-01",
        "audit_head": {"record": head.record, "hash": head.hash.hex()},
        "filters": "",
        "selection": {"posted_from": 20_120, "posted_to": 20_208},
        "as_of": None,
        "on": "2025-01-01",
        "format": "XERO",
        "renderer": XERO.version,
        "compression": None,
        "granularity": "daily",
        "group_by": None,
        # The preset and dates are the integration's; nobody asked for them.
        "options": {
            "preset": "vendor",
            "date_form": "dd mmm yyyy",
            "max_rows": 100,
        },
    }


@pytest.mark.either_database
async def test_the_pieces_that_are_compressed_dont_show(
    mixed: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await archived(mixed.database, a_file(mixed.pin))

    monkeypatch.setattr(archives, "PIECE_BYTES", 100)
    again = await archived(mixed.database, a_file(mixed.pin))

    assert first.parts == again.parts
    assert first.manifest == again.manifest


@pytest.mark.either_database
async def test_sums_that_dont_agree_end_an_archive_before_its_manifest(
    mixed: Ledger,
) -> None:
    def wrong(units: Units) -> Totals:
        return slice_totals(units)._replace(credits=1)

    spec = spec_of(mixed.pin, replace(SEQUENCE, totals=wrong), wanted=QUARTER)

    with pytest.raises(TotalsDiffer, match="credits of"):
        await archived(mixed.database, spec)
