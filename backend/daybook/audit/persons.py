"""Names of persons in the audit trail: salted hashes stand for them in what is hashed.

Each name has a salt of its own. Without the salt nobody can tell what name a hash is
of, so that a person can be erased: their name gives way to the hash, the salt goes, and
every digest and the whole chain still hold.
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
    """What stands for a name, in hexadecimal digits."""
    return hmac.digest(salt, name.encode(), "sha256")[:HASH_BYTES].hex()


@dataclass(frozen=True, slots=True)
class Persons:
    """An organisation's salts, by name, and the persons whose name was erased.

    Those are named by audit records: whoever only writes a hash in the place of a name
    has erased nobody.
    """

    salts: Mapping[str, bytes]
    erased: frozenset[str] = frozenset()

    def hash(self, name: object) -> str | None:
        """What stands for a name; the name of an erased person says it itself."""
        if not isinstance(name, str):
            return None if name is None else repr(name)
        if name in self.erased:
            return name.removeprefix(ERASED)
        salt = self.salts.get(name)
        if salt is None or len(salt) != SALT_BYTES or is_erased(name):
            return f"unknown: {name}"
        return hash_of_name(salt, name)


async def load_persons(session: AsyncSession, organisation_id: int) -> Persons:
    """All of an organisation's salts, and who was erased."""
    erased = await session.scalars(
        select(AuditRecord.subject_id).where(
            AuditRecord.organisation_id == organisation_id,
            # An index leads to them: this is read each time that a record is written.
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
    """The organisation's persons; those without a salt get one.

    The organisation is locked. Who is named by a hash is being erased.
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
