"""Which part of an archive a file is that was taken out of one. Pure."""

import json
from collections.abc import Mapping
from typing import Any


def part_of(manifest: Mapping[str, Any], name: str, digest: bytes) -> str | None:
    """The name of the part that a file is, by its hash or its name; None if it is none.

    Of several parts with that hash, the one of that name.
    """
    parts = {part["name"]: part["sha256"] for part in manifest.get("parts") or ()}
    same = [part for part, sha256 in parts.items() if sha256 == digest.hex()]
    return (
        name if name in same or (name in parts and not same) else next(iter(same), None)
    )


def entry_of(manifest: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    """What a manifest says of a part."""
    entries: list[Mapping[str, Any]] = manifest["parts"]
    return next(entry for entry in entries if entry["name"] == part)


def has_part(text: str, name: str, digest: bytes) -> bool:
    """Whether a manifest's text is that of an archive with a file as a part."""
    try:
        return part_of(json.loads(text), name, digest) is not None
    except (ValueError, LookupError, TypeError, AttributeError):
        return False
