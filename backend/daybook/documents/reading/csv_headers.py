"""Checks the header of a CSV file: what it lacks, and what is unknown."""

from collections.abc import Iterable, Sequence

from daybook.documents.reading.csv_fields import (
    HEAD_FIELDS,
    LINE_FIELDS,
    REQUIRED_FIELDS,
    UNLESS_PRICED,
)
from daybook.documents.reading.json_fields import any_of
from daybook.documents.reading.mapping import Mapping
from daybook.documents.reading.problems import Problems
from daybook.errors import ProblemCode, did_you_mean, quoted

_NEARLY = 4
"""So many columns with names of fields make a header one of Daybook's own form."""
_SHOWN_MAX = 50
_NAMED_MAX = 3
_NAME_LENGTH_MAX = 100
_NEEDED = f"{', '.join(REQUIRED_FIELDS[:-1])} and {REQUIRED_FIELDS[-1]}"
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def check_header(
    names: Sequence[str],
    fields: Sequence[str],
    mapping: Mapping | None,
    problems: Problems,
    line: int,
) -> None:
    """Report missing, unknown and repeated columns, and fields that are left open.

    `fields` are those that rows can have. Without a mapping, the file must be of the
    format's own form.
    """
    open_fields = [
        name
        for name in REQUIRED_FIELDS
        if name not in fields and not (name in UNLESS_PRICED and "price" in fields)
    ]
    used = mapping.used_columns if mapping else ()
    missing = [name for name in used if name not in names]
    if (missing or mapping is None) and is_title(names):
        message = title_words(names)
        if mapping is None:
            message += "; JSON Lines begin with {, so this was read as CSV"
        problems.add(ProblemCode.UNREADABLE, message, (), line)
        return
    if mapping is None and not _is_nearly_own(names):
        problems.add(ProblemCode.UNREADABLE, _foreign_words(names), (), line)
        return
    known = {*used, *(mapping.ignore if mapping else ()), *HEAD_FIELDS, *LINE_FIELDS}
    named = [name for name in names if name]  # cells under no name are checked later
    unknown = [name for name in named if name not in known]
    if open_fields and mapping is not None:
        unknown = []  # they may be what the open fields are to be given
    twice = sorted({name for name in named if named.count(name) > 1})
    free = known - {*names}
    for code, found, reason, way_out in (
        (ProblemCode.MISSING, missing, "lacks", f"expected are {', '.join(used)}"),
        (ProblemCode.MISSING, open_fields, *_open_words(mapping)),
        (ProblemCode.UNKNOWN_FIELD, unknown, *_unknown_words(mapping)),
        (ProblemCode.DUPLICATE, twice, "names twice", "rename one of each"),
    ):
        if found:
            near = free if found is unknown else ()
            shown = ", ".join(_shown(name, near) for name in found[:_SHOWN_MAX])
            message = f"the header {reason}: {shown}; {way_out}"
            if found is open_fields and mapping is not None:
                message = f"{reason}: {shown}; {way_out}"
            problems.add(code, message, tuple(found[:1]), line)


def is_title(names: Sequence[str]) -> bool:
    """Whether a row is a title above a header: a single cell with text."""
    named = [name for name in names if name]
    return len(named) == 1 and not any(mark in "".join(named) for mark in _SEPARATORS)


def title_words(names: Sequence[str]) -> str:
    """What to do about a title above the header."""
    shown = quoted(next(filter(None, names), ""))
    return (
        f"{shown} isn't a header of several columns: delete the lines above the"
        " header, so that the file begins with the names of its columns"
    )


def _is_nearly_own(names: Sequence[str]) -> bool:
    """Whether a header is meant to be one of the format's own form."""
    own = [name for name in names if name in (*HEAD_FIELDS, *LINE_FIELDS)]
    return len(own) >= _NEARLY and 2 * len(own) >= len(names)


def _foreign_words(names: Sequence[str]) -> str:
    """What to do about a header of another form."""
    separator = _separator_of(names)
    columns = [name for name in names if name]
    if separator:
        columns = columns[0].split(separator)
    mean = any_of([name[:_NAME_LENGTH_MAX] for name in columns[:_NAMED_MAX]] or ["it"])
    mean = mean.replace(" or ", " and ")
    if len(columns) > _NAMED_MAX:
        shown = ", ".join(name[:_NAME_LENGTH_MAX] for name in columns[:_NAMED_MAX])
        mean = f"{shown} and {len(columns) - _NAMED_MAX} more"
    between = f", separated by {_SEPARATORS[separator]}," if separator else ""
    return (
        f"the header isn't of Daybook's own form, whose columns are {_NEEDED} and"
        " others: give the columns these names, or, in the terminal, a mapping that"
        f" says what {mean}{between} mean (`daybook import --map`; `--make-map`"
        " writes one from the file)"
    )


def _separator_of(names: Sequence[str]) -> str:
    """What separates the cells of a header that was taken for one cell."""
    if len(names) > 1:
        return ""
    return next((mark for mark in _SEPARATORS if mark in "".join(names)), "")


def _open_words(mapping: Mapping | None) -> tuple[str, str]:
    if mapping is None:
        return (
            "is nearly of Daybook's own form, but lacks",
            "add it, or give it a value under [defaults] in a mapping (--map)",
        )
    return (
        "the mapping leaves open",
        "give each a column under [columns], or a value under [defaults]",
    )


def _unknown_words(mapping: Mapping | None) -> tuple[str, str]:
    way_out = (
        "leave out what is not a field, or, in the terminal, name it under ignore in a"
        " mapping file"
    )
    if mapping is not None:
        way_out = "give each to a field under [columns], or name it under ignore in the"
    return "has unknown columns", f"{way_out} {'mapping' if mapping else '(--map)'}"


def _shown(name: str, free: Iterable[str]) -> str:
    """A column's name, with the missing column that it may be meant for."""
    near = did_you_mean(name, free).removeprefix("; ")
    return name[:_NAME_LENGTH_MAX] + (f" ({near})" if near else "")
