"""Files that are evidence, as other programs write them, and attaching them."""

import struct
import zlib
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter
from sqlalchemy import select

from daybook.audit.rules import SubjectKind
from daybook.db.engine import Database
from daybook.evidence.auditing import check_files
from daybook.evidence.commands import (
    Attached,
    Keeping,
    SentFile,
    attach,
    remove_attachment,
)
from daybook.evidence.models import IncomingEvidence
from daybook.evidence.queries import ListedAttachment
from daybook.evidence.rules import EvidenceSubject
from daybook.reports.audit import verify
from daybook.storage.local import LocalStorage
from daybook_factories import ORGANISATION
from daybook_people import NOON

INVOICE = EvidenceSubject(SubjectKind.INVOICE, "inv_1")
GIBIBYTE = 2**30


def pdf(text: str = "signed") -> bytes:
    """A PDF of an empty page; the text is in a comment."""
    body = (
        f"%PDF-1.4\n% {text}\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        "2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    )
    start = len(body)
    table = (
        f"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R>>\nstartxref\n{start}"
    )
    return f"{body}{table}\n%%EOF\n".encode()


def png() -> bytes:
    """A picture of one grey pixel."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(name + content)
        size = struct.pack(">I", len(content))
        return size + name + content + struct.pack(">I", checksum)

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"IDAT", zlib.compress(b"\0\x80")),
            chunk(b"IEND", b""),
        )
    )


def jpeg() -> bytes:
    """The segments of a picture of one pixel; what decoders need isn't in them."""
    frame = bytes((8, 0, 1, 0, 1, 1, 1, 0x11, 0))
    scan = bytes((1, 1, 0, 0, 63, 0))
    return b"".join(
        (
            b"\xff\xd8",
            b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00",
            b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame,
            b"\xff\xda" + struct.pack(">H", len(scan) + 2) + scan,
            b"\x55\xaa\xff\xd9",
        )
    )


def xlsx() -> bytes:
    """A workbook with a number in it."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.add_worksheet("Accrual").write(0, 0, 600)
    return stream.getvalue()


def csv(delimiter: str = ",") -> bytes:
    """A table of two columns, with a quoted cell and a name that isn't ASCII."""
    rows = (("customer", "amount"), ('"Söhne, & Co"', "600.00"))
    return "\r\n".join(delimiter.join(row) for row in rows).encode()


def archive(members: Mapping[str, bytes], **options: Any) -> bytes:
    """A zip archive."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED, **options) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return stream.getvalue()


GOOD = {
    "contract.pdf": pdf(),
    "scan.PNG": png(),
    "photo.jpg": jpeg(),
    "photo.jpeg": jpeg() + b"notes of a camera",
    "accrual.xlsx": xlsx(),
    "list.csv": csv(),
    "list; semicolons.csv": csv(";"),
    "with a mark.csv": b"\xef\xbb\xbf" + csv(),
}
"""Files of every kind by their names."""


def keeping(folder: Path, bytes_max: int = GIBIBYTE) -> Keeping:
    """A folder of evidence."""
    return Keeping(LocalStorage(folder), bytes_max)


async def attached(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    where: Keeping | Path,
    content: bytes = b"",
    *,
    subject: EvidenceSubject = INVOICE,
    name: str = "contract.pdf",
    description: str | None = None,
    organisation_id: int = ORGANISATION,
    now: datetime = NOON,
    made_by: str = "test",
) -> Attached:
    """Attach a file, a PDF if nothing else is said."""
    sent = SentFile(BytesIO(content or pdf()), name, description)
    kept = keeping(where) if isinstance(where, Path) else where
    return await attach(
        *(database, kept, organisation_id, subject, sent), now=now, made_by=made_by
    )


async def removed(
    database: Database, number: int = 1, reason: str = "another contract", **who: Any
) -> ListedAttachment:
    """Remove an attachment."""
    given: dict[str, Any] = {"now": NOON, "made_by": "test", **who}
    return await remove_attachment(
        database, ORGANISATION, number, reason=reason, **given
    )


def files_in(folder: Path) -> list[Path]:
    """All files of a folder of evidence."""
    return sorted(file for file in folder.rglob("*") if file.is_file())


async def is_clean(database: Database, folder: Path) -> bool:
    """Whether the trail holds, each file is right, and nothing is on its way."""
    found = await verify(database, ORGANISATION)
    assert found.mismatch is None, str(found.mismatch)
    files, mismatch = await check_files(database, keeping(folder).storage, ORGANISATION)
    assert mismatch is None, str(mismatch)
    async with database.runtime.reads() as session:
        coming = (await session.scalars(select(IncomingEvidence))).all()
    return not coming and len(files_in(folder)) == files
