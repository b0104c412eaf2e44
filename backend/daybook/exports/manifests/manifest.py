"""A file's manifest: what it was made of, and what it and its parts come to. Pure.

It is JSON with sorted names, equal for equal files. Amounts are decimal texts. An
archive's manifest is in the archive, so it can't have the archive's hash.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from daybook.calendar import day_text
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats.contract import FileFacts
from daybook.exports.mapping.forms import FORMS
from daybook.exports.rules import Totals
from daybook.exports.writing.tallies import PartMade, Tally
from daybook.ledger.rules import Role
from daybook.money import decimal_text

VERSION = 1
"""It rises when a name in the manifest gets another meaning."""
MEMBER = "manifest.json"
"""The manifest's name in an archive, which it ends."""
SUFFIX = ".manifest.json"
"""What a manifest beside a single file adds to that file's name."""


class ChangedAccount(NamedTuple):
    """An account, or its share of a product or category, before and after.

    Each is its name and the fields of its mapping; None for what it had not.
    """

    role: Role
    scope: str
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None


class Made(NamedTuple):
    """What a file was made of: its spec, its facts, and the filters in two forms.

    `filters` are those that were requested, as `selection_text` writes them, and
    `selection` is what they came to, as `filter_text` writes it. `changed` are the
    accounts that a difference leaves as they were posted.
    """

    spec: FileSpec
    facts: FileFacts
    filters: str | None
    selection: str
    changed: Sequence[ChangedAccount] = ()


class WholeFile(NamedTuple):
    """A single file that is finished."""

    name: str
    size: int
    sha256: bytes


def manifest_text(made: Made, tally: Tally, whole: WholeFile | None = None) -> str:
    """The manifest of a single file, or of an archive if there is no `whole` one."""
    decimals = made.facts.decimals
    content = {
        **_origin(made),
        **_sums(tally.totals, decimals),
        "accounts": {
            account: {
                "debits": decimal_text(debits, decimals),
                "credits": decimal_text(credits_, decimals),
            }
            for account, (debits, credits_) in tally.accounts.items()
        },
    }
    if made.spec.options.since is not None:
        content["changed_accounts"] = [
            {**account._asdict(), "role": account.role.name} for account in made.changed
        ]
    if whole is None:
        content["parts"] = [_part(part, decimals) for part in tally.parts]
    else:
        content["file"] = _bytes(whole.name, whole.size, whole.sha256)
    return f"{json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)}\n"


def _origin(made: Made) -> dict[str, Any]:
    """What the file was made of."""
    spec, facts = made.spec, made.facts
    pin, head = spec.pin, spec.pin.audit_head
    filters = parse_qs(made.filters or "")
    return {
        "manifest": VERSION,
        "ledger": pin.currency,
        "currency": facts.currency,
        "recording": pin.recording,
        "renamings": pin.renamings,
        "today": day_text(pin.today),
        "audit_head": head and {"record": head.record, "hash": head.hash.hex()},
        "filters": made.filters,
        "selection": json.loads(made.selection),
        "as_of": next(iter(filters.get("as_of", ())), None),
        "on": day_text(spec.journal_filter.divides_on(pin)),
        "format": spec.file_format.name,
        "renderer": spec.renderer,
        "compression": spec.compression and spec.compression.name,
        "granularity": spec.granularity.value,
        "group_by": None if spec.by is None else [str(name) for name in spec.by],
        "options": _options(spec, facts),
    }


def _options(spec: FileSpec, facts: FileFacts) -> dict[str, Any]:
    """The options that were asked for, and what an integration's settings said."""
    options = spec.options.differing()
    form = None if spec.integration is None else FORMS[spec.integration]
    if form is not None and form.presets:
        options["preset"] = facts.preset
    if form is not None and form.date_forms:
        options["date_form"] = facts.date_form
    return options


def _sums(totals: Totals, decimals: int) -> dict[str, Any]:
    return {
        "rows": totals.rows,
        "debits": decimal_text(totals.debits, decimals),
        "credits": decimal_text(totals.credits, decimals),
    }


def _part(part: PartMade, decimals: int) -> dict[str, Any]:
    named = _bytes(part.name, part.size, part.sha256)
    return {**named, **_sums(part.totals, decimals)}


def _bytes(name: str, size: int, sha256: bytes) -> dict[str, Any]:
    return {"name": name, "bytes": size, "sha256": sha256.hex()}


def parts_of(manifest: Mapping[str, Any]) -> list[str] | None:
    """The names of an archive's parts; None for a single file."""
    parts = manifest.get("parts")
    return None if parts is None else [part["name"] for part in parts]


def file_count(text: str | None) -> int:
    """How many files a manifest is of; one if there is no manifest."""
    parts = None if text is None else parts_of(json.loads(text))
    return 1 if parts is None else len(parts)
