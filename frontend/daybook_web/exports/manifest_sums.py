"""What a file's manifest says of its accounts and its parts. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daybook_web.kit.formats import grouped


@dataclass(frozen=True, slots=True)
class AccountSums:
    """What an account has in a file, as texts."""

    name: str
    debits: str
    credits: str


@dataclass(frozen=True, slots=True)
class PartSums:
    """A part of a file that comes in several."""

    name: str
    rows: str
    debits: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ManifestSums:
    """The sums of a file's accounts, and its parts; none of a file in one part."""

    accounts: tuple[AccountSums, ...] = ()
    parts: tuple[PartSums, ...] = ()

    @classmethod
    def of(cls, manifest: str | None) -> "ManifestSums":
        """What a manifest says; nothing for files that have none."""
        if manifest is None:
            return cls()
        content: Mapping[str, Any] = json.loads(manifest)
        return cls(
            accounts=tuple(
                AccountSums(name, grouped(its["debits"]), grouped(its["credits"]))
                for name, its in content.get("accounts", {}).items()
            ),
            parts=tuple(
                PartSums(
                    part["name"],
                    f"{part['rows']:,}",
                    grouped(part["debits"]),
                    part["sha256"],
                )
                for part in content.get("parts", ())
            ),
        )
