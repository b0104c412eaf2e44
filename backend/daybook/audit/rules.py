"""Audit records, their hashes, and how a chain of them is checked. Pure.

Each record holds the hash of the record before it (domain rule 10), and the
organisation's row holds the hash of the last record. Changing, dropping or adding a
record breaks the chain, unless every later record and the organisation's row are
rewritten too.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from daybook.numbers import counted

FORMAT_VERSION = 2
"""Part of every hash; it goes up when what is hashed changes."""
EARLIER_VERSION = 1
"""The format of records without a digest of rows: they hash persons' names as text."""

FIRST_LINK = bytes(32)
"""What the first record holds as its previous hash."""

ERASED = "erased person "
"""Prefix of an erased name; the name's hash follows in hexadecimal digits."""

NameHash: TypeAlias = Callable[[str | None], str | None]
"""Returns the hash that replaces a person's name."""

Details: TypeAlias = Mapping[str, object]
"""JSON values without floats: amounts are text or minor units."""


class Action(StrEnum):
    """What was done; its name is stored. Actions are only ever added."""

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
    RENAME_ORGANISATION = "RENAME_ORGANISATION"
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
    REFRESH_RATES = "REFRESH_RATES"
    UPDATE_INTEGRATION = "UPDATE_INTEGRATION"
    MAP_ACCOUNTS = "MAP_ACCOUNTS"
    IMPORT_CHART = "IMPORT_CHART"
    POST_EXPORT = "POST_EXPORT"
    UNDO_EXPORT_POSTING = "UNDO_EXPORT_POSTING"
    ATTACH_EVIDENCE = "ATTACH_EVIDENCE"
    REMOVE_EVIDENCE = "REMOVE_EVIDENCE"
    IMPORT_MANUAL_JOURNALS = "IMPORT_MANUAL_JOURNALS"
    SAVE_MANUAL_JOURNAL = "SAVE_MANUAL_JOURNAL"
    SUBMIT_MANUAL_JOURNAL = "SUBMIT_MANUAL_JOURNAL"
    WITHDRAW_MANUAL_JOURNAL = "WITHDRAW_MANUAL_JOURNAL"
    APPROVE_MANUAL_JOURNAL = "APPROVE_MANUAL_JOURNAL"
    REJECT_MANUAL_JOURNAL = "REJECT_MANUAL_JOURNAL"
    POST_MANUAL_JOURNAL = "POST_MANUAL_JOURNAL"
    DISCARD_MANUAL_JOURNAL = "DISCARD_MANUAL_JOURNAL"
    REVERSE_MANUAL_JOURNAL = "REVERSE_MANUAL_JOURNAL"
    SAVE_RECURRENCE = "SAVE_RECURRENCE"
    SUBMIT_RECURRENCE = "SUBMIT_RECURRENCE"
    WITHDRAW_RECURRENCE = "WITHDRAW_RECURRENCE"
    APPROVE_RECURRENCE = "APPROVE_RECURRENCE"
    REJECT_RECURRENCE = "REJECT_RECURRENCE"
    ACTIVATE_RECURRENCE = "ACTIVATE_RECURRENCE"
    END_RECURRENCE = "END_RECURRENCE"
    SET_FOUR_EYES = "SET_FOUR_EYES"
    REQUEST_CHANGE = "REQUEST_CHANGE"
    APPROVE_CHANGE = "APPROVE_CHANGE"
    REJECT_CHANGE = "REJECT_CHANGE"
    WITHDRAW_CHANGE = "WITHDRAW_CHANGE"
    ENTER_BALANCES = "ENTER_BALANCES"
    CREATE_WEBHOOK = "CREATE_WEBHOOK"
    UPDATE_WEBHOOK = "UPDATE_WEBHOOK"
    DELETE_WEBHOOK = "DELETE_WEBHOOK"
    ROTATE_WEBHOOK_SECRET = "ROTATE_WEBHOOK_SECRET"
    DISABLE_WEBHOOK = "DISABLE_WEBHOOK"
    SAVE_FILTER = "SAVE_FILTER"
    RENAME_FILTER = "RENAME_FILTER"
    DELETE_FILTER = "DELETE_FILTER"
    DISMISS_IMPORT = "DISMISS_IMPORT"
    ADD_CONNECTION = "ADD_CONNECTION"
    UPDATE_CONNECTION = "UPDATE_CONNECTION"
    REMOVE_CONNECTION = "REMOVE_CONNECTION"
    CONNECT_CONNECTION = "CONNECT_CONNECTION"
    DISCONNECT_CONNECTION = "DISCONNECT_CONNECTION"
    UPDATE_DATASET = "UPDATE_DATASET"
    SET_MANUAL_RATE = "SET_MANUAL_RATE"
    IMPORT_GL = "IMPORT_GL"
    REFRESH_GL = "REFRESH_GL"


class SubjectKind(StrEnum):
    """The kind of thing an action was done to; documents have one for each kind."""

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
    INTEGRATION = "INTEGRATION"
    MANUAL_JOURNAL = "MANUAL_JOURNAL"
    CHANGE_REQUEST = "CHANGE_REQUEST"
    RECURRENCE = "RECURRENCE"
    WEBHOOK = "WEBHOOK"
    SAVED_FILTER = "SAVED_FILTER"
    IMPORT = "IMPORT"
    """A run of the activity log that took documents, or failed to."""
    CONNECTION = "CONNECTION"
    GL_IMPORT = "GL_IMPORT"
    GL_SEGMENT = "GL_SEGMENT"


class Subject(NamedTuple):
    """What a record is about, by its natural id (for a ledger, its currency)."""

    kind: SubjectKind
    id: str


class Record(NamedTuple):
    """A record as it is stored; a tampered database may hold values of other types."""

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


class Mismatch(NamedTuple):
    """The first mismatch that was found, in words, and the audit record it concerns.

    The number is None where no single record is concerned.
    """

    number: int | None
    reason: str

    def __str__(self) -> str:
        """The mismatch as one sentence."""
        if self.number is None:
            return self.reason
        return f"audit record {self.number} {self.reason}"


class Anchor(NamedTuple):
    """A record's hash that was kept elsewhere, with the record's number if known."""

    hash: bytes
    number: int | None = None


class Verification(NamedTuple):
    """How many records verified, the first mismatch, and the anchor's record."""

    records: int
    mismatch: Mismatch | None = None
    anchored_at: int | None = None


class Chain:
    """A check of a chain, record by record."""

    def __init__(self, hash_of_name: NameHash) -> None:
        self.records = 0
        self.hash = FIRST_LINK
        self._hash_of = hash_of_name
        self._has_digests = False

    def _is_earlier_erased(self, record: Record) -> bool:
        """Whether the record's hash used a name that has been erased since.

        Such a record is covered by the digest of all earlier records instead.
        """
        names = (record.made_by, record.subject_id)
        return record.digest is None and any(map(is_erased, names))

    def add(self, record: Record) -> Mismatch | None:
        """Check the next record; None if it matches."""
        expected = self.records + 1
        if record.number != expected:
            return Mismatch(
                expected, f"is missing: record {record.number} is in its place"
            )
        if record.digest is None and self._has_digests:
            return Mismatch(expected, "has no digest of the rows that were written")
        if record.previous_hash != self.hash:
            return Mismatch(
                expected,
                "does not hold the hash of the record before it: one of the two was"
                " changed",
            )
        if (
            not self._is_earlier_erased(record)
            and hash_of(record, self._hash_of) != record.hash
        ):
            return Mismatch(expected, "was changed: its hash doesn't match")
        self.records, self.hash = record.number, record.hash
        self._has_digests = record.digest is not None
        return None

    def end(self, records: int, last_hash: bytes | None) -> Mismatch | None:
        """Check the chain's end against the organisation's row; None if it matches."""
        if self.records < records:
            return Mismatch(
                self.records + 1,
                f"is missing: there should be {counted(records, 'record')}",
            )
        if self.records > records:
            return Mismatch(
                records + 1,
                f"is one too many: there should be {counted(records, 'record')}",
            )
        if self.records and self.hash != last_hash:
            return Mismatch(records, "is not the record that was written last")
        return None


def details_text(details: Details) -> str:
    """Details as canonical JSON: equal details are equal text."""
    return json.dumps(details, sort_keys=True, separators=(",", ":"), allow_nan=False)


def is_erased(name: str | None) -> bool:
    """Whether a name was replaced by its hash."""
    return isinstance(name, str) and name.startswith(ERASED)


def hash_of(record: Record, hash_of_name: NameHash) -> bytes:
    """The hash of everything in a record except its own hash.

    In a record with a digest of rows, `hash_of_name` replaces persons' names.
    """
    *content, digest = record._replace(hash=b"")
    content.pop()
    if digest is None:
        content.insert(0, EARLIER_VERSION)
    else:
        is_user = record.subject_kind == SubjectKind.USER.value
        subject_id = hash_of_name(record.subject_id) if is_user else record.subject_id
        named = record._replace(
            made_by=hash_of_name(record.made_by), subject_id=str(subject_id)
        )
        content = [FORMAT_VERSION, *named[:-2], digest]
    # A value of a type that is never stored gets a hash of its own by `repr`.
    text = json.dumps(content, separators=(",", ":"), default=repr)
    return sha256(text.encode()).digest()


def hash_of_digests(rows: Iterable[StoredDigest]) -> bytes:
    """The hash of all digests of rows that a record covers, in their order."""
    content = [[*row[:5], row.digest.hex(), row.marks.hex()] for row in rows]
    return sha256(json.dumps(content, separators=(",", ":")).encode()).digest()
