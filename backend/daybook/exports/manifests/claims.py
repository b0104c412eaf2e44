"""What a file claims to be: its record, or the manifest beside or inside it."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from daybook.calendar import parse_day
from daybook.db.engine import Database, ReadSession
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.checking import check_file
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import parse_format
from daybook.exports.manifests.manifest import MEMBER, SUFFIX, parts_of
from daybook.exports.manifests.manifest_form import read_manifest
from daybook.exports.manifests.parts_of_archives import entry_of, has_part, part_of
from daybook.exports.manifests.unpacking import member_of
from daybook.exports.queries import (
    ListedRecord,
    record_of_file,
    record_with_manifest,
    records_by_number,
    records_of_archives,
)
from daybook.exports.stored_spec import filter_of, options_of, record_spec
from daybook.exports.writing.archives import Named
from daybook.exports.writing.compression import compression_of
from daybook.exports.writing.planning import FilePlan
from daybook.ledger.pins import AuditHead, Pin
from daybook.ledger.queries import choose_ledger
from daybook.money import decimals_of
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook.reports.searching import can_be_stored

MANIFEST_BYTES_MAX = 2**26
"""A larger manifest is not ours."""
UNRECORDED = "its manifest (no record has it)"
_NUMBERED = re.compile(r"(?P<stem>.*)-(?P<number>[0-9]+)\.[a-z]+", re.DOTALL)


class Claim(NamedTuple):
    """What a file should be made of, and what it should come to.

    `name` says where that is from, and `near` is the manifest in or beside the file.
    `sha256` is the whole file's, if it is known; an archive's is in its record only.
    `part` is the name of the part that the file is, if it was taken out of an archive.
    """

    name: str
    spec: FileSpec
    filters: str | None
    renderer: int
    manifest: Mapping[str, Any] | None
    sha256: bytes | None
    near: str | None = None
    part: str | None = None

    @property
    def plan(self) -> FilePlan:
        """How the file was made."""
        parts = None if self.manifest is None else parts_of(self.manifest)
        if parts is None:
            return FilePlan()
        digits = len(_numbered(parts[0])["number"])
        return FilePlan(is_archive=True, parts_most=10**digits - 1)

    @property
    def named(self) -> Named:
        """What an archive says of itself."""
        parts = None if self.manifest is None else parts_of(self.manifest)
        stem = "" if parts is None else _numbered(parts[0])["stem"]
        return Named(stem, self.filters)


def _numbered(part: str) -> re.Match[str]:
    found = _NUMBERED.fullmatch(part)
    assert found is not None, "parts are numbered"
    return found


async def claim_of(
    database: Database,
    organisation_id: int,
    path: Path,
    digest: bytes,
    number: int | None,
) -> Claim:
    """What a file with this hash claims to be.

    By the record with that `number`; else the newest one of the file's hash, best with
    the manifest inside or beside the file; else that of the manifest; else by the
    manifest alone; else the newest one of an archive with such a part. Raises Rejected
    if there is none, or if it can't be read.
    """
    text = manifest_near(path) or _manifest_of_parts(path, digest)
    asked = _Asked(path.name, digest, number, text)
    claim = await _found(database, organisation_id, asked)
    claim = claim._replace(near=text)
    if claim.name == UNRECORDED:
        await check_file(database, claim.spec)  # nobody has checked it before
    if claim.manifest is None:
        return claim
    part = part_of(claim.manifest, path.name, digest)
    if part is None:
        return claim
    its_hash = bytes.fromhex(entry_of(claim.manifest, part)["sha256"])
    name = f"{part} of {claim.name}"
    return claim._replace(name=name, sha256=its_hash, part=part)


class _Asked(NamedTuple):
    """What is known of a file: its name and hash, a record's number, a manifest."""

    name: str
    digest: bytes
    number: int | None
    text: str | None


async def _found(database: Database, organisation_id: int, asked: _Asked) -> Claim:
    name, digest, number, text = asked
    async with database.reads() as session:
        if number is not None:
            found = await records_by_number(session, organisation_id, [number])
            if not found:
                raise _rejected(f"there is no export record {number}")
            return _of_record(found[0])
        listed = await record_of_file(session, organisation_id, digest, text)
        if listed is None and text is not None:
            listed = await record_with_manifest(session, organisation_id, text)
        if listed is not None:
            return _of_record(listed)
        if text is not None:
            return await _of_manifest(session, organisation_id, text)
        listed = await _record_with_part(session, organisation_id, name, digest)
        if listed is not None:
            return _of_record(listed)
    raise _rejected(
        f"no export record has its SHA-256 {digest.hex()}, and there is no manifest in"
        " it or beside it: it was changed, or made elsewhere; --record N compares it"
        " with a record's file"
    )


async def _record_with_part(
    session: ReadSession, organisation_id: int, name: str, digest: bytes
) -> ListedRecord | None:
    """The newest record of an archive with a part of this hash, or of this name."""
    texts = [digest.hex()]
    if can_be_stored(name):
        texts.append(json.dumps(name, ensure_ascii=False))
    for text in texts:
        for listed in await records_of_archives(session, organisation_id, text):
            if has_part(listed.record.manifest or "", name, digest):
                return listed
    return None


def manifest_near(path: Path) -> str | None:
    """The manifest inside an archive, or beside a file; None if there is none."""
    beside = path.with_name(f"{path.name}{SUFFIX}")
    if beside.is_file():
        with beside.open("rb") as stream:
            return stream.read(MANIFEST_BYTES_MAX).decode(errors="replace")
    return member_of(path, MEMBER, MANIFEST_BYTES_MAX)


def _manifest_of_parts(path: Path, digest: bytes) -> str | None:
    """The manifest beside a part, if all of its archive was unpacked into a folder."""
    manifest = path.with_name(MEMBER)
    if not manifest.is_file():
        return None
    with manifest.open("rb") as stream:
        text = stream.read(MANIFEST_BYTES_MAX).decode(errors="replace")
    return text if has_part(text, path.name, digest) else None


def _of_record(listed: ListedRecord) -> Claim:
    record = listed.record
    manifest = None if record.manifest is None else json.loads(record.manifest)
    try:
        spec = record_spec(record, listed.currency)
        if manifest is not None:
            # Rates of days to come are those of the day on which the file was made.
            pin = spec.pin._replace(today=parse_day(manifest["today"]))
            spec = replace(spec, pin=pin)
    except (LookupError, ValueError, TypeError) as unknown:
        raise _rejected(
            f"export record {record.number} is of another version of Daybook: {unknown}"
        ) from None
    return Claim(
        f"export record {record.number}",
        spec,
        record.filters,
        record.renderer,
        manifest,
        record.file_sha256,
    )


async def _of_manifest(session: ReadSession, organisation_id: int, text: str) -> Claim:
    """The claim of a manifest that no record has, as of a file without a record."""
    try:
        manifest = read_manifest(text)
        ledger = await choose_ledger(session, organisation_id, manifest["ledger"])
        spec = _spec_of(manifest, organisation_id, ledger.id)
        file = manifest.get("file")
        return Claim(
            UNRECORDED,
            spec,
            manifest["filters"],
            manifest["renderer"],
            manifest,
            None if file is None else bytes.fromhex(file["sha256"]),
        )
    except (LookupError, ValueError, TypeError, AttributeError) as unknown:
        raise _rejected(f"its manifest can't be read: {unknown}") from None


def _spec_of(
    manifest: Mapping[str, Any], organisation_id: int, ledger_id: int
) -> FileSpec:
    head, by = manifest["audit_head"], manifest["group_by"]
    pin = Pin(
        organisation_id=organisation_id,
        ledger_id=ledger_id,
        currency=manifest["ledger"],
        decimals=decimals_of(manifest["ledger"]),
        recording=manifest["recording"],
        today=parse_day(manifest["today"]),
        renamings=manifest["renamings"],
        audit_head=head and AuditHead(head["record"], bytes.fromhex(head["hash"])),
    )
    return FileSpec(
        pin,
        filter_of(json.dumps(manifest["selection"])),
        Granularity(manifest["granularity"]),
        None if by is None else tuple(map(Grouping, by)),
        parse_format(manifest["format"]),
        compression_of(manifest["compression"]),
        options_of(json.dumps(manifest["options"])),
    )


def _rejected(message: str) -> Rejected:
    return Rejected([Problem(ProblemCode.NOT_FOUND, message, ("verify",))])
