"""The first digests of ledgers that are older than digests."""

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.commands import append_record, next_record
from daybook.audit.digesting import digest_rows, stored_digest
from daybook.audit.forms import FORMS, Key, RowForm, values_of
from daybook.audit.models import AuditedRecording, AuditRecord
from daybook.audit.persons import know_persons
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.db.engine import WriteSession
from daybook.ledger.models import Ledger, Organisation, Recording

MADE_BY = "upgrade"


async def begin_digests(session: WriteSession, now: datetime) -> None:
    """Append a record with digests of all present rows to each trail without digests.

    The record closes recordings that no audit record covers, since they are older than
    the trail. It can't reveal changes that were made before it.
    """
    organisations = await session.scalars(
        select(Organisation)
        .where(
            ~exists().where(
                AuditRecord.organisation_id == Organisation.id,
                AuditRecord.digest.is_not(None),
            )
        )
        .order_by(Organisation.id)
    )
    for organisation in organisations.all():
        ledgers = await session.scalars(
            select(Ledger.id).where(Ledger.organisation_id == organisation.id)
        )
        ids = sorted(ledgers)
        if organisation.audit_records or ids:
            await _begin(session, organisation, ids, now)


async def _begin(
    session: WriteSession, organisation: Organisation, ledgers: list[int], now: datetime
) -> None:
    # The last recording's time, since the present clock may be refused.
    organisation.recorded_at = recorded_at = organisation.recorded_at or now
    names = await _names(session, organisation.id, ledgers)
    persons = await know_persons(session, organisation.id, [*names, MADE_BY])
    await session.flush()
    session.add_all(
        AuditedRecording(
            ledger_id=ledger_id,
            recording=number,
            record=organisation.audit_records + 1,
        )
        for ledger_id, number in await _unaudited(session, ledgers)
    )
    await session.flush()
    digests = []
    for form in FORMS:
        for ledger_id in ledgers if form.is_of_ledger else [0]:
            id_ = ledger_id or organisation.id
            keys = (0, 0)
            if form.key is not Key.STATE:
                keys = (1, await _last_key(session, form, id_))
            digest = await digest_rows(session, form, id_, persons)
            if digest.rows or form.key is Key.STATE:
                digests.append(stored_digest(form, ledger_id, keys, digest))
    digests.sort()
    record = next_record(
        organisation,
        recorded_at=recorded_at,
        made_by=MADE_BY,
        action=Action.BEGIN_DIGESTS,
        subject=Subject(SubjectKind.ORGANISATION, ""),
        details={
            "rows": sum(digest.row_count for digest in digests),
            "upgraded_at": now.isoformat(timespec="seconds"),
        },
        digests=digests,
        persons=persons,
    )
    await append_record(session, organisation, record, digests)


async def _last_key(session: AsyncSession, form: RowForm, id_: int) -> int:
    keys = form.rows().order_by(None).subquery()
    return await session.scalar(select(func.max(keys.c[0])), values_of(id_)) or 1


async def _names(
    session: AsyncSession, organisation_id: int, ledgers: list[int]
) -> set[str | None]:
    """All persons' names in rows that digests cover."""
    names: set[str | None] = set()
    for form in FORMS:
        for id_ in ledgers if form.is_of_ledger else [organisation_id]:
            for column in form.persons:
                rows = form.rows().order_by(None).subquery()
                found = select(rows.c[column]).distinct()
                names |= set(await session.scalars(found, values_of(id_)))
    return names


async def _unaudited(
    session: AsyncSession, ledgers: list[int]
) -> list[tuple[int, int]]:
    """Recordings that no audit record covers, each a ledger's id and a number."""
    rows = await session.execute(
        select(Recording.ledger_id, Recording.number).where(
            Recording.ledger_id.in_(ledgers),
            ~exists().where(
                AuditedRecording.ledger_id == Recording.ledger_id,
                AuditedRecording.recording == Recording.number,
            ),
        )
    )
    return [(ledger_id, number) for ledger_id, number in rows]
