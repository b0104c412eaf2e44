"""Every command of README and docs runs as it stands, on one currency and on several.

A section is run in order, in a folder of its own. It begins with nothing recorded if
its first command imports, else with what `invoices.jsonl` has. `BEFORE` has what else
its text presumes, and `STATUS` the commands that it says fail.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from typer import Context
from typer.main import get_command

from daybook.cli.app import app
from daybook_docs_commands import Page, Section, read_page, read_pages
from daybook_docs_company import (
    NOW,
    ONE,
    SEVERAL,
    empty_in_one,
    empty_in_several,
    filled_in_one,
    filled_in_several,
)
from daybook_shell import Shell
from daybook_terminal import prepared

PAGES = read_pages()
BEGINNINGS = {
    (ONE, True): empty_in_one,
    (ONE, False): filled_in_one,
    (SEVERAL, True): empty_in_several,
    (SEVERAL, False): filled_in_several,
}

XERO = [
    "daybook mapping import xero.csv --integration XERO",
    "daybook mapping enable --integration XERO --preset vendor --base-currency USD",
]
FILES = [
    f"DAYBOOK_NOW={month}-28T18:00:00Z daybook export --from {month}-01 --to"
    f" {month}-28 --currency USD -o ./"
    for month in ("2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
]
DRAFTS = ["daybook manual import drafts.csv --currency USD"]
RECURRENCES = [
    f"daybook manual recurring create --day {day} --from 2026-01 --narrative Support"
    ' --line "debit UNBILLED 50.00" --line "credit RECOGNIZED 50.00" --currency USD'
    for day in (1, 2, 3)
]
WEBHOOK = ["daybook webhook create https://hooks.example.com/daybook"]
CONNECTED = ['daybook gl connection add "Northwind UK" --currency GBP']
CAME_IN = [*CONNECTED, "daybook gl import journals journals-1.json"]
BEFORE: Mapping[tuple[str, str], Sequence[str]] = {
    ("general-ledger.md", "Files"): CONNECTED,
    ("general-ledger.md", "Refreshing"): CAME_IN,
    ("general-ledger.md", "The dataset as a file"): [*CAME_IN, "daybook gl refresh"],
    ("webhooks.md", "When a receiver doesn't answer"): WEBHOOK,
    ("webhooks.md", "Replace a secret"): WEBHOOK,
    ("evidence.md", "Attach a file"): [
        *DRAFTS,
        "daybook lock 2026-01-31 --currency EUR",
        "daybook attach acceptance.pdf --invoice inv_2",
    ],
    ("exports.md", "Files for other systems"): [*FILES[:3], *XERO],
    ("exports.md", "Several Beancount files"): FILES[:1],
    ("exports.md", "Check a file first"): XERO[:-1],
    ("exports.md", "Files above a limit"): XERO,
    ("exports.md", "The same file again"): [
        "daybook export --currency USD -o january.csv"
    ],
    ("exports.md", "Posted files"): FILES,
    ("exports.md", "What changed since"): FILES[:4],
    ("manual-journals.md", "On the command line"): [
        *DRAFTS,
        "daybook manual submit MJ-7",
    ],
    ("manual-journals.md", "Recurring"): RECURRENCES,
    ("manual-journals.md", "Try it"): [
        f"daybook user add {name}@example.com --role {role}"
        for name, role in (("tom", "accountant"), ("priya", "controller"))
    ],
}
"""What a section's text presumes, by page and heading."""
STATUS: Mapping[tuple[str, str], tuple[int, int]] = {
    # One file of several years is posted by then, so journals are named as missing.
    ("command-line.md", "daybook tie-out --on 2026-10-31"): (1, 1),
    # Xero keeps its books in one currency, which blocks the files of others.
    (
        "exports.md",
        "daybook export --format XERO --from 2026-01-01 --to 2026-01-31 --check",
    ): (0, 1),
    (
        "exports.md",
        "daybook export --format xero --from 2026-10-01 --to 2026-10-31 --check",
    ): (1, 1),
}
"""The statuses of commands that don't end with 0, on one currency and on several."""
TOLD_MAX = 2_000
"""How many characters of a wrong command's output are told, from its end."""
ON_ONE = {"examples/spreadsheet.csv --map examples/spreadsheet.toml": "invoices.jsonl"}
"""What of a command is replaced on one currency: files that have several."""
ONLY_READ = re.compile(r"daybook (serve|demo|gl sync)\b|daybook fx refresh$")
"""Commands that don't end, or fetch: their options are read, and nothing is run."""
WANTS_CURRENCY = re.compile(
    r"choose a ledger by its currency|holds one ledger, and there are"
    r"|choose one by --currency"
)
"""How a command says that there are several ledgers, which texts needn't repeat."""


class Wrong(AssertionError):
    """A command of a page doesn't do what the page says."""


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    """A shell that runs the commands."""
    with Shell() as shell:
        yield shell


@pytest.mark.parametrize("currencies", [ONE, SEVERAL], ids=["one", "several"])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_runs(
    shell: Shell, tmp_path: Path, page: Page, currencies: tuple[str, ...]
) -> None:
    run_page(shell, tmp_path, page, currencies)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("daybook journals --monht 2026-01", "no such option: --monht"),
        ("daybook jurnals", "no such command 'jurnals'"),
        ("daybook journals --customer cus_7", "there is no customer 'cus_7'"),
        ("daybook export -o none/none/", "there is no folder none"),
        ("daybook import none.jsonl", "there is no such file"),
        ("daybook serve --prot 8080", "No such option: --prot"),
    ],
)
def test_a_command_that_is_wrong_is_noticed(
    shell: Shell, tmp_path: Path, wrong: str, says: str
) -> None:
    page = read_page("wrong.md", f"# A page\n\n    daybook settings\n    {wrong}\n")

    with pytest.raises(Wrong, match=re.escape(says)):
        run_page(shell, tmp_path, page, ONE)


def test_each_entry_of_the_tables_is_of_a_page() -> None:
    sections = {(page.name, its.heading) for page in PAGES for its in page.sections}
    commands = {
        (page.name, command)
        for page in PAGES
        for its in page.sections
        for command in its.commands
    }

    assert {*BEFORE} <= sections
    assert {*STATUS} <= commands


def run_page(
    shell: Shell, folder: Path, page: Page, currencies: tuple[str, ...]
) -> None:
    """Run a page's sections; raises Wrong for the first command that is wrong."""
    for number, section in enumerate(page.sections):
        run_section(shell, folder / str(number), page, section, currencies)


def run_section(
    shell: Shell,
    folder: Path,
    page: Page,
    section: Section,
    currencies: tuple[str, ...],
) -> None:
    is_first_import = section.commands[0].startswith("daybook import")
    prepared(folder, BEGINNINGS[currencies, is_first_import])
    for name, text in page.files.items():
        (folder / name).write_text(text, "utf-8")
    settings = {"DAYBOOK_DATA": "data", "DAYBOOK_NOW": NOW, "COLUMNS": "150"}

    def run(command: str, expected: int) -> None:
        line = command
        if currencies == ONE:
            for text, instead in ON_ONE.items():
                line = line.replace(text, instead)
            line = re.sub(r"(?<=(?:urrency|--takes) )[A-Z]{3}\b", ONE[0], line)
        ended = shell.run(line, folder, settings)
        if len(currencies) > 1 and WANTS_CURRENCY.search(ended.stderr):
            option = f" --currency {currencies[-1]}"
            line = re.sub(r"(?=\s*(#|\||>|$))", option, line, count=1)
            ended = shell.run(line, folder, settings)
        if ended.returncode != expected:
            raise Wrong(
                f"{page.name}, {section.heading}: {line}\nended with"
                f" {ended.returncode}, not {expected}:"
                f" {(ended.stdout + ended.stderr)[-TOLD_MAX:]}"
            )

    for command in BEFORE.get((page.name, section.heading), ()):
        run(command, 0)
    for command in section.commands:
        if ONLY_READ.match(command):
            read_options(command)
        else:
            statuses = STATUS.get((page.name, command), (0, 0))
            run(command, statuses[len(currencies) > 1])


def read_options(command: str) -> None:
    """Read a command's options without running it; raises Wrong for unknown ones."""
    _, name, *arguments = shlex.split(command, comments=True)
    group = get_command(app)
    with Context(group) as context:
        found = group.get_command(context, name)  # type: ignore[attr-defined]  # a group
        try:
            found.make_context(name, arguments)
        except Exception as error:  # noqa: BLE001  (typer's own, which it hides)
            raise Wrong(f"{command}: {error}") from None
