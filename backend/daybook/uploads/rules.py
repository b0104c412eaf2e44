"""Uploads: their ids, states, lifetimes and quota. Pure."""

import re
from datetime import timedelta
from enum import IntEnum
from typing import NamedTuple

from daybook.errors import Problem, ProblemCode, Rejected


class UploadStatus(IntEnum):
    """The state of an upload; the number is stored."""

    RECEIVING = 1
    READY = 2
    SPENT = 3


class Work(IntEnum):
    """What is done with an upload, the larger instead of the smaller; it is stored."""

    LOOK = 1
    TAKE = 2


class Stage(IntEnum):
    """What a run is doing with its file; the number is stored."""

    READING = 1
    """It counts lines."""
    CHECKING = 2
    """It counts documents, which a run that takes them records."""


LIFE = timedelta(hours=24)
"""How long an upload waits to be imported, and is remembered after its import."""
RECEIVING_LIFE = timedelta(hours=1)
"""How long receiving an upload may take."""
LEASE = timedelta(seconds=60)
"""How long a silent import keeps its upload from others."""
BEAT = timedelta(seconds=20)
"""How often an import extends its lease."""

SILENT = timedelta(seconds=30)
"""After how long a silent run counts as lost."""

_KEY = re.compile(r"upl_[A-Za-z0-9_-]{24}", re.ASCII)


class UploadId(NamedTuple):
    """An upload, by its key in its organisation."""

    organisation_id: int
    key: str

    @property
    def can_be(self) -> bool:
        """Whether an upload may have this key; PostgreSQL fails on one with a NUL."""
        return _KEY.fullmatch(self.key) is not None


class Quota(NamedTuple):
    """How many uploads, and bytes of them, an organisation may have at a time."""

    uploads_max: int
    bytes_max: int


class QuotaReached(Exception):
    """An organisation's quota of uploads is used up; the message says what to do."""


def upload_rejected(
    message: str, code: ProblemCode = ProblemCode.NOT_FOUND
) -> Rejected:
    """A rejection of an upload that can't be imported."""
    return Rejected([Problem(code, message, ("uploadId",))])


def no_such_upload() -> Rejected:
    """The rejection of a key that no upload has."""
    return upload_rejected("there is no such upload: an id is what the upload answered")
