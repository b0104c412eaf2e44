"""Files that are made and recorded as `daybook export` does, and what they become."""

from hashlib import sha256
from pathlib import Path
from typing import Literal
from zipfile import ZIP_DEFLATED, ZipFile

from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.manifests.manifest import SUFFIX, WholeFile, manifest_text
from daybook.exports.manifests.origins import made_of
from daybook.exports.records import MadeFile, record_file
from daybook.exports.writing.archives import Named
from daybook.exports.writing.making import render_planned
from daybook.exports.writing.planning import plan_file
from daybook.exports.writing.tallies import Tally
from daybook_people import NOON


async def made(
    ledger: Database, path: Path, its: FileSpec, *, is_recorded: bool = True
) -> str:
    """Make a file and its record, as `daybook export` does; its manifest."""
    plan, tally = await plan_file(ledger, its), Tally()
    named = Named(path.stem, "")
    pieces = render_planned(ledger, its, plan, named, tally)
    content = b"".join([piece async for piece in pieces])
    put(path, content)
    whole = WholeFile(path.name, len(content), sha256(content).digest())
    of = await made_of(ledger, its, "")
    manifest = manifest_text(of, tally, None if plan.is_archive else whole)
    if is_recorded:
        file = MadeFile(its, *whole, tally.totals, "", manifest)
        await record_file(ledger, file, now=NOON, made_by="a test")
    return manifest


def put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def beside(path: Path, manifest: str) -> None:
    """Write a manifest beside a file."""
    path.with_name(f"{path.name}{SUFFIX}").write_text(manifest)


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def packed(
    path: Path, members: dict[str, bytes], level: int, mode: Literal["w", "a"] = "w"
) -> None:
    """Write an archive, or more into it, as another program would."""
    with ZipFile(path, mode, ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
