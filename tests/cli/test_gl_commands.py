"""`daybook gl` in a terminal: connections and their dataset."""

import re
from pathlib import Path

import pytest

from daybook_terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in an empty folder."""
    return Terminal(tmp_path)


def refused(terminal: Terminal, *arguments: str) -> str:
    ended = terminal.run("gl", *arguments)
    assert (ended.returncode, ended.stdout) == (2, ""), ended
    return ended.stderr


def test_connections_from_the_first_to_the_last(terminal: Terminal) -> None:
    def gl(*arguments: str) -> str:
        return terminal.says("gl", *arguments)

    assert gl("dataset") == (
        "Reporting currency: none yet\nMain connection:    none yet\n"
    )
    uk = gl("connection", "add", "Northwind UK", "--currency", "GBP")
    assert uk == "Connection Northwind UK is added.\n"
    gl(
        *("connection", "add", "Northwind Inc", "--currency", "USD"),
        *("--year-end", "02-29", "--takes", "USD", "--takes", "EUR"),
    )
    change = ("connection", "update", "northwind inc", "--period-lock", "2025-03-31")
    more = ("--account", "tax=820-id", "--count-forecasts", "--budget", "b-1")
    assert gl(*change, *more) == "Connection northwind inc is changed.\n"
    assert gl(*change, *more) == "Connection northwind inc is as before.\n"

    listed = gl("connection", "list")
    assert re.search(r"Northwind UK +GBP +yes +12-31 +\n", listed)
    assert re.search(
        r"Northwind Inc +USD +02-29 +2025-03-31 +EUR, USD +b-1 +yes +tax 820-id",
        listed,
    )
    assert gl("dataset", "--currency", "EUR", "--main", "Northwind Inc") == (
        "Reporting currency: EUR\nMain connection:    Northwind Inc\n"
    )
    assert gl("dataset", "--currency", "NONE").startswith("Reporting currency: USD\n")
    gl(
        *("connection", "update", "Northwind Inc", "--period-lock", "none"),
        *("--takes", "NONE", "--account", "tax=", "--budget", "NONE"),
        *("--rename", "Northwind"),
    )
    listed = gl("connection", "list")
    assert re.search(r"Northwind +USD +yes +02-29 +yes +\n", listed)
    gl("connection", "remove", "Northwind UK")
    assert gl("connection", "remove", "Northwind").endswith("is removed.\n")
    assert "Northwind" not in gl("connection", "list")
    trail = terminal.says("audit", "list")
    assert "Added connection 1, Northwind UK in GBP, the main one" in trail
    assert "Main connection: Northwind UK → Northwind Inc" in trail
    assert "The audit trail holds" in terminal.says("audit", "verify")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "uk", "--currency", "GBP"), "there is a connection 'uk' already"),
        (("add", "Inc", "--currency", "usd"), "'usd' is not the ISO 4217 code"),
        (
            ("add", "Inc", "--currency", "USD", "--year-end", "31-12"),
            "--year-end '31-12' is not a day MM-DD, such as 03-31",
        ),
        (("update", "UKK"), "there is no connection 'UKK'; did you mean UK?"),
        (("update", "UK", "--account", "tax"), "--account 'tax' is not ROLE=ID"),
        (
            ("update", "UK", "--account", "taxes=1"),
            "--account 'taxes' is not one of receivable, payable, tax,",
        ),
        (("update", "UK", "--year-lock", "2025"), "'2025' is not a date YYYY-MM-DD"),
        (("remove", "Inc"), "there is no connection 'Inc'"),
    ],
)
def test_what_is_wrong_is_said(
    terminal: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    terminal.says("gl", "connection", "add", "UK", "--currency", "GBP")

    assert words in refused(terminal, "connection", *arguments)
    assert "no connection 'Inc'" in refused(terminal, "dataset", "--main", "Inc")
