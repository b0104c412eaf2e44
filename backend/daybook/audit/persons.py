"""Persons' names in the audit trail: digests and hashes use salted hashes of them.

Each name has its own salt. Without the salt a hash can't be traced to its name, so a
person can be erased: the hash replaces their name, the salt is deleted, and every
digest and the whole chain still verify.
"""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.models import AuditRecord, Person
from daybook.audit.rules import ERASED, Action, SubjectKind, is_erased
from daybook.db.engine import WriteSession

SALT_BYTES = 16
HASH_BYTES = 16


def hash_of_name(salt: bytes, name: str) -> str:
    """The hash that replaces a name, in hexadecimal digits."""
    return hmac.digest(salt, name.encode(), "sha256")[:HASH_BYTES].hex()


@dataclass(frozen=True, slots=True)
class Persons:
    """An organisation's salts by name, and its erased persons.

    Only an audit record makes a person erased: writing a hash over a name by hand does
    not.
    """

    salts: Mapping[str, bytes]
    erased: frozenset[str] = frozenset()

    def hash(self, name: object) -> str | None:
        """The hash of a name; an erased person's name contains it."""
        if not isinstance(name, str):
            return None if name is None else repr(name)
        if name in self.erased:
            return name.removeprefix(ERASED)
        salt = self.salts.get(name)
        if salt is None or len(salt) != SALT_BYTES or is_erased(name):
            return f"unknown: {name}"
        return hash_of_name(salt, name)


async def load_persons(session: AsyncSession, organisation_id: int) -> Persons:
    """All of an organisation's salts and erased persons."""
    erased = await session.scalars(
        select(AuditRecord.subject_id).where(
            AuditRecord.organisation_id == organisation_id,
            # These conditions use an index: every written record reads this.
            AuditRecord.subject_kind == SubjectKind.USER.value,
            AuditRecord.subject_id > ERASED,
            AuditRecord.subject_id < f"{ERASED}g",
            AuditRecord.action == Action.ERASE_PERSON.value,
        )
    )
    rows = await session.execute(
        select(Person.name, Person.salt).where(
            Person.organisation_id == organisation_id
        )
    )
    return Persons(dict(rows.all()), frozenset(erased))


async def know_persons(
    session: WriteSession, organisation_id: int, names: Iterable[str | None]
) -> Persons:
    """The organisation's persons; each of `names` that has no salt gets one.

    The caller has locked the organisation. A name that is a hash belongs to a person
    who is being erased.
    """
    names = set(names)
    persons = await load_persons(session, organisation_id)
    unknown = {
        name
        for name in names
        if name is not None and name not in persons.salts and not is_erased(name)
    }
    new = {name: secrets.token_bytes(SALT_BYTES) for name in sorted(unknown)}
    session.add_all(
        Person(organisation_id=organisation_id, name=name, salt=salt)
        for name, salt in new.items()
    )
    erased = {name for name in names if name is not None and is_erased(name)}
    return Persons({**persons.salts, **new}, persons.erased | erased)
