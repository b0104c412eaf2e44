"""The line `sep=;` that Excel puts before a header, to say what separates cells."""

import re

_LINE = re.compile(r"\"?sep=(.|\\t)\"?[\r\n]*", re.IGNORECASE)


def separator_of(line: str) -> str | None:
    """What separates cells, if a file's first line says it and nothing else."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    return "\t" if match[1] == "\\t" else match[1]
