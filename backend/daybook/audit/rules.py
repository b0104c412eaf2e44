"""What an audit record is, its hash, and how a chain of them is checked. Pure.

Each record holds the hash of the one before (domain rule 10), and the organisation
holds the last one's: whoever changes, drops or adds a record breaks the chain, unless
they write all that follow anew, and the organisation's row too.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple, TypeAlias

FORMAT_VERSION = 2
"""Part of every hash; a change of what is hashed changes it."""
EARLIER_VERSION = 1
"""Of records without a digest of rows: the names of persons are hashed as they are."""

FIRST_LINK = bytes(32)
"""What the first record holds in place of a hash before it."""

ERASED = "erased person "
"""A name that was erased: behind it comes its hash, in hexadecimal digits."""

NameHash: TypeAlias = Callable[[str | None], str | None]
"""Gives what stands for a person's name."""

Details: TypeAlias = Mapping[str, object]
"""Values that JSON has, and no floats: amounts are text or minor units."""


class Action(StrEnum):
    """What was done; the name is what is stored. Actions are only ever added."""

    IMPORT = "IMPORT"
    VOID_DOCUMENT = "VOID_DOCUMENT"
    COMPLETE_MILESTONE = "COMPLETE_MILESTONE"
    PUT_FAMILIES_RIGHT = "PUT_FAMILIES_RIGHT"
    SET_LOCK = "SET_LOCK"
    UPDATE_SETTINGS = "UPDATE_SETTINGS"
    SET_PRODUCT_METHOD = "SET_PRODUCT_METHOD"
    RENAME_ACCOUNT = "RENAME_ACCOUNT"
    SET_TIME_ZONE = "SET_TIME_ZONE"
    ADD_ORGANISATION = "ADD_ORGANISATION"
    INVITE_USER = "INVITE_USER"
    MAKE_SIGN_IN_LINK = "MAKE_SIGN_IN_LINK"
    ACCEPT_INVITATION = "ACCEPT_INVITATION"
    DECLINE_INVITATION = "DECLINE_INVITATION"
    VERIFY_ADDRESS = "VERIFY_ADDRESS"
    SET_ROLE = "SET_ROLE"
    REMOVE_USER = "REMOVE_USER"
    SET_PASSWORD = "SET_PASSWORD"
    FORGET_PASSWORD = "FORGET_PASSWORD"
    CREATE_API_KEY = "CREATE_API_KEY"
    REVOKE_API_KEY = "REVOKE_API_KEY"
    ACCEPT_CLOCK = "ACCEPT_CLOCK"
    BEGIN_DIGESTS = "BEGIN_DIGESTS"
    ERASE_PERSON = "ERASE_PERSON"
    EXPORT = "EXPORT"


class SubjectKind(StrEnum):
    """What something was done to; documents are named by their kind."""

    ORGANISATION = "ORGANISATION"
    LEDGER = "LEDGER"
    LEDGER_ACCOUNT = "LEDGER_ACCOUNT"
    PRODUCT = "PRODUCT"
    INVOICE = "INVOICE"
    BILLING_SCHEDULE = "BILLING_SCHEDULE"
    CREDIT_NOTE = "CREDIT_NOTE"
    STANDALONE = "STANDALONE"
    USER = "USER"
    API_KEY = "API_KEY"
    EXPORT = "EXPORT"


class Subject(NamedTuple):
    """What a record is about, by its natural id: a ledger's is its currency."""

    kind: SubjectKind
    id: str


class Record(NamedTuple):
    """A record as it is stored; what a database gives back may be anything."""

    organisation_id: int
    number: int
    recorded_at: str
    made_by: str | None
    action: str
    subject_kind: str
    subject_id: str
    details: str
    previous_hash: bytes
    hash: bytes
    digest: bytes | None = None


class StoredDigest(NamedTuple):
    """A digest of rows as it is stored (`daybook.audit.models.RowDigests`)."""

    ledger_id: int
    form: int
    first_key: int
    last_key: int
    row_count: int
    digest: bytes
    marks: bytes


class Misfit(NamedTuple):
    """The first thing that doesn't fit, in words, and the audit record it belongs to.

    The number is None where it is not known.
    """

    number: int | None
    reason: str

    def __str__(self) -> str:
        """One sentence."""
        if self.number is None:
            return self.reason
        return f"audit record {self.number} {self.reason}"


class Verification(NamedTuple):
    """How many records were found right, and the first thing that does not fit."""

    records: int
    misfit: Misfit | None = None


class Chain:
    """A chain as far as it has been checked, record by record."""

    def __init__(self, hash_of_name: NameHash) -> None:
        self.records = 0
        self.hash = FIRST_LINK
        self._hash_of = hash_of_name
        self._has_digests = False

    def _is_earlier_erased(self, one: Record) -> bool:
        """Whether a name is gone that the record's hash was made of.

        The digest of all earlier records covers it.
        """
        names = (one.made_by, one.subject_id)
        return one.digest is None and any(map(is_erased, names))

    def add(self, one: Record) -> Misfit | None:
        """Check the next record; None if it fits."""
        expected = self.records + 1
        if one.number != expected:
            return Misfit(expected, f"is missing: record {one.number} comes in place")
        if one.digest is None and self._has_digests:
            return Misfit(expected, "says nothing of the rows that were written")
        if one.previous_hash != self.hash:
            return Misfit(
                expected,
                "does not hold the hash of the record before it: one of the two was"
                " changed",
            )
        if not self._is_earlier_erased(one) and hash_of(one, self._hash_of) != one.hash:
            return Misfit(expected, "was changed: its hash is another's")
        self.records, self.hash = one.number, one.hash
        self._has_digests = one.digest is not None
        return None

    def end(self, records: int, last_hash: bytes | None) -> Misfit | None:
        """Check that the chain ends where the organisation says; None if it does."""
        if self.records < records:
            return Misfit(self.records + 1, f"is missing: there were {records} records")
        if self.records > records:
            return Misfit(records + 1, f"is one too many: there were {records} records")
        if self.records and self.hash != last_hash:
            return Misfit(records, "is not the record that was written last")
        return None


def details_text(details: Details) -> str:
    """Details as canonical JSON: equal details are equal text."""
    return json.dumps(details, sort_keys=True, separators=(",", ":"), allow_nan=False)


def is_erased(name: str | None) -> bool:
    """Whether a name gave way to the hash that stands for it."""
    return isinstance(name, str) and name.startswith(ERASED)


def hash_of(one: Record, hash_of_name: NameHash) -> bytes:
    """The hash of all that a record holds, but for the hash itself.

    With a digest of rows, `hash_of_name` gives what stands for the names of persons.
    """
    *content, digest = one._replace(hash=b"")
    content.pop()
    if digest is None:
        content.insert(0, EARLIER_VERSION)
    else:
        is_user = one.subject_kind == SubjectKind.USER.value
        subject_id = hash_of_name(one.subject_id) if is_user else one.subject_id
        named = one._replace(
            made_by=hash_of_name(one.made_by), subject_id=str(subject_id)
        )
        content = [FORMAT_VERSION, *named[:-2], digest]
    # A value of another type than it was stored with is told apart by its spelling.
    text = json.dumps(content, separators=(",", ":"), default=repr)
    return sha256(text.encode()).digest()


def hash_of_digests(rows: Iterable[StoredDigest]) -> bytes:
    """The hash of all digests of rows that a record covers, in their order."""
    content = [[*one[:5], one.digest.hex(), one.marks.hex()] for one in rows]
    return sha256(json.dumps(content, separators=(",", ":")).encode()).digest()
