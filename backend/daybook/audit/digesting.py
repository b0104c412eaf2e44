"""Digests of the rows that a transaction wrote, for its audit record."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.forms import BY_NAME, Key, RowForm, values_of
from daybook.audit.models import RowDigests
from daybook.audit.persons import Persons
from daybook.audit.rules import StoredDigest, Subject, SubjectKind
from daybook.audit.statements import Keys
from daybook.db.digests import (
    BASED_INTEGRATIONS,
    COMPRESSED_EXPORTS,
    DESCRIBED_EXPORTS,
    Digester,
    RowDigest,
    WrittenDigest,
    written,
)
from daybook.db.engine import WriteSession

ROWS_AT_ONCE = 2_000
"""How many rows are held in memory at a time."""

ALWAYS_READ = ("recordings", "ledger_settings", "account_names")
"""Forms that are always read: nobody notes the few rows that a recording writes."""
OF_ADJUSTMENTS = (
    *("change_requests", "change_requesters", "change_decisions"),
    *("four_eyes_settings", "manual_steps", "manual_versions", "manual_lines"),
    *("manual_authors", "manual_documents"),
    *("recurrence_steps", "recurrence_versions", "recurrence_lines"),
    *("recurrence_authors", "recurrence_instances"),
)
"""Tables of manual journals, recurrences and requested changes, a form for each."""
CHANGED_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "documents": ("documents", "document_lines", "superseded lines"),
    "customer_names": ("customer_names",),
    "product_names": ("product_names",),
    "export_records": ("export_records", COMPRESSED_EXPORTS, DESCRIBED_EXPORTS),
    "export_postings": ("export_postings",),
    "undone_postings": ("undone_postings",),
    "attachments": ("attachments",),
    "removed_attachments": ("removed_attachments",),
    "integrations": ("integrations", BASED_INTEGRATIONS),
    "account_mappings": ("account_mappings",),
    "target_accounts": ("target_accounts",),
    "gl_balances": ("gl_balances",),
    "manual_rates": ("manual_rates",),
    "gl_imports": ("gl_imports",),
    "gl_segments": ("gl_segments",),
    **{table: (table,) for table in OF_ADJUSTMENTS},
}
"""Forms that are read again after a transaction changed rows of a table."""
STATES: Mapping[SubjectKind, tuple[str, ...]] = {
    SubjectKind.USER: ("memberships", "api_keys"),
    SubjectKind.API_KEY: ("memberships", "api_keys"),
    SubjectKind.PRODUCT: ("products' methods",),
    SubjectKind.WEBHOOK: ("webhook_endpoints",),
    SubjectKind.CONNECTION: ("gl_connections",),
    SubjectKind.ORGANISATION: (
        "memberships",
        "former_time_zones",
        "clock_acceptances",
        "gl_connections",
        "gl_settings",
    ),
}
"""States that may have changed, by a record's subject; ledgers may always have."""


class RecordingRange(NamedTuple):
    """A ledger's recordings that one audit record covers."""

    ledger_id: int
    first: int
    last: int


def runs_of(recordings: Iterable[tuple[int, int]]) -> list[RecordingRange]:
    """A transaction's recordings by ledger, where their numbers are consecutive."""
    by_ledger: dict[int, list[int]] = {}
    for ledger_id, number in recordings:
        by_ledger.setdefault(ledger_id, []).append(number)
    return [
        RecordingRange(ledger_id, min(numbers), max(numbers))
        for ledger_id, numbers in sorted(by_ledger.items())
    ]


async def digest_written(
    session: WriteSession,
    organisation_id: int,
    subject: Subject,
    recordings: Sequence[RecordingRange],
    persons: Persons,
) -> list[StoredDigest]:
    """Digests of all rows that the transaction wrote, and of states it may change.

    Clears the transaction's list of written rows.
    """
    done = written(session)
    noted, changed = done.noted, done.changed
    added = done.added
    done.noted, done.changed, done.added = [], set(), set()
    again = {
        (ledger_id, number, name)
        for ledger_id, number, table in changed
        for name in CHANGED_TOGETHER[table]
    }
    digests = [
        _stored(note)
        for note in noted
        if (note.ledger_id, note.recording, note.name) not in again
    ]
    to_read: list[tuple[RowForm, int, Keys]] = [
        (BY_NAME[name], ledger_id, (number, number))
        for ledger_id, number, name in again
    ]
    to_read += [
        (BY_NAME[name], run.ledger_id, (run.first, run.last))
        for run in recordings
        for name in ALWAYS_READ
    ]
    to_read += [
        (BY_NAME[name], 0, (first, last))
        for first, last, table in sorted(added)
        for name in CHANGED_TOGETHER[table]
    ]
    names = {"organisations", "ledgers", *STATES.get(subject.kind, ())}
    to_read += [(BY_NAME[name], 0, (0, 0)) for name in names]
    for form, ledger_id, keys in to_read:
        id_ = ledger_id or organisation_id
        digest = await digest_rows(session, form, id_, persons, keys)
        if digest.rows or form.key is Key.STATE:
            digests.append(stored_digest(form, ledger_id, keys, digest))
    return digests


def _stored(noted: WrittenDigest) -> StoredDigest:
    form = BY_NAME[noted.name]
    is_numbered = form.key in {Key.NUMBER, Key.ORGANISATION}
    keys = noted.numbers if is_numbered else (noted.recording, noted.recording)
    return stored_digest(form, noted.ledger_id, keys, noted.digest)


def stored_digest(
    form: RowForm, ledger_id: int, keys: Keys, digest: RowDigest
) -> StoredDigest:
    """A digest of the rows in a range of keys, as it is stored."""
    first, last = keys
    return StoredDigest(
        ledger_id, form.number, first, last, digest.rows, digest.digest, digest.marks
    )


async def digest_rows(
    session: AsyncSession,
    form: RowForm,
    id_: int,
    persons: Persons,
    keys: Keys | None = None,
) -> RowDigest:
    """The digest of stored rows of a ledger or an organisation, in constant memory."""
    digester = Digester(form.name, form.columns)
    are_few = keys is not None
    found = read_rows(session, form, id_, persons, keys, are_few=are_few)
    async with aclosing(found) as partitions:
        async for rows in partitions:
            for _, row in rows:
                digester.add(row)
    return digester.finish()


async def read_rows(  # noqa: PLR0913  (keyword-only, or the row's place)
    session: AsyncSession,
    form: RowForm,
    id_: int,
    persons: Persons,
    keys: Keys | None = None,
    *,
    are_few: bool,
) -> AsyncGenerator[list[tuple[int, tuple[Any, ...]]], None]:
    """Keys and rows as they are digested, in batches; close it to stop early.

    Persons' names are replaced with their hashes. Where `are_few`, as is expected, the
    first batch is a statement of its own: a stream goes to the database four times.
    """
    hidden = [
        column for column, name in enumerate(form.columns) if name in form.persons
    ]

    def digested(partition: Iterable[Any]) -> list[tuple[int, tuple[Any, ...]]]:
        rows = []
        for key, *row in partition:
            for column in hidden:
                row[column] = persons.hash(row[column])
            rows.append((key, tuple(row)))
        return rows

    values, in_range = values_of(id_, keys), keys is not None
    rest = form.rows(in_range=in_range)
    if are_few:
        first = form.rows(in_range=in_range, at_most=ROWS_AT_ONCE)
        rows = digested(await session.execute(first, values))
        if rows:
            yield rows
        if len(rows) < ROWS_AT_ONCE:
            return
        rest = rest.offset(ROWS_AT_ONCE)
    found = await session.stream(
        rest, values, execution_options={"yield_per": ROWS_AT_ONCE}
    )
    try:
        async for partition in found.partitions():
            yield digested(partition)
    finally:
        await found.close()


def digests_of_runs(
    runs: Iterable[RecordingRange], record: int
) -> Iterator[StoredDigest]:
    """Digests of the `audited_recordings` rows of a record."""
    form = BY_NAME["audited_recordings"]
    for ledger_id, first, last in runs:
        digester = Digester(form.name, form.columns)
        for number in range(first, last + 1):
            digester.add((ledger_id, number, record))
        yield stored_digest(form, ledger_id, (first, last), digester.finish())


async def keep_digests(
    session: WriteSession,
    organisation_id: int,
    record: int,
    digests: Sequence[StoredDigest],
) -> None:
    """Store the digests of a record that is stored already."""
    rows = [
        {"organisation_id": organisation_id, "record": record, **digest._asdict()}
        for digest in digests
    ]
    await session.execute(insert(RowDigests), rows)
