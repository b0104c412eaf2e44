"""The commands of docs: where they stand on a page, and the files that it shows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

FENCE = re.compile(
    r"^```(?P<kind>\w*)(?: (?P<name>\S+))?\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
COMMAND = re.compile(r"^    (?:\$ )?(?:\.venv/bin/)?(daybook .*)$")
HEADING = re.compile(r"^#+ (.*)$")


@dataclass
class Section:
    """What stands between two headings: its commands, in order."""

    heading: str
    commands: list[str] = field(default_factory=list)


@dataclass
class Page:
    """A page's sections that have commands, and the files that it shows by name."""

    name: str
    sections: list[Section]
    files: dict[str, str]


def read_page(name: str, text: str) -> Page:
    """The commands and files of a page.

    A command is an indented line that begins with `daybook`, after a prompt or not. It
    goes on in the next line after a backslash. Fenced blocks are shown by other tests;
    those with a name are files.
    """
    files = {
        block["name"]: block["text"]
        for block in FENCE.finditer(text)
        if block["name"] and block["kind"] not in {"console", "graphql", "json"}
    }
    sections = [Section("")]
    lines = iter(FENCE.sub("", text).splitlines())
    for line in lines:
        if heading := HEADING.match(line):
            sections.append(Section(heading[1]))
        elif command := COMMAND.match(line):
            sections[-1].commands.append(_whole(command[1], lines))
    return Page(name, [its for its in sections if its.commands], files)


def _whole(command: str, lines: Iterator[str]) -> str:
    while command.endswith("\\"):
        command = f"{command[:-1]}{next(lines).strip()}"
    return command


def read_pages() -> list[Page]:
    """The pages that have commands."""
    found = [read_page(path.name, path.read_text("utf-8")) for path in PAGES]
    return [page for page in found if page.sections]
