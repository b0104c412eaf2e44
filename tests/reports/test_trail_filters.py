"""Filters of the trail and the log, against the same rules in plain Python."""

from collections.abc import AsyncIterator
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

import pytest
from sqlalchemy import URL, select

from daybook.access.organisations import add_organisation
from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.audit.models import AuditedRecording, AuditRecord
from daybook.audit.rules import Action, Record, Subject, SubjectKind
from daybook.calendar import parse_day
from daybook.clock import day_at
from daybook.db.engine import Database
from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.errors import Rejected
from daybook.exports.models import ExportRecord
from daybook.ledger.models import ChangeAfterClose, Ledger
from daybook.ledger.rules import SourceKind
from daybook.paging import PageRequest
from daybook.reports.activity import count_activities, find_activities
from daybook.reports.trail.filters import (
    ActivityFilter,
    TrailFilter,
    read_activity_filter,
    read_trail_filter,
)
from daybook.reports.trail.queries import count_records, find_records, persons_of
from daybook_everything import everything_url
from daybook_factories import ORGANISATION, invoice, record
from daybook_people import NOON
from daybook_services.database import AT_ANY_TIME
from daybook_services.faults import examples
from daybook_trail import append

pytestmark = pytest.mark.anyio

__all__ = ["everything_url"]

ZONE = "Europe/Vienna"
"""The time zone of the ledger with everything."""
RANDOM_RECORDS = 60
CURRENCIES = ("USD", "EUR")
PERSONS = ("ada@example.com", "bob@example.com", "test", "a test", "nobody")
JOURNALS = tuple(f"MJ-{number}" for number in range(13))
IDS = (
    *("inv_1", "inv_void", "cn_1", "bs_1", "p2", "USD", "EUR", "1", "2", "XERO", ""),
    *("MJ-1", "MJ-9", "MJ-8 to MJ-10"),
)
SUBJECTS = [
    Subject(SubjectKind.LEDGER, "USD"),
    Subject(SubjectKind.LEDGER, "EUR"),
    Subject(SubjectKind.INVOICE, "inv_1"),
    Subject(SubjectKind.EXPORT, "1"),
    Subject(SubjectKind.PRODUCT, "p2"),
    Subject(SubjectKind.INTEGRATION, "XERO"),
]


class Stored(NamedTuple):
    """All that filters are about, as it is stored."""

    records: list[Record]
    runs: list[Any]
    ledgers: dict[str, int]
    recorded: dict[int, set[tuple[int, int]]]
    late: dict[int, set[int]]
    files: dict[str, int]
    documents: dict[tuple[SubjectKind, str], set[tuple[int, int]]]

    def selects(self, wanted: TrailFilter, record: Record) -> bool:
        """Whether a filter selects a record."""
        day = day_at(datetime.fromisoformat(record.recorded_at), ZONE)
        return (
            wanted.who in {None, record.made_by}
            and (wanted.action is None or wanted.action.value == record.action)
            and (wanted.since is None or day >= wanted.since)
            and (wanted.until is None or day <= wanted.until)
            and self._is_about(wanted, record)
            and (wanted.currency is None or self._is_in(wanted.currency, record))
            and (not wanted.is_after_close or self._is_late(wanted, record))
        )

    def _is_about(self, wanted: TrailFilter, record: Record) -> bool:
        if wanted.kind is None:
            return True
        its = self.recorded.get(record.number, set())
        is_kind = record.subject_kind == wanted.kind.value
        if wanted.id is None:
            return is_kind
        if wanted.kind is SubjectKind.LEDGER:
            return wanted.id in self.ledgers and self._is_in(wanted.id, record)
        if wanted.kind is SubjectKind.MANUAL_JOURNAL and is_kind:
            return wanted.id in {record.subject_id, *labels_in(record.subject_id)}
        changed = self.documents.get((wanted.kind, wanted.id), set())
        return (is_kind and record.subject_id == wanted.id) or bool(changed & its)

    def _is_in(self, currency: str, record: Record) -> bool:
        ledger_id = self.ledgers[currency]
        its = self.recorded.get(record.number, set())
        kind, id_ = record.subject_kind, record.subject_id
        return (
            ledger_id in {each for each, _ in its}
            or (kind, id_) == ("LEDGER", currency)
            or (kind == "EXPORT" and self.files.get(id_) == ledger_id)
        )

    def _is_late(self, wanted: TrailFilter, record: Record) -> bool:
        late = self.late.get(record.number, set())
        named = {wanted.currency}
        if wanted.kind is SubjectKind.LEDGER:
            named.add(wanted.id)
        ledgers = {self.ledgers[currency] for currency in named - {None} if currency}
        is_document = (wanted.kind, wanted.id) in self.documents or (
            wanted.kind is not None
            and wanted.id is not None
            and wanted.kind.value in {*SourceKind.__members__, "MANUAL_JOURNAL"}
        )
        return bool(late) if is_document or not ledgers else ledgers <= late

    def runs_selected(self, wanted: ActivityFilter) -> list[int]:
        """The numbers of the selected runs, newest first."""
        found = []
        for run in self.runs:
            day = day_at(run.started_at, ZONE)
            ledger_id = None
            if wanted.currency is not None:
                ledger_id = self.ledgers[wanted.currency]
            if (
                wanted.who in {None, run.made_by}
                and wanted.kind in {None, run.kind}
                and wanted.is_failed in {None, run.is_failed}
                and ledger_id in {None, run.ledger_id}
                and (wanted.since is None or day >= wanted.since)
                and (wanted.until is None or day <= wanted.until)
            ):
                found.append(run.id)
        return sorted(found, reverse=True)


def labels_in(subject_id: str) -> list[str]:
    """The manual journals of a record: `MJ-3 to MJ-5` are three."""
    first, _, last = subject_id.partition(" to ")
    numbers = [int(label.removeprefix("MJ-")) for label in (first, last or first)]
    return [f"MJ-{number}" for number in range(numbers[0], numbers[1] + 1)]


async def stored_in(database: Database) -> Stored:
    async with database.reads() as session:
        rows = await session.execute(select(*AuditRecord.__table__.columns))
        records = [Record(*row) for row in rows if row[0] == ORGANISATION]
        runs = (await session.scalars(select(Activity))).all()
        ledgers = {
            ledger.currency: ledger.id
            for ledger in await session.scalars(select(Ledger))
        }
        recorded: dict[int, set[tuple[int, int]]] = {}
        for each in await session.scalars(select(AuditedRecording)):
            pair = (each.ledger_id, each.recording)
            recorded.setdefault(each.record, set()).add(pair)
        late: dict[int, set[int]] = {}
        for change in await session.scalars(select(ChangeAfterClose)):
            late.setdefault(change.record, set()).add(change.ledger_id)
        files = {
            str(file.number): file.ledger_id
            for file in await session.scalars(select(ExportRecord))
        }
        documents: dict[tuple[SubjectKind, str], set[tuple[int, int]]] = {}
        by_id = {}
        for document in await session.scalars(select(StoredDocument)):
            kind = SubjectKind[SourceKind(document.kind).name]
            key = kind, document.external_id
            by_id[document.ledger_id, document.id] = key
            numbers = {document.recorded_in, document.revised_in} - {None}
            pairs = {(document.ledger_id, number) for number in numbers if number}
            documents.setdefault(key, set()).update(pairs)
        for version in await session.scalars(select(DocumentVersion)):
            key = by_id[version.ledger_id, version.document_id]
            documents[key] |= {
                (version.ledger_id, version.made_in),
                (version.ledger_id, version.until),
            }
    ours = [run for run in runs if run.organisation_id == ORGANISATION]
    return Stored(records, ours, ledgers, recorded, late, files, documents)


@pytest.fixture
async def filled(everything_url: URL) -> AsyncIterator[Database]:
    """A ledger with everything, and records at random after it."""
    database = Database(everything_url, AT_ANY_TIME)
    async with database.reads() as session:
        count = await count_records(session, ORGANISATION)
    if count < RANDOM_RECORDS:
        random = Random(19)  # noqa: S311  (no secret)
        for number in range(RANDOM_RECORDS):
            await append(
                database,
                action=random.choice(list(Action)),
                subject=random.choice(SUBJECTS),
                made_by=random.choice([*PERSONS[:4], None]),
                minutes=60 * 24 * 365 * 9 + 700 * number,
            )
    yield database
    await database.close()


DAYS = [
    parse_day(day) for day in ("2025-03-02", "2025-05-03", "2025-10-18", "2034-06-20")
]
ACTIONS = [Action.IMPORT, Action.SET_LOCK, Action.EXPORT, Action.SET_ROLE]


def drawn(random: Random) -> TrailFilter:
    """A filter of some of its fields."""
    since, until = random.choice(DAYS), random.choice(DAYS)
    kind = random.choice([None, *SubjectKind])
    return TrailFilter(
        who=random.choice([None, None, *PERSONS]),
        action=random.choice([None, None, *ACTIONS]),
        since=random.choice([None, min(since, until)]),
        until=random.choice([None, max(since, until)]),
        kind=kind,
        id=None if kind is None else random.choice([None, *IDS]),
        currency=random.choice([None, None, *CURRENCIES]),
        is_after_close=random.choice([False, False, True]),
    )


async def all_numbers(database: Database, wanted: TrailFilter, size: int) -> list[int]:
    """All selected records, page by page."""
    found: list[int] = []
    key = None
    async with database.reads() as session:
        while True:
            request = PageRequest(size, key)
            page = await find_records(session, ORGANISATION, request, wanted)
            found += [row.record.number for row in page.items]
            if not page.has_next:
                assert len(found) == await count_records(session, ORGANISATION, wanted)
                return found
            key = (found[-1],)


async def test_filters_select_what_the_rules_say(filled: Database) -> None:
    stored = await stored_in(filled)
    each_alone = [
        TrailFilter(),
        *(TrailFilter(who=name) for name in PERSONS),
        *(TrailFilter(kind=kind) for kind in SubjectKind),
        *(TrailFilter(kind=key[0], id=key[1]) for key in stored.documents),
        *(TrailFilter(kind=SubjectKind.MANUAL_JOURNAL, id=id_) for id_ in JOURNALS),
        *(TrailFilter(currency=currency) for currency in CURRENCIES),
        TrailFilter(is_after_close=True),
        TrailFilter(is_after_close=True, currency="USD", kind=SubjectKind.LEDGER),
    ]
    random = Random(20)  # noqa: S311  (no secret)
    by_chance = [drawn(random) for _ in range(examples(100))]
    for wanted in [*each_alone, *by_chance]:
        size = random.randint(1, 40)
        due = [r.number for r in stored.records if stored.selects(wanted, r)]

        found = await all_numbers(filled, wanted, size)

        assert found == sorted(due, reverse=True), wanted


async def test_the_log_is_filtered_alike(filled: Database) -> None:
    stored = await stored_in(filled)
    kinds = (None, ActivityKind.IMPORT, ActivityKind.SETTINGS, ActivityKind.LOCK)
    days = (None, parse_day("2025-03-02"), parse_day("2025-05-03"))
    wanted = [
        ActivityFilter(who, kind, since, until, currency, is_failed)
        for who in (None, "a test")
        for kind in kinds
        for since in days
        for until in (None, parse_day("2025-10-18"))
        for currency in (None, *CURRENCIES)
        for is_failed in (None, True, False)
    ]
    async with filled.reads() as session:
        random = Random(7)  # noqa: S311  (no secret)
        for each in random.sample(wanted, 80):
            page = await find_activities(
                session, ORGANISATION, PageRequest(1_000), each
            )
            assert [row.id for row in page.items] == stored.runs_selected(each), each
            count = await count_activities(session, ORGANISATION, each)
            assert count == len(page.items)


async def test_pages_stay_while_records_come_in(database: Database) -> None:
    for minutes in range(12):
        await append(database, minutes=minutes)
    async with database.reads() as session:
        first = await find_records(session, ORGANISATION, PageRequest(5))
    await append(database, minutes=20)
    await append(database, minutes=21)
    key = (first.items[-1].record.number,)
    async with database.reads() as session:
        second = await find_records(session, ORGANISATION, PageRequest(5, key))
        top = (first.items[0].record.number,)
        newer = await find_records(
            session, ORGANISATION, PageRequest(5, top, is_backward=True)
        )

    assert [row.record.number for row in first.items] == [12, 11, 10, 9, 8]
    assert [row.record.number for row in second.items] == [7, 6, 5, 4, 3]
    assert [row.record.number for row in newer.items] == [14, 13]


async def test_another_organisation_sees_nothing(database: Database) -> None:
    await record(database, invoice("inv_1"))
    other = await add_organisation(database, "Other", now=NOON, made_by="test")

    async with database.reads() as session:
        for wanted in (
            TrailFilter(kind=SubjectKind.LEDGER, id="USD"),
            TrailFilter(kind=SubjectKind.INVOICE, id="inv_1"),
            TrailFilter(action=Action.IMPORT),
            TrailFilter(is_after_close=True),
        ):
            page = await find_records(session, other, PageRequest(5), wanted)
            assert page.items == []
        assert await persons_of(session, other) == ["test"]
        with pytest.raises(Rejected, match="no ledger"):
            await find_records(
                session, other, PageRequest(5), TrailFilter(currency="USD")
            )


def test_texts_are_read_with_all_their_problems() -> None:
    read = read_trail_filter(
        {
            "who": " ada ",
            "action": "set-lock",
            "from": "2026-10-01",
            "after_close": "yes",
        }
    )
    assert read == TrailFilter(
        who="ada",
        action=Action.SET_LOCK,
        since=parse_day("2026-10-01"),
        is_after_close=True,
    )
    wrong = {
        "who": "a\x00",
        "action": "SET_LOK",
        "from": "soon",
        "id": "7",
        "to": "2026-10-01",
        "after_close": "maybe",
    }
    with pytest.raises(Rejected) as rejected:
        read_trail_filter(wrong)
    paths = [problem.path for problem in rejected.value.problems]
    assert paths == [("who",), ("action",), ("from",), ("after_close",), ("kind",)]
    assert "did you mean SET_LOCK?" in str(rejected.value)
    with pytest.raises(Rejected, match="before the first"):
        read_activity_filter({"from": "2026-10-02", "to": "2026-10-01"})
