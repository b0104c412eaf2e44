"""Every option of a command that reads has an effect, or is refused.

Alone it changes what the command without it gives, and beside another one both change
it: an option that another one silences would be silently ignored.
"""

import hashlib
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.main import get_command

from daybook.cli import app
from daybook.reports.journals.filters import FILTERS
from daybook_commands import called, every_command
from daybook_docs_company import NOW, filled_in_several
from daybook_terminal import Terminal, prepared

REPORT = {
    "--on": "2026-10-31",
    "--as-of": "2026-01-30",
    "--currency": "EUR",
    "--format": "parquet",
    "-o": "out.bin",
}
NARROWED = {
    "--customer": "cus_2",
    "--product": "prod_2",
    "--document": "inv_2",
}
LIST = {"--limit": "1", "--csv": ""}
TRAIL = {
    "--who": "nobody",
    "--from": "2027-01-01",
    "--to": "2025-01-01",
    "--currency": "EUR",
}


class Command(NamedTuple):
    """A command: what it needs, a value for each option, and which go together.

    Options that `pairs` has are tried beside one another; filters, which narrow alike
    in every form, only alone.
    """

    arguments: str
    options: Mapping[str, str]
    pairs: tuple[str, ...]


COMMANDS: Mapping[str, Command] = {
    "journals": Command(
        "",
        {
            "--month": "2026-02",
            "--currency": "EUR",
            **LIST,
            "--group-by": "customer",
            "--granularity": "daily",
            "--by-month": "",
        },
        (
            *("--month", "--currency", "--limit", "--csv"),
            *("--group-by", "--granularity", "--by-month"),
        ),
    ),
    "journal": Command(
        "1 --currency EUR",
        {"--as-of": "2026-01-30", "--csv": ""},
        ("--as-of", "--csv"),
    ),
    "deferred-revenue": Command(
        "",
        {**REPORT, **NARROWED, "--open-only": "", "--limit": "1"},
        ("--currency", "--format", "-o", "--open-only", "--limit"),
    ),
    "waterfall": Command(
        "",
        {**REPORT, **NARROWED, "--apart": "", "--cohorts": "", "--limit": "1"},
        ("--currency", "--format", "-o", "--apart", "--cohorts", "--limit"),
    ),
    "roll-forward": Command(
        "",
        {
            **REPORT,
            **NARROWED,
            "--from": "2026-05",
            "--to": "2026-06",
            "--account": "UNBILLED",
        },
        ("--on", "--from", "--to", "--account", "--format", "-o"),
    ),
    "population": Command(
        "",
        {
            **{name: REPORT[name] for name in REPORT if name != "--on"},
            **NARROWED,
            "--from": "2026-05-01",
            "--to": "2025-06-30",
            "--recorded-from": "2026-02-01",
            "--recorded-to": "2025-12-31",
            "--flags": "WEEKEND",
            "--author": "nobody",
            "--limit": "1",
        },
        ("--flags", "--format", "-o", "--limit"),
    ),
    "tie-out": Command("", REPORT, ("--on", "--currency", "--format", "-o")),
    "close-checklist": Command(
        "",
        {**REPORT, "--on": "2026-09-30", "--month": "2026-02"},
        ("--on", "--month", "--currency", "--format", "-o"),
    ),
    "balance list": Command("", {"--currency": "EUR", **LIST}, ("--currency", *LIST)),
    "activity": Command(
        "",
        {**TRAIL, "--kind": "LOCK", "--failed": "", **LIST},
        (*LIST,),
    ),
    "audit list": Command(
        "",
        {
            **TRAIL,
            "--action": "SET_LOCK",
            "--kind": "USER",
            "--id": "1",
            "--after-close": "",
            "--hashes": "",
            **LIST,
        },
        ("--hashes", *LIST),
    ),
    "exports": Command("", LIST, (*LIST,)),
    "attachments": Command(
        "",
        {
            "--invoice": "inv_1",
            "--billing-schedule": "none",
            "--credit-note": "cn_1",
            "--manual-journal": "MJ-1",
            "--lock": "last",
            "--currency": "EUR",
            "--removed": "",
            **LIST,
        },
        ("--invoice", "--lock", "--currency", "--removed", *LIST),
    ),
    "manual list": Command(
        "",
        {
            "--status": "POSTED",
            "--kind": "CORRECTION",
            "--from": "2027-01-01",
            "--to": "2025-01-01",
            "--made-by": "nobody",
            "--adjusts": "1",
            "--search": "nothing",
            "--currency": "EUR",
            **LIST,
        },
        ("--currency", *LIST),
    ),
    "manual recurring list": Command("", LIST, (*LIST,)),
    "mapping show": Command(
        "", {"--integration": "NETSUITE", "--currency": "EUR"}, ("--currency",)
    ),
    "export": Command(
        "--check",
        {
            "--currency": "EUR",
            "-o": "out.parquet",
            "--format": "beancount",
            "--compress": "gzip",
            "--granularity": "monthly",
            "--group-by": "customer",
            "--since": "1",
            "--verify": "year.csv",
            "--record": "1",
            "--processes": "2",
            "--preset": "vendor",
            "--date-form": "yyyy-mm-dd",
            "--convert": "",
            "--max-rows": "10",
            "--default-account": "200",
            "--opens": "all",
        },
        (
            # A name only says what --format says else.
            *("--currency", "--format", "--compress", "--granularity"),
            *("--group-by", "--since", "--verify", "--max-rows", "--opens"),
        ),
    ),
    "fx rate": Command(
        "USD GBP --on 2025-12-31",
        {"--on": "2026-10-30", "--csv": ""},
        ("--on", "--csv"),
    ),
}
"""The commands that only read."""
READ_IN_OTHER_WAYS = {
    *("manual show", "attachments save", "mapping export", "families", "settings"),
    *("user list", "key list", "mail list", "organisation list"),
    *("webhook list", "webhook deliveries", "gl connection list", "gl dataset"),
    *("fx manual list", "gl status", "gl lines", "gl export", "gl reconcile"),
    *("audit verify", "audit head", "clock show", "secrets"),
}
"""Commands that read with an option at most, or show what other tests look at."""
WRITING = {
    *("demo", "serve", "worker", "import", "lock", "unlock", "product", "account"),
    *("balance enter", "balance import", "exports post", "exports undo-post"),
    *("exports retry", "exports link", "exports revoke-links"),
    *("manual create", "manual submit", "manual reverse", "manual discard"),
    *("manual import", "manual recurring create", "manual recurring submit"),
    *("manual recurring end", "manual recurring run", "attach", "attachments remove"),
    *("mapping set", "mapping unset", "mapping import", "mapping chart"),
    *("mapping enable", "mapping disable", "user add", "user link", "user role"),
    *("user remove", "user erase", "key create", "key revoke", "organisation add"),
    *("mail again", "mail prefer", "dismiss"),
    "organisation rename",
    *("webhook create", "webhook update", "webhook delete", "webhook rotate"),
    *("webhook test", "webhook replay"),
    *("clock accept", "fx refresh", "db upgrade", "db compact"),
    *("fx manual add", "fx manual withdraw", "gl connection add"),
    *("gl connection update", "gl connection remove", "gl import"),
    *("gl refresh", "gl sync"),
}
ALIKE_HERE = {
    ("deferred-revenue", "--open-only", "--limit"),
    ("waterfall", "--apart", "--limit"),
}
"""Pairs whose first row is the same with one of both, of what is recorded here."""
GROUPS = {"exports", "attachments"}
"""Commands that have commands of their own, and do something without one."""
FILTER_OPTIONS = {f"--{its.name.replace('_', '-')}" for its in FILTERS}
"""What `journals` and `export` share; tests/exports/test_filters_at_doors.py."""


def fill(terminal: Terminal) -> None:
    """Record what every option has an effect on."""
    filled_in_several(terminal)
    for command in (
        "export --currency USD -o year.csv",
        "export --currency EUR -o other.csv",
        "lock 2026-01-31 --currency EUR",
        "lock 2026-01-31 --currency USD",
        "balance enter DEFERRED 2026-01-31 1.00 --currency EUR",
        "balance enter BILLED 2026-01-31 1.00 --currency EUR",
        "balance enter DEFERRED 2026-01-31 1.00 --currency USD",
        "manual import drafts.csv --currency USD",
        "manual create --file accrual.json --currency EUR --submit",
        "manual create --file accrual.json --currency EUR",
        "attach contract.pdf --invoice inv_1",
        "attach acceptance.pdf --invoice inv_1",
        "attach close.xlsx --lock last --currency EUR",
        "attach close.xlsx --lock last --currency USD",
        "attach close.xlsx --invoice inv_1",
        "attachments remove 2 --reason x",
        "mapping enable --integration XERO --base-currency USD",
    ):
        ended = terminal.run(*command.split(), DAYBOOK_NOW=NOW)
        assert ended.returncode == 0, (command, ended.stderr)
    for day in ("1", "2"):
        ended = terminal.run(
            *("manual", "recurring", "create", "--day", day, "--from", "2027-01"),
            *("--narrative", "Support", "--line", "debit UNBILLED 5.00"),
            *("--line", "credit RECOGNIZED 5.00", "--currency", "USD"),
            DAYBOOK_NOW=NOW,
        )
        assert ended.returncode == 0, ended.stderr


class Outcomes:
    """What a command gives with some of its options, each time on the same data."""

    def __init__(self, name: str) -> None:
        self._name, self._its = name, COMMANDS[name]
        self._known: dict[frozenset[str], tuple[Any, ...]] = {}

    def of(self, *options: str) -> tuple[Any, ...]:
        """The status, both outputs, and the file that was written."""
        key = frozenset(options)
        if key not in self._known:
            self._known[key] = self._run(options)
        return self._known[key]

    def _run(self, options: tuple[str, ...]) -> tuple[Any, ...]:
        words = [*self._name.split(), *self._its.arguments.split()]
        for option in options:
            words += [option, *self._its.options[option].split()]
        file = Path("out.bin")
        file.unlink(missing_ok=True)
        ended = called(words, {"DAYBOOK_NOW": NOW, "DAYBOOK_DATA": "data"})
        content = file.read_bytes() if file.exists() else b""
        return (*ended, hashlib.sha256(content).hexdigest())


@pytest.fixture
def outcomes(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Outcomes:
    """The outcomes of a command, in a folder where all is recorded."""
    prepared(tmp_path, fill)
    monkeypatch.chdir(tmp_path)
    return Outcomes(request.param)


def options_of(name: str) -> set[str]:
    """The options of a command, by their first names."""
    command: Any = get_command(app.app)
    for word in name.split():
        command = command.get_command(None, word)
    return {
        parameter.opts[0] for parameter in command.params if parameter.opts[0][0] == "-"
    }


def test_every_command_is_sorted() -> None:
    assert {*every_command()} | GROUPS == {*COMMANDS} | READ_IN_OTHER_WAYS | WRITING


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_tried(name: str) -> None:
    its = COMMANDS[name]
    left_out = {"--help", "--confirm-clock", *its.arguments.split()} - {*its.options}
    if name in {"journals", "export"}:
        left_out |= FILTER_OPTIONS

    assert options_of(name) - left_out == {*its.options}
    assert {*its.pairs} <= {*its.options}


@pytest.mark.parametrize("outcomes", COMMANDS, indirect=True)
def test_an_option_has_an_effect_also_beside_others_or_is_refused(
    request: pytest.FixtureRequest, outcomes: Outcomes
) -> None:
    name = request.node.callspec.params["outcomes"]
    its = COMMANDS[name]
    plain = outcomes.of()
    for option in its.options:
        alone = outcomes.of(option)
        assert alone[0] == 2 or alone != plain, option
    for first, second in combinations(its.pairs, 2):
        both = outcomes.of(first, second)
        if both[0] != 2 and (name, first, second) not in ALIKE_HERE:
            assert both != outcomes.of(first), f"{second} is ignored beside {first}"
            assert both != outcomes.of(second), f"{first} is ignored beside {second}"
