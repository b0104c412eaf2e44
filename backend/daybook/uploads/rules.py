"""What an upload is, and what there may be of them. Pure."""

import re
from datetime import timedelta
from enum import IntEnum
from typing import NamedTuple

from daybook.errors import Problem, ProblemCode, Rejected


class UploadStatus(IntEnum):
    """Where an upload stands; the number is what is stored."""

    RECEIVING = 1
    READY = 2
    SPENT = 3


LIFE = timedelta(hours=24)
"""How long an upload waits to be imported, and is remembered after that."""
RECEIVING_LIFE = timedelta(hours=1)
"""How long an upload may take to come."""
LEASE = timedelta(seconds=60)
"""How long an import that says nothing keeps an upload from others."""
BEAT = timedelta(seconds=20)
"""How often an import says that it still reads its upload."""

_KEY = re.compile(r"upl_[A-Za-z0-9_-]{24}", re.ASCII)


class UploadId(NamedTuple):
    """An upload, by its key in its organisation."""

    organisation_id: int
    key: str

    @property
    def can_be(self) -> bool:
        """Whether an upload may have it: PostgreSQL isn't even asked for a NUL."""
        return _KEY.fullmatch(self.key) is not None


class Quota(NamedTuple):
    """How much an organisation may have on the way or waiting."""

    uploads_max: int
    bytes_max: int


class QuotaReached(Exception):
    """An organisation has as many uploads as it may; the message says what to do."""


def not_found(message: str, code: ProblemCode = ProblemCode.NOT_FOUND) -> Rejected:
    """That an upload can't be imported."""
    return Rejected([Problem(code, message, ("uploadId",))])
