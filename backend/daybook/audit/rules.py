"""What an audit record is, its hash, and how a chain of them is checked. Pure.

Each record holds the hash of the one before (domain rule 10), and the organisation
holds the last one's: whoever changes, drops or adds a record breaks the chain, unless
they write all that follow anew, and the organisation's row too.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple, TypeAlias

FORMAT_VERSION = 1
"""Part of every hash; a change of what is hashed changes it."""

FIRST_LINK = bytes(32)
"""What the first record holds in place of a hash before it."""

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


class Misfit(NamedTuple):
    """The first record that doesn't fit into its chain, and why."""

    number: int
    reason: str


class Verification(NamedTuple):
    """How many records were found right, and the first that is not."""

    records: int
    misfit: Misfit | None = None


class Chain:
    """A chain as far as it has been checked, record by record."""

    def __init__(self) -> None:
        self.records = 0
        self.hash = FIRST_LINK

    def add(self, one: Record) -> Misfit | None:
        """Check the next record; None if it fits."""
        expected = self.records + 1
        if one.number != expected:
            return Misfit(expected, f"is missing: record {one.number} comes in place")
        if one.previous_hash != self.hash:
            return Misfit(
                expected,
                "does not hold the hash of the record before it: one of the two was"
                " changed",
            )
        if hash_of(one) != one.hash:
            return Misfit(expected, "was changed: its hash is another's")
        self.records, self.hash = one.number, one.hash
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


def hash_of(one: Record) -> bytes:
    """The hash of all that a record holds, but for the hash itself."""
    content = [FORMAT_VERSION, *one._replace(hash=b"")[:-1]]
    # A value of another type than it was stored with is told apart by its spelling.
    text = json.dumps(content, separators=(",", ":"), default=repr)
    return sha256(text.encode()).digest()
