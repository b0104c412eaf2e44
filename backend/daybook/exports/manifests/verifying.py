"""Whether a file is what its record says, and whether the ledger still makes it.

It is rendered again beside the file; nothing is written.
"""

import asyncio
import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from daybook.db.engine import Database
from daybook.exports.formats.contract import FileFacts
from daybook.exports.manifests.claims import Claim, claim_of
from daybook.exports.manifests.comparing import (
    Compared,
    compare,
    compare_part,
    hash_of,
)
from daybook.exports.manifests.manifest import MEMBER, manifest_text
from daybook.exports.manifests.origins import made_of
from daybook.exports.manifests.parts_of_archives import entry_of
from daybook.exports.manifests.unpacking import (
    Damaged,
    has_more_than_members,
    members_of,
)
from daybook.exports.rules import NOTHING, Totals
from daybook.exports.writing.making import render_planned
from daybook.exports.writing.tallies import Tally
from daybook.money import decimal_text
from daybook.numbers import counted

MORE = ", but there is data behind their end: the file is damaged"


class Verdict(NamedTuple):
    """What became of a comparison: `findings` are sentences about it, in order.

    `tally` is of what was rendered again, without accounts for a part of an archive,
    and `facts` are the file's.
    """

    is_same: bool
    claim: Claim
    findings: list[str]
    tally: Tally
    facts: FileFacts
    sha256: bytes


async def verify_file(
    database: Database, organisation_id: int, path: Path, record: int | None = None
) -> Verdict:
    """Make a file again from its claim (`claim_of`), and compare.

    Raises Rejected if it isn't known what the file should be, and OSError if it can't
    be read.
    """
    digest = await asyncio.to_thread(hash_of, path)
    claim = await claim_of(database, organisation_id, path, digest, record)
    compared, tally = await _compared(database, path, claim)
    made = await made_of(database, claim.spec, claim.filters)
    findings = []
    if claim.sha256 not in {None, digest}:
        findings.append(
            f"its SHA-256 is {digest.hex()}, that of {claim.name} {_hex(claim.sha256)}"
        )
    is_same = compared.is_same and not findings
    if is_same:
        findings.append("the same bytes")
    elif not compared.is_same:
        text = manifest_text(made, tally)
        is_same, more = await _contents(database, path, claim, tally, text, compared)
        findings += more
    sums = _sums_differ(claim, tally, made.facts.decimals)
    is_same = is_same and not sums
    if not is_same:
        findings += [*sums, *_version(claim)]
        findings.append(f"made again, its SHA-256 is {compared.sha256.hex()}")
    findings += _near(claim)
    return Verdict(is_same, claim, findings, tally, made.facts, digest)


async def _compared(
    database: Database, path: Path, claim: Claim
) -> tuple[Compared, Tally]:
    """Make the file again beside itself; what was found, and what was rendered."""
    tally = Tally()
    pieces = render_planned(database, claim.spec, claim.plan, claim.named, tally)
    if claim.part is None:
        return await compare(pieces, path), tally
    compared = await compare_part(pieces, path, claim.part)
    totals = [part.totals for part in tally.parts if part.name == claim.part]
    return compared, Tally(sum(totals, NOTHING))


def _hex(digest: bytes | None) -> str:
    return "" if digest is None else digest.hex()


async def _contents(  # noqa: PLR0913, PLR0917  (what was rendered, and the file)
    database: Database,
    path: Path,
    claim: Claim,
    tally: Tally,
    manifest: str,
    compared: Compared,
) -> tuple[bool, list[str]]:
    """Whether bytes that differ hold the same, compressed otherwise; and what differs.

    Libraries may compress otherwise in another version.
    """
    same = "the same contents, compressed by another version of the library"
    try:
        if claim.plan.is_archive and claim.part is None:
            wanted = {part.name: part.sha256 for part in tally.parts}
            wanted[MEMBER] = sha256(manifest.encode(), usedforsecurity=False).digest()
            found = await asyncio.to_thread(members_of, path)
            differing = _member(wanted, found)
            if not differing and await asyncio.to_thread(has_more_than_members, path):
                return False, [f"the same contents{MORE}"]
            return not differing, [differing or same]
        compression = claim.spec.compression
        if compression is not None:
            plain = replace(claim.spec, compression=None)
            pieces = render_planned(database, plain, claim.plan, claim.named, Tally())
            compared = await compare(pieces, path, compression)
            if compared.is_same and compared.is_followed:
                return False, [f"the same contents{MORE}"]
            if compared.is_same:
                return True, [same]
    except Damaged as damaged:
        return False, [f"it can't be read to its end: {damaged}"]
    is_text = claim.spec.file_format.is_text
    place = f"line {compared.line}" if is_text else f"byte {compared.byte}"
    return False, [f"the first difference is in {place}"]


def _member(wanted: dict[str, bytes], found: dict[str, bytes]) -> str:
    """The first difference between the members of two archives; empty if none."""
    for name, digest in wanted.items():
        if name not in found:
            return f"{name} is missing"
        if found[name] != digest:
            return f"{name} is the first part that differs"
    more = [name for name in found if name not in wanted]
    return f"{more[0]} doesn't belong to it" if more else ""


def _version(claim: Claim) -> list[str]:
    """Whether another version of the renderer made the file."""
    version = claim.spec.renderer
    if claim.renderer == version:
        return []
    message = (
        f"it was made by version {claim.renderer} of the renderer, and this is version"
        f" {version}: other bytes are to be expected"
    )
    return [message]


def _sums_differ(claim: Claim, tally: Tally, decimals: int) -> list[str]:
    """Whether the file is said to come to something else than the ledger's."""
    manifest, part = claim.manifest, claim.part
    if manifest is not None and part is not None:
        manifest = entry_of(manifest, part)
    said = None if manifest is None else _sums(manifest)
    now = _words(tally.totals, decimals)
    return [] if said in {None, now} else [f"{claim.name} has {said}, the ledger {now}"]


def _near(claim: Claim) -> list[str]:
    """Whether the manifest in or beside the file is another one's."""
    if claim.near is None or claim.manifest is None:
        return []
    try:
        is_its = json.loads(claim.near) == claim.manifest
    except ValueError:
        is_its = False
    return [] if is_its else [f"the manifest with it is not that of {claim.name}"]


def _sums(manifest: Any) -> str:
    return _text(manifest["rows"], manifest["debits"], manifest["credits"])


def _words(totals: Totals, decimals: int) -> str:
    rows, debits, credits_ = totals
    return _text(rows, decimal_text(debits, decimals), decimal_text(credits_, decimals))


def _text(rows: int, debits: str, credits_: str) -> str:
    return f"{counted(rows, 'row')}, debits of {debits} and credits of {credits_}"
