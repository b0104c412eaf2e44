"""Whatever the terminal's width is: every amount is whole, and text gives way."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from daybook.cli import running
from daybook.cli.terminal_tables import plain_table
from daybook_commands import called
from daybook_terminal import INVOICE, Terminal, prepared

AMOUNT = re.compile(r"-?\d{1,3}(?:,\d{3})*\.\d{2}")
CUT = re.compile(r"[\d,.]…")
"""A number that was cut."""
NOW = {"DAYBOOK_NOW": "2025-06-15T12:00:00Z"}
LONG = "Société Générale des Eaux et de l'Éclairage & Sons " * 3
CUSTOMER = {"id": "cus_long", "name": LONG[:130]}
BIG = "999999999.99"
MANUAL = (
    *("--kind", "CORRECTION", "--narrative", "A correction of the opening balances"),
    *("--customer", "cus_long", "--product", "prod_1"),
    *("--line", f"debit DEFERRED {BIG}", "--line", f"credit RECOGNIZED {BIG}"),
)
COMMANDS = (
    "journals",
    "journals --month 2025-03",
    "journal 5",
    "journals --group-by customer,product,document",
    "journals --by-month",
    "deferred-revenue",
    "waterfall",
    "waterfall --cohorts",
    "roll-forward",
    "population",
    "tie-out",
    "close-checklist",
    "balance list",
    "lock 2025-03-31 --dry-run",
    "manual list",
    "manual show MJ-1",
    "manual recurring list",
    "exports",
    "activity",
)
"""Every command that prints amounts in a table, on the ledger of `fill`."""
LEAVES_OUT = {"waterfall", "waterfall --cohorts"}
"""They show as many months as fit, and the others as one sum."""


def fill(terminal: Terminal) -> None:
    """A ledger of nine figures, a long name, credits, balances, manual journals."""
    line = {**INVOICE["lines"][0], "amount": BIG}
    invoice = {**INVOICE, "customer": CUSTOMER, "lines": [line]}
    early = {"recognized_on": "2025-03-10", "id": "2", "product": line["product"]}
    later: dict[str, Any] = {
        **invoice,
        "id": "inv_2",
        "number": "INV-2025-000000000000000000000000000002",
        "lines": [line, {**early, "amount": BIG, "method": "POINT_IN_TIME"}],
        "issued_on": "2025-05-02",
    }
    terminal.says("import", terminal.write("documents.jsonl", invoice, later))
    for day in ("2025-03-31", "2025-05-31"):
        for account in ("BILLED", "UNBILLED", "DEFERRED", "RECOGNIZED"):
            terminal.says("balance", "enter", account, day, BIG, "--note", LONG)
    terminal.says("manual", "create", "--date", "2025-03-15", *MANUAL)
    terminal.says("manual", "submit", "MJ-1")
    recurring = ("manual", "recurring", "create", "--day", "31", "--from", "2025-05")
    terminal.says(*recurring, "--narrative", LONG, *MANUAL[-4:])
    terminal.says("manual", "recurring", "submit", "R-1")
    assert terminal.run("export", "-o", "out.csv").returncode == 0


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The settings of the ledger that `fill` makes, which is only read."""
    folder: Path = tmp_path_factory.mktemp("wide")
    prepared(folder, fill)
    return {**NOW, "DAYBOOK_DATA": str(folder / "data")}


@pytest.fixture
def width() -> Iterator[None]:
    """The width of the output may be set."""
    before = running.out.width
    yield
    running.out.width = before


def said(command: str, ledger: Mapping[str, str], width: int) -> str:
    """What a command says in a terminal of a width."""
    running.out.width = width
    ended = called(command.split(), ledger)
    assert (ended.status in {0, 1}, ended.err) == (True, ""), ended
    return ended.out


@pytest.mark.usefixtures("width")
@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_amount_is_cut(
    command: str, columns: int, ledger: Mapping[str, str]
) -> None:
    whole = Counter(AMOUNT.findall(said(command, ledger, 4_000)))
    text = said(command, ledger, columns)

    assert whole or command in {"close-checklist", "activity"}
    shown = Counter(AMOUNT.findall(text))
    if command in LEAVES_OUT:
        assert shown and not CUT.search(text), text
    else:
        assert shown == whole, text


@pytest.mark.usefixtures("width")
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_line_of_the_report_is_wider_than_the_terminal(
    columns: int, ledger: Mapping[str, str]
) -> None:
    lines = said("journals", ledger, columns).splitlines()

    assert max(map(cell_len, lines)) <= columns


@pytest.mark.usefixtures("width")
def test_a_narrow_report_has_names_above_amounts(ledger: Mapping[str, str]) -> None:
    text = said("journals --month 2025-05", ledger, 80)

    assert "No. · Month · Customer · Product · Document · Source · State" in text
    assert "Société Générale" in text and "INV-2025-000000000000000000000" in text
    assert text.rstrip().splitlines()[-1].startswith("Dr = Cr ")


@st.composite
def drawn_tables(draw: st.DrawFn) -> tuple[list[bool], list[list[str]]]:
    """Which columns are numbers, and rows of texts and numbers."""
    kinds = [*draw(st.lists(st.booleans(), max_size=8)), True]
    number = st.integers(-(10**11), 10**11).map(lambda minor: f"{minor:,}.00")
    text = st.text("abc Zé漢[]", max_size=60)
    row = st.tuples(*(number if is_number else text for is_number in kinds))
    return kinds, [[*cells] for cells in draw(st.lists(row, min_size=1, max_size=4))]


@given(drawn_tables(), st.integers(40, 200))
def test_every_table_has_its_numbers_whole_and_no_line_too_long(
    drawn: tuple[list[bool], list[list[str]]], width: int
) -> None:
    kinds, rows = drawn
    table = plain_table()
    for index, is_number in enumerate(kinds):
        table.add_column(
            f"C{index}",
            justify="right" if is_number else "left",
            no_wrap=True,
            overflow="ellipsis",
        )
    for cells in rows:
        table.add_row(*cells, end_section=not cells[0])
    console = Console(width=width, soft_wrap=True, highlight=False)
    with console.capture() as capture:
        console.print(table, markup=False)
    lines = capture.get().splitlines()

    expected = Counter(
        cell
        for cells in rows
        for cell, is_number in zip(cells, kinds, strict=True)
        if is_number
    )
    words = Counter(word for line in lines for word in line.split())
    assert {cell: words[cell] for cell in expected} == expected
    assert max(map(cell_len, lines)) <= width
