"""`daybook import --make-map`: a mapping file, drafted from a sheet."""

from collections.abc import Sequence
from pathlib import Path

from daybook.cli.running import Failed, out, show_problems, unwritten
from daybook.documents.reading.mapping_drafts import (
    Draft,
    draft_of,
    read_sample,
    toml_of,
)
from daybook.errors import Rejected
from daybook.numbers import counted

_SHOWN_MAX, _NAME_SHOWN_MAX = 20, 100


def make_map(path: Path, target: Path, bytes_max: int) -> None:
    """Write a mapping for a sheet; raises Failed if the target exists."""
    if target.exists():
        raise Failed(f"{target} exists, and isn't overwritten: name another file")
    try:
        draft = draft_of(read_sample(path, bytes_max))
    except Rejected as rejected:
        show_problems(rejected.problems, f"{path.name}: ")
        raise Failed(f"{path}: no mapping was written") from None
    try:
        with target.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(toml_of(draft, path.name))
    except FileExistsError:
        raise Failed(
            f"{target} exists, and isn't overwritten: name another file"
        ) from None
    except OSError as error:
        raise Failed(unwritten(target, error)) from None
    _tell(draft, path, target)


def _tell(draft: Draft, path: Path, target: Path) -> None:
    """Say what was recognized, what is open, and what to do next."""
    columns = [name for name in draft.sample.header if name]
    read = len(columns) - sum(1 for name in draft.ignored if name)
    lines = [f"{target}: {read} of {counted(len(columns), 'column')} recognized."]
    if draft.ignored:
        lines.append(f"  not read: {_some(draft.ignored)}")
    lines += [f"  open: {entry.key}: {entry.comment}" for entry in draft.open_entries]
    lines += [f"  note: {note}" for note in draft.notes]
    first = "decide what is open in it" if draft.open_entries else "read it"
    lines.append(f"Next, {first}, then: daybook import {path} --map {target} --dry-run")
    for line in lines:
        out.print(line, markup=False)


def _some(columns: Sequence[str]) -> str:
    """The first names of columns; the mapping has all of them."""
    shown = ", ".join(name[:_NAME_SHOWN_MAX] for name in columns[:_SHOWN_MAX])
    more = len(columns) - _SHOWN_MAX
    return f"{shown} and {more:,} more" if more > 0 else shown
