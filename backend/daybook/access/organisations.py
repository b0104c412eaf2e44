"""Adding and renaming organisations."""

from datetime import datetime

from daybook.access.changing import AccessChange, access_change
from daybook.access.rules import checked_name
from daybook.audit.expecting import Setting, check_unchanged
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.db.engine import Database, lock_table
from daybook.db.keyset import next_number
from daybook.ledger.commands import lock_organisation
from daybook.ledger.models import Organisation

_ITSELF = Subject(SubjectKind.ORGANISATION, "")


async def add_organisation(
    database: Database, name: str, *, now: datetime, made_by: str
) -> int:
    """Add an organisation without users and ledgers; return its id."""
    name = checked_name(name)
    async with database.writes() as session:
        await lock_table(session, Organisation)
        number = await next_number(session, Organisation.id)
        organisation = Organisation(id=number, name=name, time_zone="UTC")
        session.add(organisation)
        await session.flush()
        organisation = await lock_organisation(session, organisation.id)
        change = AccessChange(session, organisation, now, made_by)
        await change.record(Action.ADD_ORGANISATION, _ITSELF, {"name": name})
        return organisation.id


async def rename_organisation(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    name: str,
    *,
    expected: int | None = None,
    now: datetime,
    made_by: str,
) -> str | None:
    """Rename an organisation; return its former name, None if it is the same.

    With an expected audit record, a name that was changed after it is refused.

    Other organisations may have the name: to refuse it would tell that they exist.
    """
    name = checked_name(name)
    async with access_change(database, organisation_id, now, made_by) as change:
        before = change.organisation.name
        if before == name:
            return None
        await check_unchanged(
            change.session,
            change.organisation,
            expected=expected,
            subject=_ITSELF,
            actions={Action.RENAME_ORGANISATION},
            settings=[Setting("name", "the organisation's name", before)],
        )
        change.organisation.name = name
        details = {"before": before, "after": name}
        await change.record(Action.RENAME_ORGANISATION, _ITSELF, details)
        return before
