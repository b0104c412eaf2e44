"""Writes a draft as the text of a mapping file."""

from textwrap import wrap

from daybook.documents.reading.mapping_drafts.draft import (
    Draft,
    Entry,
    listed,
    quoted_toml,
    some,
)
from daybook.numbers import counted

_TOP = ""
_WIDTH = 88


def toml_of(draft: Draft, file_name: str) -> str:
    """A draft as TOML, with comments for people."""
    lines = [
        (
            f"# How Daybook reads {_one_line(file_name)}. Written from its header and"
            f" {counted(len(draft.sample.rows), 'row')}; read it, change it, then try"
            " it:"
        ),
        "#",
        f"#     daybook import {_one_line(file_name)} --map THIS.toml --dry-run",
        "#",
    ]
    open_entries = draft.open_entries
    if open_entries:
        lines.append("# OPEN, to be decided by you (search for OPEN below):")
        lines += [f"#   {entry.key}" for entry in open_entries]
    else:
        lines.append("# Nothing is open.")
    lines += [f"# {_one_line(note)}" for note in draft.notes]
    if draft.all_lines:
        lines.append("# All lines of which only some are named:")
    for what, its in draft.all_lines:
        text = _one_line(f"{what}: {listed(its)}")
        lines += [f"#   {part}" for part in wrap(text, _WIDTH, subsequent_indent="  ")]
    lines.append("")
    lines += _ignored(draft)
    for table, entries in draft.tables.items():
        if table != _TOP:
            is_open = all(entry.is_open for entry in entries)
            lines += ["", f"# [{table}]" if is_open else f"[{table}]"]
        for entry in entries:
            lines += _written(entry)
    return "\n".join(lines).rstrip() + "\n"


def _ignored(draft: Draft) -> list[str]:
    sample = draft.sample
    lines = [f"delimiter = {quoted_toml(sample.delimiter)}"]
    if sample.delimiter == "\t":
        lines = ['delimiter = "\\t"']
    if sample.encoding != "utf-8":
        lines.append(f"encoding = {quoted_toml(sample.encoding)}")
    if not draft.ignored:
        return lines
    lines.append(
        "# Columns that aren't read. One that matters belongs under [columns]:"
    )
    lines.append("ignore = [")
    for column in draft.ignored:
        texts = sample.texts(column)
        example = f"  # {some(texts)}" if texts else "  # always empty"
        lines.append(f"  {quoted_toml(column)},{_one_line(example)}")
    return [*lines, "]"]


def _written(entry: Entry) -> list[str]:
    key = entry.key
    if not entry.is_open:
        comment = f"  # {_one_line(entry.comment)}" if entry.comment else ""
        line = f"{key} = {entry.value}{comment}"
        if len(line) > _WIDTH and comment:
            return [f"# {_one_line(entry.comment)}", f"{key} = {entry.value}"]
        return [line]
    return [
        f"# OPEN: {_one_line(entry.comment)}",
        *[f"# {line}" for line in f"{key} = {entry.value}".splitlines()],
    ]


def _one_line(text: str) -> str:
    """A text for a comment, which a line break or a control character would end."""
    return "".join(char if char.isprintable() else " " for char in text)
