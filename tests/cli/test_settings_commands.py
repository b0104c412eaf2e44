"""Locks, settings, the log and the audit trail on the command line."""

import sqlite3
from pathlib import Path

import pytest

from daybook_terminal import Terminal

INVOICE = {
    "type": "invoice",
    "id": "inv_1",
    "number": "INV-1",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme"},
    "issued_on": "2025-01-01",
    "lines": [
        {
            "id": "1",
            "product": {"id": "prod_1", "name": "Platform"},
            "amount": "1200.00",
            "service_from": "2025-01-01",
            "service_to": "2025-12-31",
        }
    ],
}


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over one invoice."""
    made = Terminal(tmp_path)
    made.says("import", made.write("invoices.jsonl", INVOICE))
    return made


def test_a_ledger_is_locked_and_unlocked(terminal: Terminal) -> None:
    words = "USD ledger locked through 2025-12-31"

    first = terminal.says("lock", "2025-12-31")
    again = terminal.says("lock", "2025-12-31", "--currency", "USD")

    assert first == f"{words}; the first open day is 2026-01-01.\n"
    assert again == f"{words}, as before; the first open day is 2026-01-01.\n"
    by_date = terminal.says("lock", "--by-accounting-date")
    assert by_date == "USD ledger locked by accounting date.\n"
    assert terminal.says("unlock") == "USD ledger unlocked.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lock",), "give the last locked day, or --by-accounting-date"),
        (("lock", "2025-1-1"), "'2025-1-1' is not a date YYYY-MM-DD"),
        (("lock", "2025-01-01", "--by-accounting-date"), "give the last locked day"),
        (("unlock", "--currency", "EUR"), "there is no ledger in 'EUR': there are USD"),
        (("settings", "--method", "usage"), "--method 'usage' is not one of STRAIGHT_"),
        (
            ("settings", "--method", "USEAGE"),
            "--method 'USEAGE' is not one of STRAIGHT_LINE, USAGE, POINT_IN_TIME, ",
        ),
        (("settings", "--strategy", "x"), "--strategy 'x' is not one of DAILY_RATE"),
        (("settings", "--time-zone", "Mars"), "'Mars' is not a time zone's name"),
        (("product", "x", "--method", "USAGE"), "there is no product with the id 'x'"),
        (("account", "CASH", "--name", "x"), "ROLE 'CASH' is not one of BILLED"),
        (
            ("account", "BILLED", "--name", "x", "--product", "a", "--category", "b"),
            "give --product or --category",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    terminal: Terminal, arguments: tuple[str, ...], message: str
) -> None:
    ended = terminal.run(*arguments)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"daybook: {message}")
    assert ended.stderr.count("\n") == 1


def test_settings_are_changed_and_shown(terminal: Terminal) -> None:
    terminal.says("settings", "--method", "USAGE", "--strategy", "EXACT_DAYS")
    terminal.says("settings", "--breakage", "--time-zone", "Europe/Berlin")
    terminal.says("settings", "--undated-lines", "ACCOUNTING_DATE")
    named = terminal.says("account", "DEFERRED", "--name", "PRA [1]", "--code", "39")
    terminal.says("account", "BILLED", "--name", "Sub", "--product", "prod_1")
    product = terminal.says("product", "prod_1", "--method", "USAGE")

    shown = terminal.says("settings")

    assert named == "USD DEFERRED: PRA [1].\n"
    assert product == "Product prod_1: method USAGE.\n"
    lines = [line.split() for line in shown.splitlines()]
    assert ["Method", "USAGE"] in lines
    assert ["Strategy", "EXACT_DAYS"] in lines
    assert ["Breakage", "on"] in lines
    assert ["Undated", "lines", "ACCOUNTING_DATE"] in lines
    assert ["Locked", "no"] in lines
    assert ["DEFERRED", "PRA", "[1]", "(39)"] in lines
    assert ["BILLED", "product:prod_1", "Sub"] in lines
    assert shown.startswith("Days end at 24:00 in Europe/Berlin.\n")


def test_what_was_done_is_listed_newest_first(terminal: Terminal) -> None:
    terminal.says("lock", "2025-12-31")
    terminal.run("unlock", "--currency", "EUR")

    log = terminal.says("activity", "--limit", "2")
    trail = terminal.says("audit", "list", "--limit", "1")

    assert log.index("LOCK failed") < log.index("USD ledger locked through 2025-12-31")
    assert "2 of 3 lines; --limit shows more." in log
    assert "SET_LOCK" in trail and "LEDGER USD" in trail and "command line" in trail
    assert "1 of 2 records; --limit shows more." in trail


def test_a_changed_record_is_named_with_status_1(terminal: Terminal) -> None:
    terminal.says("lock", "2025-12-31")
    assert terminal.says("audit", "verify") == "The audit trail holds: 2 records.\n"

    with sqlite3.connect(terminal.folder / "data" / "daybook.db") as connection:
        connection.execute("DROP TRIGGER audit_records_keep")
        connection.execute("UPDATE audit_records SET made_by = 'x' WHERE number = 2")
    connection.close()
    ended = terminal.run("audit", "verify")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "daybook: audit record 2 was changed: its hash is another's\n"
    )
