"""Verifying an audit trail: its chain of records, and the rows that they digest.

Everything is read in one snapshot and in constant memory. Verification stops at the
first mismatch.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeAlias

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.consistency import first_inconsistency, wrong_day
from daybook.audit.digesting import ROWS_AT_ONCE, read_rows
from daybook.audit.forms import FORMS, Key, RowForm
from daybook.audit.manual_journals import first_manual_inconsistency
from daybook.audit.models import AuditRecord, RowDigests
from daybook.audit.persons import Persons, load_persons
from daybook.audit.recurrences import first_recurrence_inconsistency
from daybook.audit.rules import (
    Anchor,
    Chain,
    Mismatch,
    Record,
    StoredDigest,
    hash_of_digests,
)
from daybook.db.digests import Digester, RowDigest
from daybook.db.engine import Database, is_postgresql
from daybook.ledger.models import Ledger, Organisation

RECORDS_AT_ONCE = 500
"""How many audit records are held in memory at a time."""

Check: TypeAlias = Callable[[AsyncSession, Record], Awaitable[str | None]]
"""Compares a record's details with stored rows; returns what disagrees, in words."""


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[AsyncSession]:
    """A session whose statements all read the same state of the database."""
    async with database.reads() as session:
        if is_postgresql(session):
            await session.connection(
                execution_options={"isolation_level": "REPEATABLE READ"}
            )
        yield session


@dataclass(slots=True)
class TrailVerifier:
    """The verification of one organisation's trail, in a snapshot.

    `progress` is called with the number of rows of each batch; they sum to `total`.
    """

    session: AsyncSession
    organisation_id: int
    check: Check
    anchor: Anchor | None = None
    progress: Callable[[int], None] = lambda _rows: None
    records: int = 0
    _persons: Persons = field(default_factory=lambda: Persons({}))
    anchored_at: int | None = None
    """The number of the record that has the anchor's hash."""

    async def total(self) -> int:
        """The number of rows that digests cover, not counting former states."""
        statement = select(func.sum(RowDigests.row_count)).where(
            RowDigests.organisation_id == self.organisation_id,
            RowDigests.form.in_(
                [form.number for form in FORMS if form.key is not Key.STATE]
            ),
        )
        return int(await self.session.scalar(statement) or 0)

    async def chain(self) -> Mismatch | None:
        """Check all records, and that they match the stored digests."""
        self._persons = await load_persons(self.session, self.organisation_id)
        found = await self.session.execute(
            select(Organisation.audit_records, Organisation.audit_hash).where(
                Organisation.id == self.organisation_id
            )
        )
        row = found.one_or_none()
        if row is None:
            return Mismatch(None, f"there is no organisation {self.organisation_id}")
        records, last_hash = row
        chain = Chain(self._persons.hash)
        async for records_read, digests in self._records():
            for record in records_read:
                mismatch = chain.add(record)
                if mismatch is None and record.digest is not None:
                    mismatch = _check_digests(record, digests.get(record.number, []))
                if mismatch is None:
                    problem = await self.check(self.session, record)
                    mismatch = Mismatch(record.number, problem) if problem else None
                if mismatch is not None:
                    return mismatch
                self._look_for_anchor(record)
                self.records = record.number
        mismatch = chain.end(records, last_hash) or await self._orphan()
        return mismatch or self._without_anchor()

    def _look_for_anchor(self, record: Record) -> None:
        if self.anchor is not None and record.hash == self.anchor.hash:
            self.anchored_at = record.number

    def _without_anchor(self) -> Mismatch | None:
        """What it means that the anchor's record isn't there, if it isn't."""
        if self.anchor is None:
            return None
        digits, number = self.anchor.hash.hex(), self.anchor.number
        if self.anchored_at is not None:
            if number in {None, self.anchored_at}:
                return None
            return Mismatch(
                self.anchored_at,
                f"has the hash {digits}, and the anchor says record {number}: its line"
                " was changed, or put together from two",
            )
        if number is None:
            return Mismatch(
                None,
                f"no audit record up to {self.records}, the last one, has the hash"
                f" {digits}: it was taken later, or from another chain; the record's"
                " number before it, as `daybook audit head` prints it, would tell",
            )
        if number > self.records:
            return Mismatch(
                None,
                f"this copy ends at record {self.records}, the anchor is record"
                f" {number}: it was taken later, or records are missing",
            )
        return Mismatch(
            number,
            f"does not have the hash {digits}: the anchor was taken from another chain",
        )

    async def _orphan(self) -> Mismatch | None:
        """Find digests that name an audit record without digests."""
        number = await self.session.scalar(
            select(RowDigests.record)
            .where(
                RowDigests.organisation_id == self.organisation_id,
                ~exists().where(
                    AuditRecord.organisation_id == RowDigests.organisation_id,
                    AuditRecord.number == RowDigests.record,
                    AuditRecord.digest.is_not(None),
                ),
            )
            .order_by(RowDigests.record)
            .limit(1)
        )
        if number is None:
            return None
        message = f"digests of rows name record {number}, which holds none"
        return Mismatch(None, f"{message}: they were added by hand")

    async def _records(
        self,
    ) -> AsyncIterator[tuple[list[Record], dict[int, list[StoredDigest]]]]:
        """All records with their digests, in batches."""
        first = 0
        while True:
            rows = await self.session.execute(
                select(*AuditRecord.__table__.columns)
                .where(
                    AuditRecord.organisation_id == self.organisation_id,
                    AuditRecord.number > first,
                )
                .order_by(AuditRecord.number)
                .limit(RECORDS_AT_ONCE)
            )
            records = [Record(*row) for row in rows]
            if not records:
                return
            last = records[-1].number
            yield records, await self._digests(first, last)
            first = last

    async def _digests(self, after: int, last: int) -> dict[int, list[StoredDigest]]:
        rows = await self.session.execute(
            select(*RowDigests.__table__.columns[1:])
            .where(
                RowDigests.organisation_id == self.organisation_id,
                RowDigests.record > after,
                RowDigests.record <= last,
            )
            .order_by(
                RowDigests.record,
                RowDigests.ledger_id,
                RowDigests.form,
                RowDigests.first_key,
            )
        )
        return {
            record: [StoredDigest(*row[1:]) for row in digests]
            for record, digests in groupby(rows, key=lambda row: row[0])
        }

    async def tables(self) -> Mismatch | None:
        """Check rows against each other, then all rows against the digests."""
        ledgers = await self.session.execute(
            select(Ledger.id, Ledger.currency)
            .where(Ledger.organisation_id == self.organisation_id)
            .order_by(Ledger.id)
        )
        scopes = [(0, ""), *((id_, currency) for id_, currency in ledgers)]
        problem = await wrong_day(self.session)
        problem = problem or await first_manual_inconsistency(
            self.session, self.organisation_id
        )
        problem = problem or await first_recurrence_inconsistency(
            self.session, self.organisation_id
        )
        overflowed: Mismatch | None = None
        for scope in scopes[1:]:
            try:
                problem = problem or await first_inconsistency(self.session, *scope)
            except OverflowError as overflow:  # the digests may name the row
                overflowed = Mismatch(None, str(overflow))
        if problem is not None:
            return Mismatch(None, problem)
        for form in FORMS:
            if form.name == "organisations" and not self.records:
                continue  # before the first record, no digest covers it
            for ledger_id, currency in scopes:
                if form.is_of_ledger == bool(ledger_id):
                    mismatch = await self._form(form, ledger_id, currency)
                    if mismatch is not None:
                        return mismatch
        return overflowed

    async def _form(
        self, form: RowForm, ledger_id: int, currency: str
    ) -> Mismatch | None:
        """Check the rows of a form, batch by batch."""
        where = f" of the {currency} ledger" if currency else ""
        digests = await self._form_digests(form, ledger_id)
        coverage = _CoverageCheck(form, where, digests)
        id_ = ledger_id or self.organisation_id
        covered = sum(stored.row_count for _, stored in digests)
        found = read_rows(
            self.session, form, id_, self._persons, are_few=covered < ROWS_AT_ONCE
        )
        try:
            async with aclosing(found):
                async for rows in found:
                    for key, row in rows:
                        mismatch = coverage.add(key, row)
                        if mismatch is not None:
                            return mismatch
                    self.progress(len(rows))
        except (ValueError, TypeError) as unreadable:
            return Mismatch(None, f"{form.name}{where} can't be read: {unreadable}")
        return coverage.end()

    async def _form_digests(
        self, form: RowForm, ledger_id: int
    ) -> list[tuple[int, StoredDigest]]:
        """The digests of a form's rows in the order of their keys; of states, the last.

        Digests of other forms of the same name are included: they cover some of the
        rows.
        """
        same_name = [known.number for known in FORMS if known.name == form.name]
        statement = select(*RowDigests.__table__.columns[1:]).where(
            RowDigests.organisation_id == self.organisation_id,
            RowDigests.ledger_id == ledger_id,
            RowDigests.form.in_(same_name),
        )
        if form.key is Key.STATE:
            statement = statement.order_by(RowDigests.record.desc()).limit(1)
        else:
            statement = statement.order_by(RowDigests.first_key, RowDigests.record)
        rows = await self.session.execute(statement)
        return [(row[0], StoredDigest(*row[1:])) for row in rows]


def _check_digests(record: Record, digests: Sequence[StoredDigest]) -> Mismatch | None:
    if hash_of_digests(digests) == record.digest:
        return None
    return Mismatch(record.number, "does not match the stored digests of its rows")


class _CoverageCheck:
    """Compares a form's digests with its rows, both in the order of their keys."""

    def __init__(
        self, form: RowForm, where: str, digests: Sequence[tuple[int, StoredDigest]]
    ) -> None:
        self._form = form
        self._where = where
        self._rest: Iterator[tuple[int, StoredDigest]] = iter(digests)
        self._present: tuple[int, StoredDigest] | None = None
        self._digester = Digester(form.name, form.columns)
        self._next()

    def add(self, key: int, row: tuple[Any, ...]) -> Mismatch | None:
        """Add the next row; return a mismatch if a digest is missing or differs."""
        while self._present is not None and key > self._present[1].last_key:
            mismatch = self._finish()
            if mismatch is not None:
                return mismatch
            self._next()
        if self._present is None or key < self._present[1].first_key:
            words = f"{self._name(row)}{self._where} is covered by no audit record"
            return Mismatch(None, f"{words}: it was added by hand")
        self._digester.add(row)
        return None

    def end(self) -> Mismatch | None:
        """Check the remaining digests."""
        while self._present is not None:
            mismatch = self._finish()
            if mismatch is not None:
                return mismatch
            self._next()
        return None

    def _next(self) -> None:
        self._present = next(self._rest, None)
        self._digester = Digester(self._form.name, self._form.columns)

    def _finish(self) -> Mismatch | None:
        """Compare the present digest with that of its rows."""
        assert self._present is not None, "rows belong to a digest"
        record, stored = self._present
        before = RowDigest(stored.row_count, stored.digest, stored.marks)
        if stored.form != self._form.number or self._digester.finish() == before:
            return None
        return Mismatch(record, self._words(stored, before))

    def _words(self, stored: StoredDigest, before: RowDigest) -> str:
        rows = self._digester.rows
        covered = f"{self._form.name}{self._where}{self._keys(stored)}"
        counted = f"{before.rows:,} row{'s' * (before.rows != 1)}"
        if rows != before.rows:
            words = f"covers {counted} of {covered}, but there are {rows:,}"
        else:
            words = f"does not match {counted} of {covered}: they were changed"
        differing = self._digester.differing(before)
        if differing is None:
            return f"{words}; the last is missing" if rows < before.rows else words
        row, is_alone = differing
        if is_alone:
            return f"{words}; the first that doesn't match is {self._name(row)}"
        return f"{words}; the first that doesn't match is at or after {self._name(row)}"

    def _keys(self, stored: StoredDigest) -> str:
        if self._form.key is not Key.RECORDING:
            return ""
        first, last = stored.first_key, stored.last_key
        numbers = f" {first}" if first == last else f"s {first} to {last}"
        return f", recording{numbers}"

    def _name(self, row: tuple[Any, ...]) -> str:
        """A row by its table and its primary key."""
        order = self._form.order
        key = list(zip(self._form.columns[:order], row[:order], strict=True))
        values = [f"{name} {value}" for name, value in key[1:] or key]
        return f"{self._form.name} ({', '.join(values)})"
