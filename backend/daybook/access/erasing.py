"""Erasing a person: their name is removed from everything an organisation keeps.

The hash that the audit trail's digests use replaces it, and the salt is deleted: the
name can't be recovered, and the trail still verifies.
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import parse_qsl, quote_plus, urlencode

from sqlalchemy import delete, func, select, update

from daybook.access.changing import access_change, subject_of
from daybook.access.models import ApiKey, Membership, User
from daybook.access.queries import user_by_email
from daybook.access.rules import checked_email, refused
from daybook.activity.models import Activity
from daybook.audit.models import AuditRecord, Person
from daybook.audit.persons import load_persons
from daybook.audit.rules import ERASED, Action, SubjectKind
from daybook.audit.statements import table_of
from daybook.db.engine import Database, WriteSession
from daybook.db.keyset import count_rows
from daybook.errors import ProblemCode
from daybook.idempotency.models import KeyedRequest
from daybook.ledger.models import ClockAcceptance, Ledger, Organisation, Recording


async def erase_person(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    *,
    email: str,
    now: datetime,
    made_by: str,
    beside: Callable[[str], Awaitable[None]],
) -> str:
    """Erase a person who is not a member any more; return what replaces their name.

    The audit record is part of the transaction; erasing again finds nobody. Their
    sessions ended when they were removed. `beside` is called before the commit with the
    replacement, to put it into other stores; it must be repeatable. Raises Rejected for
    a member, and for a name that is not kept anywhere.
    """
    email = checked_email(email)
    async with access_change(database, organisation_id, now, made_by) as change:
        session = change.session
        user = await user_by_email(session, email)
        await _check(session, organisation_id, email, user)
        persons = await load_persons(session, organisation_id)
        if email not in persons.salts:
            message = f"nothing that is kept here names {email}"
            raise refused(message, "email", ProblemCode.NOT_FOUND)
        erased = f"{ERASED}{persons.hash(email)}"
        await _rename(session, change.organisation, email, erased)
        await _rename_in_filters(session, organisation_id, email, erased)
        await beside(erased)
        if user is not None:
            # The hash of the request that invited them would confirm a guessed name.
            # Other requests may have created something of the same number: their keys
            # stay used, so that what they created isn't created again.
            await session.execute(
                update(KeyedRequest)
                .where(
                    KeyedRequest.organisation_id == organisation_id,
                    KeyedRequest.created_id == user.id,
                )
                .values(request_hash=secrets.token_bytes(32))
            )
        if user is not None and await _memberships(session, user.id) == 0:
            user.email, user.name, user.password_hash = f"erased-{user.id}", "", None
            user.sign_ins_from += 1
        await change.record(Action.ERASE_PERSON, subject_of(erased), {})
    await database.truncate_logs()
    return erased


async def _check(
    session: WriteSession, organisation_id: int, email: str, user: User | None
) -> None:
    if user is None:
        return
    if await session.get(Membership, (organisation_id, user.id)) is not None:
        message = f"{email} is a member: remove them first (`daybook user remove`)"
        raise refused(message, "email")


async def _memberships(session: WriteSession, user_id: int) -> int:
    return await count_rows(session, Membership, Membership.user_id == user_id)


async def _rename(
    session: WriteSession, organisation: Organisation, name: str, erased: str
) -> None:
    """Replace a name everywhere; the database permits no other change of these rows."""
    ledgers = select(Ledger.id).where(Ledger.organisation_id == organisation.id)
    organisation_id = organisation.id
    record = AuditRecord
    files = (
        ("export_records", "made_by"),
        ("export_postings", "marked_by"),
        ("undone_postings", "undone_by"),
        ("attachments", "attached_by"),
        ("removed_attachments", "removed_by"),
        ("change_requests", "requested_by"),
        ("change_decisions", "decided_by"),
        ("four_eyes_settings", "set_by"),
        ("manual_steps", "made_by"),
        ("recurrence_steps", "made_by"),
        ("webhook_endpoints", "created_by"),
        ("gl_connections", "created_by"),
        ("manual_rates", "entered_by"),
        ("gl_imports", "imported_by"),
        ("gl_segments", "made_by"),
    )
    for statement in (
        update(Recording)
        .where(Recording.ledger_id.in_(ledgers), Recording.made_by == name)
        .values(made_by=erased),
        update(record)
        .where(record.organisation_id == organisation_id, record.made_by == name)
        .values(made_by=erased),
        update(record)
        .where(
            record.organisation_id == organisation_id,
            record.subject_kind == SubjectKind.USER.value,
            record.subject_id == name,
        )
        .values(subject_id=erased),
        update(Activity)
        .where(Activity.organisation_id == organisation_id, Activity.made_by == name)
        .values(made_by=erased),
        update(ClockAcceptance)
        .where(
            ClockAcceptance.organisation_id == organisation_id,
            ClockAcceptance.made_by == name,
        )
        .values(made_by=erased),
        *(
            update(table)
            .where(table.c.organisation_id == organisation_id, table.c[person] == name)
            .values({person: erased})
            for table, person in ((table_of(its), person) for its, person in files)
        ),
        update(ApiKey)
        .where(ApiKey.organisation_id == organisation_id, ApiKey.created_by == name)
        .values(created_by=erased),
        delete(Person).where(
            Person.organisation_id == organisation_id, Person.name == name
        ),
    ):
        await session.execute(
            statement, execution_options={"synchronize_session": False}
        )


async def _rename_in_filters(
    session: WriteSession, organisation_id: int, name: str, erased: str
) -> None:
    """Replace a name in saved filters, however it is spelled in capitals there.

    Not where it is the end of somebody else's: `ann@x.com` in `joann@x.com`.
    """
    whole = re.compile(rf"(?<![\w.+%-]){re.escape(name)}(?![\w-]|\.\w)", re.IGNORECASE)
    table = table_of("saved_filters")
    is_its = table.c.organisation_id == organisation_id
    spelled = quote_plus(name).lower()
    found = await session.execute(
        select(table.c.number, table.c.query).where(
            is_its, func.lower(table.c.query).contains(spelled, autoescape=True)
        )
    )
    for number, query in found.all():
        pairs = [(field, whole.sub(erased, text)) for field, text in parse_qsl(query)]
        await session.execute(
            update(table)
            .where(is_its, table.c.number == number)
            .values(query=urlencode(sorted(pairs)))
        )
