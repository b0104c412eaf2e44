"""Importing inputs of the general ledger from files that were sent to the server."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.documents.reading.lines import CUT_OFF, CUT_OFF_WORDS, unzipped
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.commands import Imported, Wanted, import_kinds
from daybook.gl.grouping import grouped
from daybook.gl.kinds import Kind
from daybook.gl.xero.csv_sources import Source
from daybook.gl.xero.mapping import KindMapping
from daybook.settings import Settings
from daybook.storage.places import uploads_storage
from daybook.storage.rules import Storage
from daybook.temporary import temporary_folder
from daybook.uploads.commands import check_ready
from daybook.uploads.files import open_file
from daybook.uploads.leases import UploadLease, leased_upload
from daybook.uploads.queries import get_upload
from daybook.uploads.rules import UploadId, no_such_upload, upload_rejected

UPLOADS_MAX = 100
"""How many files an import takes at most."""
MAPPING_BYTES_MAX = 1_000_000
NAME_MAX = 255
PIECE_BYTES = 2**20
FIELD = "uploadIds"


class SentFile(NamedTuple):
    """An upload, and the name to read it by; None for the name that it came with."""

    upload_id: UploadId
    name: str | None = None


class Sent(NamedTuple):
    """Files that were sent for a connection, and who imports them.

    They are of one kind; without it, each page says itself what it has, or `mappings`
    tell the files apart by their names. What came in of their kinds after the
    `expected` audit record refuses them.
    """

    organisation_id: int
    connection: int
    files: Sequence[SentFile]
    kind: Kind | None = None
    mappings: Mapping[Kind, KindMapping] | None = None
    made_by: str | None = None
    expected: int | None = None


class Received(NamedTuple):
    """What an import brought of each kind, and the names of files that none takes."""

    kinds: Sequence[tuple[Kind, Imported]]
    left_out: Sequence[str]


async def import_uploads(
    database: Database,
    settings: Settings,
    sent: Sent,
    *,
    now: datetime,
    is_dry_run: bool = False,
) -> Received:
    """Import what is new in some uploads, all of it or nothing, and spend them.

    They may be gzipped. A dry run only reads them, and a refused import leaves them.
    Raises Rejected.
    """
    _check_files(sent.files)
    storage = uploads_storage(database, settings)
    bytes_max = settings.import_bytes_max
    held = _held(database, storage, sent.files, is_leased=not is_dry_run)
    with temporary_folder() as folder:
        async with held as leases:
            sources = []
            for index, file in enumerate(sent.files):
                path = Path(folder) / str(index)
                with _at(index):
                    name = file.name or await _name_of(database, file.upload_id)
                    copying = (storage, file.upload_id, path, bytes_max)
                    await asyncio.to_thread(_copy, *copying)
                sources.append(Source(_shown(name) or f"file {index + 1}", path))
            found = await asyncio.to_thread(grouped, sent.kind, sources, sent.mappings)
            wanted = [
                Wanted(
                    *(sent.organisation_id, sent.connection, *group),
                    made_by=sent.made_by,
                )
                for group in found.groups
            ]
            imported = await import_kinds(
                *(database, settings, wanted),
                now=now,
                is_dry_run=is_dry_run,
                expected=sent.expected,
            )
            for lease in leases:
                lease.spent_by = _spent_by(imported)
    kinds = [group.kind for group in found.groups]
    return Received([*zip(kinds, imported, strict=True)], found.left_out)


async def read_uploaded_text(
    database: Database, settings: Settings, upload_id: UploadId, field: str
) -> str:
    """The text of a small upload, which stays; raises Rejected, naming the field."""
    storage = uploads_storage(database, settings)
    with temporary_folder() as folder, _at(field):
        path = Path(folder) / "text"
        await _check_there(database, upload_id)
        copying = (storage, upload_id, path, MAPPING_BYTES_MAX)
        await asyncio.to_thread(_copy, *copying)
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            message = "the upload isn't text in UTF-8"
            raise upload_rejected(message, ProblemCode.UNREADABLE) from None


def _check_files(files: Sequence[SentFile]) -> None:
    if not files:
        problem = Problem(ProblemCode.MISSING, "name an upload", (FIELD,))
        raise Rejected([problem])
    if len(files) > UPLOADS_MAX:
        message = f"an import takes up to {UPLOADS_MAX} uploads, not {len(files)}"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message, (FIELD,))])
    seen = set()
    for index, file in enumerate(files):
        if file.upload_id in seen:
            message = "the upload is named twice"
            where = (FIELD, str(index))
            raise Rejected([Problem(ProblemCode.DUPLICATE, message, where)])
        seen.add(file.upload_id)


@asynccontextmanager
async def _held(
    database: Database, storage: Storage, files: Sequence[SentFile], *, is_leased: bool
) -> AsyncIterator[list[UploadLease]]:
    """Check that uploads are there; with leases, keep other imports from them."""
    leases = []
    async with AsyncExitStack() as stack:
        for index, file in enumerate(files):
            with _at(index):
                await _check_there(database, file.upload_id)
                if is_leased:
                    leasing = leased_upload(database.runtime, storage, file.upload_id)
                    leases.append(await stack.enter_async_context(leasing))
        yield leases


async def _check_there(database: Database, upload_id: UploadId) -> None:
    if not upload_id.can_be:
        raise no_such_upload()
    async with database.runtime.reads() as session:
        check_ready(await get_upload(session, upload_id), real_now())


async def _name_of(database: Database, upload_id: UploadId) -> str:
    async with database.runtime.reads() as session:
        upload = await get_upload(session, upload_id)
    return "" if upload is None else upload.file_name or ""


def _shown(name: str) -> str:
    """A name as logs and the audit trail keep it."""
    return "".join(filter(str.isprintable, name)).strip()[:NAME_MAX]


def _copy(storage: Storage, upload_id: UploadId, path: Path, bytes_max: int) -> None:
    """Copy an upload's content, unzipped; the engine reads files of this machine."""
    try:
        stream = open_file(storage, upload_id)
    except FileNotFoundError:
        raise upload_rejected("the upload's file is not here: send it again") from None
    size = 0
    with stream, path.open("wb") as target:
        try:
            content = unzipped(stream)
            while piece := content.read(PIECE_BYTES):
                size += len(piece)
                if size > bytes_max:
                    message = (
                        f"the upload is larger than {bytes_max:,} bytes, counted after"
                        " decompression"
                    )
                    raise upload_rejected(message, ProblemCode.TOO_LARGE)
                target.write(piece)
        except CUT_OFF:
            raise upload_rejected(CUT_OFF_WORDS, ProblemCode.UNREADABLE) from None


@contextmanager
def _at(place: int | str) -> Iterator[None]:
    """Say which upload a rejection is of: by its index, or by its field."""
    where = (FIELD, str(place)) if isinstance(place, int) else (place,)
    try:
        yield
    except Rejected as rejected:
        problems = [replace(problem, path=where) for problem in rejected.problems]
        raise Rejected(problems) from None


def _spent_by(imported: Sequence[Imported]) -> str:
    """`import 7 of the general ledger`, for messages about a spent upload."""
    numbers = [str(its.number) for its in imported if its.number is not None]
    if not numbers:
        return "an import of the general ledger that changed nothing"
    noun = "import" if len(numbers) == 1 else "imports"
    return f"{noun} {', '.join(numbers)} of the general ledger"
