"""The file of variables that `DAYBOOK_ENV_FILE` names, read as systemd reads it.

A shell would take `&`, `$` and spaces in a value for its own.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from daybook.settings import ENV_FILE_VARIABLE

_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)\"""")


class EnvFileUnfit(Exception):
    """The file can't be read or understood; the message says where and why."""


def take_env_file() -> None:
    """Set the file's variables in this process, except those that are set already."""
    named = os.environ.get(ENV_FILE_VARIABLE)
    if not named:
        return
    try:
        text = Path(named).read_text("utf-8")
    except UnicodeDecodeError:
        raise EnvFileUnfit(
            f"{ENV_FILE_VARIABLE}: {named} is not a text in UTF-8"
        ) from None
    except OSError as error:
        way_out = (
            "run this as a user who may read it (of a server, `sudo daybook …`)"
            if isinstance(error, PermissionError)
            else "name another, or leave the variable out"
        )
        raise EnvFileUnfit(
            f"{ENV_FILE_VARIABLE}: {named} can't be read: {error.strerror}; {way_out}"
        ) from None
    for name, value in _variables(named, text):
        os.environ.setdefault(name, value)


def _variables(named: str, text: str) -> Iterator[tuple[str, str]]:
    """The variables of a file; as in systemd, the last line of a name counts."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        parts = _LINE.fullmatch(stripped)
        if parts is None or stripped.endswith("\\"):
            # The line is not repeated: it may hold a password.
            raise EnvFileUnfit(
                f"{ENV_FILE_VARIABLE}: {named}, line {number}: write NAME=VALUE"
            )
        found[parts[1]] = _value(parts[2].strip())
    yield from found.items()


def _value(text: str) -> str:
    """A value without its quotes and backslashes."""
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        return re.sub(r"\\(.)", r"\1", text)
    if quoted[1] is not None:
        return quoted[1]
    return re.sub(r"""\\(["\\$`])""", r"\1", quoted[2])
