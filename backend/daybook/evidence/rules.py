"""Evidence: its limits, its subjects, and the names of its files. Pure."""

import re
import secrets
import unicodedata
from datetime import timedelta
from typing import NamedTuple

from daybook.adjustments.rules import label
from daybook.audit.rules import SubjectKind
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.storage.rules import StoredName

FILE_BYTES_MAX = 20 * 2**20
"""The most bytes of a file."""
NAME_MAX = 150
"""The longest name of a file, in characters, with its suffix."""
NAME_BYTES_MAX = 200
"""The same in UTF-8: file systems allow 255 bytes, and browsers add some."""
DESCRIPTION_MAX = 500
"""The longest description, in characters."""
ABANDONED_AFTER = timedelta(hours=1)
"""After this time, a file that no row names was left by a process that died."""

_RESERVED = re.compile(r'[<>:"|?*]')
"""Characters that no name has on Windows; slashes separate folders."""
_SPACES = re.compile(r"\s+")
_LOCK = re.compile(r"([A-Z]{3})/([1-9][0-9]{0,17})", re.ASCII)


class EvidenceSubject(NamedTuple):
    """What a file is evidence of.

    `id` is a document's own id, or a manual journal's label: `MJ-7`. A change of a lock
    has the kind `LEDGER`, and the ledger's currency and the recording: `USD/14`.
    """

    kind: SubjectKind
    id: str


def new_name(organisation_id: int) -> StoredName:
    """A key that no other file has."""
    return StoredName(organisation_id, f"evd_{secrets.token_hex(16)}")


def lock_subject(currency: str, recording: int) -> EvidenceSubject:
    """The change of a ledger's lock that a recording made."""
    return EvidenceSubject(SubjectKind.LEDGER, f"{currency}/{recording}")


def lock_of(subject_id: str) -> tuple[str, int] | None:
    """The currency and the recording of a change of a lock; None for other text."""
    found = _LOCK.fullmatch(subject_id)
    return None if found is None else (found[1], int(found[2]))


def manual_journal_subject(number: int) -> EvidenceSubject:
    """A manual journal, by its number."""
    return EvidenceSubject(SubjectKind.MANUAL_JOURNAL, label(number))


def file_name(text: str) -> str:
    """The name under which a file is kept, shown and downloaded; raises Rejected.

    Folders are left out, and so are control characters and marks that change the
    direction of text, by which `exe.pdf` would be read for `fdp.exe`.
    """
    name = unicodedata.normalize("NFC", text.encode(errors="ignore").decode())
    name = re.split(r"[/\\]", name)[-1]
    name = _SPACES.sub(" ", name)
    name = "".join(char for char in name if char.isprintable())
    name = _RESERVED.sub("_", name).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if not stem.strip():
        message = "a file needs a name with a suffix, such as contract.pdf"
        raise evidence_refused(message, "name")
    return f"{_shortened(stem, len(suffix) + 1)}{dot}{suffix}"


def _shortened(stem: str, beside: int) -> str:
    """The beginning of a name that is short enough, in characters and in bytes."""
    stem = stem[: max(NAME_MAX - beside, 1)]
    while len(stem) > 1 and len(stem.encode()) > NAME_BYTES_MAX - beside:
        stem = stem[:-1]
    return stem.rstrip(" .") or "_"


def suffix_of(name: str) -> str:
    """A name's suffix in lower case: `.pdf`."""
    return f".{name.rpartition('.')[2].lower()}"


def evidence_refused(
    message: str, field: str, code: ProblemCode = ProblemCode.INVALID_VALUE
) -> Rejected:
    """A rejection with one problem of a field."""
    return Rejected([Problem(code, message, (field,))])
