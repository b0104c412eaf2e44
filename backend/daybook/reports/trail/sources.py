"""Where a filter's audit records are found: statements that each use an index.

A filter that no single index serves has several sources, whose pages are merged.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    and_,
    cast,
    column,
    exists,
    func,
    or_,
    select,
    table,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daybook.audit.models import AuditedRecording, AuditRecord
from daybook.audit.rules import Subject, SubjectKind
from daybook.calendar import Day
from daybook.db.keyset import one_page
from daybook.ledger.models import ChangeAfterClose, Ledger, Organisation
from daybook.ledger.queries import choose_ledger, ends_of_days, find_ledgers
from daybook.paging import PageRequest
from daybook.reports.trail.filters import TrailFilter
from daybook.reports.trail.persons import persons_meant
from daybook.reports.trail.subjects import further_records

# Exports are a layer above, and a command that lists records doesn't load them.
FILES = table(
    "export_records", column("organisation_id"), column("number"), column("ledger_id")
)
FILES_MAX = 500
"""Up to so many files of a ledger are looked up one by one."""
SMALL = 10
"""A ledger with less than one in so many recordings is read by itself."""


class Source(NamedTuple):
    """A statement of records' numbers, and the column that has them."""

    statement: Select[int]
    number: SQLColumnExpression[int]


async def page_of_numbers(
    session: AsyncSession, sources: Sequence[Source], request: PageRequest
) -> list[int]:
    """The numbers of a page, newest first, and one more for `Page.of`."""
    pages = [
        one_page(source.statement, source.number, request, is_descending=True)
        for source in sources
    ]
    if not pages:
        return []
    if len(pages) == 1:
        return list(await session.scalars(pages[0]))
    # Each source has read its own page, so that merging them sorts a few rows.
    merged = union(*(select(page.subquery().c[0]) for page in pages)).subquery()
    number = merged.c[0]
    order = number.asc() if request.is_backward else number.desc()
    limited = select(number).order_by(order).limit(request.size + 1)
    return list(await session.scalars(limited))


async def count_numbers(session: AsyncSession, sources: Sequence[Source]) -> int:
    """How many records the sources have together."""
    if not sources:
        return 0
    statements = [source.statement for source in sources]
    every = union(*statements) if len(statements) > 1 else statements[0]
    counted = select(func.count()).select_from(every.subquery())
    return await session.scalar(counted) or 0


async def sources_of(
    session: AsyncSession, organisation_id: int, wanted: TrailFilter
) -> list[Source]:
    """The sources of a filter's records; none if no record can match.

    Raises Rejected for a ledger that doesn't exist.
    """
    record = AuditRecord
    conditions: list[ColumnElement[bool]] = [record.organisation_id == organisation_id]
    if wanted.who is not None:
        persons = await persons_meant(session, organisation_id, wanted.who)
        conditions.append(record.made_by.in_(persons or [wanted.who]))
    if wanted.action is not None:
        conditions.append(record.action == wanted.action.value)
    bounds = await _bounds(session, organisation_id, wanted.since, wanted.until)
    if bounds is None:
        return []
    search = _Search(session, organisation_id, conditions, bounds)
    return await search.sources(wanted)


async def _bounds(
    session: AsyncSession, organisation_id: int, since: Day | None, until: Day | None
) -> tuple[int | None, int | None] | None:
    """The first and the last number recorded on days; None if there is no record.

    Times never decrease, so a range of them is a range of numbers.
    """
    if since is None and until is None:
        return None, None
    record, ended = AuditRecord, await ends_of_days(session, organisation_id)
    numbers = select(record.number).where(record.organisation_id == organisation_id)
    first = last = None
    if since is not None:
        moment = ended(since - 1).isoformat(timespec="microseconds")
        first = await session.scalar(
            numbers.where(record.recorded_at >= moment)
            .order_by(record.recorded_at, record.number)
            .limit(1)
        )
        if first is None:
            return None
    if until is not None:
        moment = ended(until).isoformat(timespec="microseconds")
        last = await session.scalar(
            numbers.where(record.recorded_at < moment)
            .order_by(record.recorded_at.desc(), record.number.desc())
            .limit(1)
        )
        if last is None:
            return None
    return first, last


class _Search(NamedTuple):
    """A search for records; `conditions` are those of the records' own columns."""

    session: AsyncSession
    organisation_id: int
    conditions: list[ColumnElement[bool]]
    bounds: tuple[int | None, int | None]

    async def sources(self, wanted: TrailFilter) -> list[Source]:
        """The sources of the whole filter."""
        ledgers = await find_ledgers(self.session, self.organisation_id)
        ledger = None
        if wanted.currency is not None:
            ledger = await choose_ledger(
                self.session, self.organisation_id, wanted.currency
            )
        if wanted.kind is SubjectKind.LEDGER and wanted.id is not None:
            # Records of a ledger's recordings are about the ledger.
            its = [known for known in ledgers if known.currency == wanted.id]
            if not its or ledger not in {None, *its}:
                return []
            ledger = its[0]
        elif wanted.kind is not None:
            if wanted.id is not None:
                about = Subject(wanted.kind, wanted.id)
                where = self.session, self.organisation_id
                further = await further_records(*where, about)
                if further is not None:
                    return await self._about(about, further, wanted, ledgers, ledger)
            self.conditions.append(AuditRecord.subject_kind == wanted.kind.value)
            if wanted.id is not None:
                self.conditions.append(AuditRecord.subject_id == wanted.id)
        if wanted.is_after_close:
            return self._after_close([ledger] if ledger else ledgers)
        if ledger is not None:
            return await self._in_ledger(ledger)
        return [self._own()]

    def _own(self, *more: ColumnElement[bool]) -> Source:
        """Records by their own columns."""
        number = AuditRecord.number
        return self._bounded(select(number).where(*self.conditions, *more), number)

    def _bounded(
        self, statement: Select[int], number: InstrumentedAttribute[int]
    ) -> Source:
        first, last = self.bounds
        if first is not None:
            statement = statement.where(number >= first)
        if last is not None:
            statement = statement.where(number <= last)
        return Source(statement, number)

    async def _about(
        self,
        about: Subject,
        further: Sequence[int],
        wanted: TrailFilter,
        ledgers: Sequence[Ledger],
        ledger: Ledger | None,
    ) -> list[Source]:
        """Records about a document or a manual journal, and further ones, by number."""
        narrowed: list[ColumnElement[bool]] = []
        if ledger is not None:
            narrowed.append(await self._is_in(ledger))
        if wanted.is_after_close:
            narrowed.append(
                exists().where(
                    ChangeAfterClose.ledger_id.in_([its.id for its in ledgers]),
                    ChangeAfterClose.record == AuditRecord.number,
                )
            )
        itself = self._own(
            AuditRecord.subject_kind == about.kind.value,
            AuditRecord.subject_id == about.id,
            *narrowed,
        )
        others = self._own(AuditRecord.number.in_(further), *narrowed)
        return [itself, others] if further else [itself]

    def _after_close(self, ledgers: Sequence[Ledger]) -> list[Source]:
        """Records of recordings that changed closed days, ledger by ledger."""
        change = ChangeAfterClose
        return [
            self._listed(change.record, change.ledger_id == ledger.id)
            for ledger in ledgers
        ]

    async def _in_ledger(self, ledger: Ledger) -> list[Source]:
        """Records of a ledger's recordings, and those that name it."""
        audited = AuditedRecording
        is_small = await self._is_small(ledger)
        if len(self.conditions) > 1 and not is_small:
            # Whoever or whatever else is asked for is rarer than the ledger.
            return [self._own(await self._is_in(ledger))]
        if is_small:
            recorded = self._listed(audited.record, audited.ledger_id == ledger.id)
        else:
            recorded = self._own(_is_recorded_in(ledger))
        named, files = _is_named(ledger), await self._is_file_of(ledger)
        return [recorded, self._own(named), self._own(files)]

    async def _is_in(self, ledger: Ledger) -> ColumnElement[bool]:
        """Whether a record is one of `_in_ledger`."""
        is_file = await self._is_file_of(ledger)
        return or_(_is_recorded_in(ledger), _is_named(ledger), is_file)

    def _listed(
        self, number: InstrumentedAttribute[int], condition: ColumnElement[bool]
    ) -> Source:
        """Records that another table lists, if they also meet the conditions."""
        statement = select(number).where(condition).distinct()
        if len(self.conditions) > 1:
            statement = statement.join(AuditRecord, AuditRecord.number == number).where(
                *self.conditions
            )
        return self._bounded(statement, number)

    async def _is_small(self, ledger: Ledger) -> bool:
        """Whether few of the organisation's records are about a ledger."""
        is_ours = Organisation.id == self.organisation_id
        records = await self.session.scalar(
            select(Organisation.audit_records).where(is_ours)
        )
        return ledger.recordings * SMALL < (records or 0)

    async def _is_file_of(self, ledger: Ledger) -> ColumnElement[bool]:
        """Whether a record is about an exported file of a ledger."""
        its = and_(
            FILES.c.organisation_id == self.organisation_id,
            FILES.c.ledger_id == ledger.id,
        )
        is_file = AuditRecord.subject_kind == SubjectKind.EXPORT.value
        few = select(FILES.c.number).where(its).limit(FILES_MAX + 1)
        numbers = (await self.session.scalars(few)).all()
        if len(numbers) <= FILES_MAX:
            return and_(is_file, AuditRecord.subject_id.in_(list(map(str, numbers))))
        is_its = FILES.c.number == cast(AuditRecord.subject_id, Integer)
        return and_(is_file, exists().where(its, is_its))


def _is_recorded_in(ledger: Ledger) -> ColumnElement[bool]:
    """Whether a record covers a recording of a ledger."""
    return exists().where(
        AuditedRecording.ledger_id == ledger.id,
        AuditedRecording.record == AuditRecord.number,
    )


def _is_named(ledger: Ledger) -> ColumnElement[bool]:
    """Whether a ledger is a record's subject."""
    return and_(
        AuditRecord.subject_kind == SubjectKind.LEDGER.value,
        AuditRecord.subject_id == ledger.currency,
    )
