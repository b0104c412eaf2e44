"""What changed since a posted file: with it, the file is what the ledger says now."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import parse_day
from daybook.configuration.commands import rename_account
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.differences.difference import Posted, moved_to
from daybook.exports.differences.since import since_spec
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import SEQUENCE, Format
from daybook.exports.formats.xero import XERO
from daybook.exports.manifests.manifest import manifest_text
from daybook.exports.manifests.origins import made_of
from daybook.exports.mapping.forms import Integration, Preset
from daybook.exports.mapping.mapping_changes import set_mapping
from daybook.exports.mapping.rules import TargetLine
from daybook.exports.posting.marking import Mark, mark_posted
from daybook.exports.reading.units import read_units
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import (
    NOTHING,
    ExportGroup,
    ExportLine,
    Groups,
    Movements,
    Units,
    code_of,
)
from daybook.exports.writing.tallies import Tally
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Movement, Role, shares
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    line,
    noon,
    pin,
    record,
    terms,
    voided,
)
from daybook_history import History, filters, make_history, reads

pytestmark = pytest.mark.anyio

CODES = {Role.BILLED: "200", Role.UNBILLED: "120", Role.DEFERRED: "240"}
USD = (ORGANISATION, "USD")


async def map_to(
    database: Database, role: Role, code: str, on: str, scope: str = ""
) -> None:
    """Map an account, or a product's, to a code of Xero."""
    await set_mapping(
        *(database, *USD, Integration.XERO),
        role=role,
        scope=scope,
        fields={"code": code, "type": "Revenue"},
        now=noon(parse_day(on)),
        made_by="a test",
    )


async def rename(database: Database, name: str, on: str, scope: str = "") -> None:
    """Rename Recognized Revenue, or a product's share of it."""
    await rename_account(
        *(database, *USD),
        role=Role.RECOGNIZED,
        scope=scope,
        name=name,
        code=None,
        now=noon(parse_day(on)),
        made_by="a test",
    )


@pytest.fixture(scope="module")
async def remapped(module_database: Database) -> History:
    """A history in which accounts are renamed and mapped otherwise, again and again."""
    database = module_database
    await make_history(database)
    for role, code in CODES.items():
        await map_to(database, role, code, "2025-09-10")
    await map_to(database, Role.RECOGNIZED, "400", "2025-09-10")
    await record(database, invoice("inv_r", line("1"), line("2")), on="2025-09-11")
    await rename(database, "Sales", "2025-09-12")
    await rename(database, "Seat sales", "2025-09-12", "product:p2")
    smaller = line("1", its_terms=terms("480.00", ("2025-01-01", "2025-12-31")))
    await record(database, invoice("inv_r", smaller, line("2")), on="2025-09-13")
    await map_to(database, Role.RECOGNIZED, "401", "2025-09-14")
    await map_to(database, Role.RECOGNIZED, "402", "2025-09-14", "product:p2")
    note = credit_note(
        "cn_r", credited_line("50.00"), invoice_id="inv_r", accounting_date="2025-09-15"
    )
    await record(database, note, on="2025-09-15")
    await rename(database, "Turnover", "2025-09-16")
    await record(database, invoice("inv_s", line(product="p2")), on="2025-09-17")
    return History(database, await pin(database, on="2025-09-30"))


async def sums(database: Database, spec: FileSpec) -> Counter[tuple[Any, ...]]:
    """Debits less credits of a file, by unit and role."""
    found: Counter[tuple[Any, ...]] = Counter()
    async for units in read_units(database, spec):
        for place, role, amount in lines_of(units):
            found[place, role] += amount
    return Counter({key: amount for key, amount in found.items() if amount})


def lines_of(units: Units) -> Iterable[tuple[tuple[Any, ...], Role, int]]:
    """Each line's unit, role and signed amount."""
    if isinstance(units, Movements):
        for movement in units.units:
            for day, amount in shares(value_of(movement)):
                yield (movement.journal, day), movement.debit, amount
                yield (movement.journal, day), movement.credit, -amount
        return
    for group in units.units:
        for line_ in group.lines:
            amount = line_.amount if line_.is_debit else -line_.amount
            yield group.place, line_.role, amount


def value_of(movement: Any) -> Movement:
    """A movement of an export as the ledger's value."""
    return Movement(
        movement.debit,
        movement.credit,
        movement.amount,
        movement.daily,
        movement.first_day,
        movement.last_day,
    )


async def posted(database: Database, spec: FileSpec, on: str = "2026-06-01") -> int:
    """Record a file of a spec."""
    file, now = MadeFile(spec, "a file", 1, bytes(32), NOTHING), noon(parse_day(on))
    return await record_file(database, file, now=now, made_by="a test")


async def since(database: Database, at: Pin, number: int) -> FileSpec:
    """The spec of the difference between a record and a pin."""
    async with database.reads() as session:
        return await since_spec(session, at, number)


SELECTIONS = filters().map(
    lambda wanted: replace(
        wanted,
        shifted=None,
        revised=None,
        voided=None,
        partly_scheduled=None,
        search=None,
        excludes_recognized=False,
        deferred_on=None,
        changed_after=None,
    )
)
FORMS = st.tuples(
    st.sampled_from((SEQUENCE, XERO)),
    st.sampled_from(Granularity),
    st.none() | st.sets(st.sampled_from(Grouping)).map(tuple),
)


@reads
@given(
    wanted=SELECTIONS,
    form=FORMS,
    recordings=st.lists(st.integers(0, 24), min_size=3, max_size=3).map(sorted),
    days=st.lists(st.integers(0, 300), min_size=3, max_size=3).map(sorted),
)
async def test_a_file_and_its_differences_are_the_file_of_now(
    remapped: History,
    wanted: JournalFilter,
    form: tuple[Format, Granularity, Any],
    recordings: list[int],
    days: list[int],
) -> None:
    database, (file_format, granularity, by) = remapped.database, form
    start = parse_day("2025-02-01")
    pins = [
        (await remapped.at(min(number, remapped.pin.recording)))._replace(
            today=start + day
        )
        for number, day in zip(recordings, days, strict=True)
    ]
    spec = FileSpec(pins[0], wanted, granularity, by, file_format)
    together = await sums(database, spec)

    for at in pins[1:]:
        number = await posted(database, spec)
        spec = await since(database, at, number)
        together.update(await sums(database, spec))

        whole = replace(spec, options=spec.options._replace(since=None))
        held = {key: amount for key, amount in together.items() if amount}
        assert held == await sums(database, whole)


async def groups(database: Database, spec: FileSpec) -> list[ExportGroup]:
    """The units of a difference."""
    found: list[ExportGroup] = []
    async for units in read_units(database, spec):
        assert isinstance(units, Groups)
        found += units.units
    return found


def rows(unit: ExportGroup) -> list[tuple[str, str, int, str]]:
    """Side, account, amount and code of each line."""
    return [
        (
            "Dr" if line_.is_debit else "Cr",
            line_.account,
            line_.amount,
            code_of(line_.target),
        )
        for line_ in unit.lines
    ]


YEAR = terms("1200.00", ("2025-01-01", "2025-12-31"))
JANUARY = JournalFilter(
    posted_from=parse_day("2025-01-01"),
    posted_to=parse_day("2025-01-31"),
    include_scheduled=False,
)


async def a_posted_january(
    database: Database, granularity: Granularity = Granularity.MONTHLY
) -> int:
    """January's file for Xero of one invoice, posted with its own accounts."""
    await record(database, invoice("inv_1", line("1", its_terms=YEAR)), on="2025-01-03")
    for role, code in {**CODES, Role.RECOGNIZED: "400"}.items():
        await map_to(database, role, code, "2025-01-04")
    at = await pin(database, on="2025-02-01")
    spec = FileSpec(at, JANUARY, granularity, None, XERO)
    return await posted(database, spec, on="2025-02-01")


async def test_the_correction_takes_back_from_the_accounts_of_its_file(
    database: Database,
) -> None:
    number = await a_posted_january(database)
    await map_to(database, Role.RECOGNIZED, "401", "2025-02-02")
    await rename(database, "Sales", "2025-02-02")
    less = line("1", its_terms=terms("960.00", ("2025-01-01", "2025-12-31")))
    await record(database, invoice("inv_1", less), on="2025-02-03")

    spec = await since(database, await pin(database, on="2025-02-04"), number)
    (unit,) = await groups(database, spec)

    assert rows(unit) == [
        ("Dr", "Deferred Revenue", 240_00 - 20_00, "240"),
        ("Dr", "Recognized Revenue", 20_00, "400"),
        ("Cr", "Billed Revenue", 240_00, "200"),
    ]
    assert unit.key == f"1-r{spec.pin.recording}"
    assert unit.narrative == (
        f"Correction to export {number}: Acme Ltd, Platform, 2025-01 (INV_1)"
    )
    assert unit.prefix == f"Correction to export {number}: "


async def test_what_is_added_goes_to_the_accounts_of_now(database: Database) -> None:
    number = await a_posted_january(database)
    await map_to(database, Role.RECOGNIZED, "401", "2025-02-02")
    more = line("1", its_terms=terms("2400.00", ("2025-01-01", "2025-12-31")))
    await record(database, invoice("inv_1", more), on="2025-02-03")
    at = await pin(database, on="2025-02-04")
    spec = await since(database, at, number)

    (unit,) = await groups(database, spec)
    second = await posted(database, spec, on="2025-02-04")
    await record(database, voided(invoice("inv_1", more)), on="2025-02-05")
    spec = await since(database, await pin(database, on="2025-02-06"), second)
    (back,) = await groups(database, spec)

    assert ("Cr", "Recognized Revenue", 100_00, "401") in rows(unit)
    # The chain took 100.00 to 400 and 100.00 to 401; both go back to where they went.
    assert [row for row in rows(back) if row[1] == "Recognized Revenue"] == [
        ("Dr", "Recognized Revenue", 100_00, "400"),
        ("Dr", "Recognized Revenue", 100_00, "401"),
    ]


async def test_a_changed_name_or_mapping_alone_makes_no_rows(
    database: Database,
) -> None:
    number = await a_posted_january(database)
    await map_to(database, Role.RECOGNIZED, "401", "2025-02-02")
    await map_to(database, Role.DEFERRED, "241", "2025-02-02", "product:prod_1")
    await rename(database, "Sales", "2025-02-02")
    march = line(its_terms=terms("90.00", ("2025-03-01", "2025-03-31")))
    other = invoice("inv_2", march, accounting_date="2025-03-01")
    await record(database, other, on="2025-02-03")

    spec = await since(database, await pin(database, on="2025-02-04"), number)

    assert await groups(database, spec) == []
    made = await made_of(database, spec, "")
    manifest = json.loads(manifest_text(made, Tally()))
    assert [
        (account["role"], account["scope"], account["before"], account["after"])
        for account in manifest["changed_accounts"]
    ] == [
        ("DEFERRED", "product:prod_1", None, {"code": "241", "type": "Revenue"}),
        (
            *("RECOGNIZED", "", {"code": "400", "type": "Revenue"}),
            {"code": "401", "name": "Sales", "type": "Revenue"},
        ),
    ]


async def test_days_have_keys_of_their_own(database: Database) -> None:
    number = await a_posted_january(database, Granularity.DAILY)
    used = line("1", its_terms=terms("1200.00", ("2025-01-31", "2025-12-31")))
    await record(database, invoice("inv_1", used), on="2025-02-03")

    spec = await since(database, await pin(database, on="2025-02-04"), number)
    units = await groups(database, spec)

    recording = spec.pin.recording
    assert [unit.key for unit in units][::30] == [
        f"1-20250101-r{recording}",
        f"1-20250131-r{recording}",
    ]


async def test_an_end_stays_and_without_one_the_file_goes_on(
    database: Database,
) -> None:
    await record(database, invoice("inv_1", line("1", its_terms=YEAR)), on="2025-01-03")
    at = await pin(database, on="2025-01-20")
    open_ended = JournalFilter(include_scheduled=False)
    ended = await posted(database, FileSpec(at, JANUARY, Granularity.MONTHLY))
    open_ = await posted(database, FileSpec(at, open_ended, Granularity.MONTHLY))
    later = await pin(database, on="2025-02-28")

    assert await groups(database, await since(database, later, ended)) == []
    units = await groups(database, await since(database, later, open_))

    amounts = [
        amount
        for unit in units
        for side, account, amount, _ in rows(unit)
        if (side, account) == ("Cr", "Recognized Revenue")
    ]
    assert len(units) == 2
    # January's last 11 days and February.
    assert amounts == [100_00 - 20 * 3_23, 100_00]


async def test_no_two_differences_have_a_key_where_only_days_went_by(
    database: Database,
) -> None:
    await record(database, invoice("inv_1", line("1", its_terms=YEAR)), on="2025-01-03")
    open_ended = JournalFilter(include_scheduled=False)
    at = await pin(database, on="2025-01-10")
    number = await posted(database, FileSpec(at, open_ended, Granularity.MONTHLY))
    keys: list[str] = []
    for day in ("2025-01-20", "2025-01-25", "2025-01-31"):
        spec = await since(database, await pin(database, on=day), number)
        keys += [unit.key for unit in await groups(database, spec)]
        number = await posted(database, spec)

    recording = at.recording
    assert keys == [f"1-r{recording}", f"1-r{recording}.2", f"1-r{recording}.3"]


@pytest.mark.parametrize(
    "wanted",
    [
        JournalFilter(excludes_recognized=True),
        JournalFilter(shifted=True),
        JournalFilter(revised=False),
        JournalFilter(voided=False),
        JournalFilter(partly_scheduled=False),
        JournalFilter(search="INV"),
        JournalFilter(deferred_on=parse_day("2025-06-30")),
    ],
    ids=["excludes", "shifted", "revised", "voided", "partly", "search", "deferred"],
)
async def test_files_whose_journals_come_and_go_have_no_difference(
    database: Database, wanted: JournalFilter
) -> None:
    await record(database, invoice())
    at = await pin(database)
    number = await posted(database, FileSpec(at, wanted, Granularity.DAILY))

    with pytest.raises(Rejected, match="export without that filter"):
        await since(database, at, number)


async def test_only_a_file_of_the_ledger_and_of_before_has_a_difference(
    database: Database,
) -> None:
    await record(database, invoice(), invoice("eur", currency="EUR"))
    at = await pin(database)
    number = await posted(database, FileSpec(at, JANUARY, Granularity.DAILY))

    with pytest.raises(Rejected, match="there is no export record 7"):
        await since(database, at, 7)
    with pytest.raises(Rejected, match="is of another ledger"):
        await since(database, await pin(database, "EUR"), number)
    with pytest.raises(Rejected, match="is later than the as-of day"):
        await since(database, at._replace(recording=0), number)


async def test_a_chain_goes_on_from_its_last_posted_part(database: Database) -> None:
    await record(database, invoice())
    at = await pin(database)
    first = await posted(database, FileSpec(at, JANUARY, Granularity.DAILY))
    second = await posted(database, await since(database, at, first))
    assert (await since(database, at, first)).options.since == first

    async def mark(number: int) -> None:
        await mark_posted(
            *(database, ORGANISATION, number, Mark(f"MJ-{number}")),
            now=noon(parse_day("2026-06-02")),
            made_by="a test",
        )

    with pytest.raises(Rejected, match=f"file {first}, which is not posted"):
        await mark(second)
    await mark(first)
    await mark(second)

    with pytest.raises(Rejected, match=f"go on from file {second}"):
        await since(database, at, first)
    assert (await since(database, at, second)).options.since == second


async def test_the_preset_of_the_file_stays(database: Database) -> None:
    await record(database, invoice())
    at = await pin(database)
    number = await posted(
        database, FileSpec(at, JANUARY, Granularity.MONTHLY, None, XERO)
    )

    spec = await since(database, at, number)

    assert spec.options.preset is Preset.NORMAL_BALANCE
    assert spec.options.since == number


AMOUNTS = st.integers(-5, 5)


@given(st.lists(st.tuples(AMOUNTS, st.sampled_from("abc")), min_size=1, max_size=6))
def test_taking_back_never_takes_more_than_was_posted(
    states: list[tuple[int, str]],
) -> None:
    """Each state is what a role should come to, and its account at that time."""
    posted_: Posted = {}
    for total, name in states:
        moved_to(posted_, unit_of(total, name))

        held = posted_[Role.RECOGNIZED, "p1"]
        assert sum(held.values()) == total
        signs = {amount > 0 for amount in held.values() if amount}
        assert len(signs) <= 1, "no account is left with the opposite of another"


def unit_of(total: int, name: str) -> ExportGroup:
    """A unit with one line, of an account of a name."""
    target = TargetLine((name,), None, "p1")
    lines = [ExportLine(total > 0, Role.RECOGNIZED, name, abs(total), target)]
    return ExportGroup("1", 1, "", lines)
