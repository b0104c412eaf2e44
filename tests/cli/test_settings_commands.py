"""Locks, settings, the log and the audit trail on the command line."""

import sqlite3
from pathlib import Path

import pytest

from daybook_terminal import INVOICE, Terminal, import_an_invoice, prepared


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over one invoice."""
    return prepared(tmp_path, import_an_invoice)


def test_a_ledger_is_locked_and_unlocked(terminal: Terminal) -> None:
    words = "USD ledger locked through 2025-05-31"

    first = terminal.says("lock", "2025-05-31")
    again = terminal.says("lock", "2025-05-31", "--currency", "USD")

    assert first.startswith(f"{words}; the first open day is 2025-06-01.\n")
    assert again == f"{words}, as before; the first open day is 2025-06-01.\n"
    by_date = terminal.says("lock", "--by-accounting-date", "--reason", "a reason")
    assert by_date.startswith("USD ledger locked by accounting date.\nIt opened all")
    assert terminal.says("unlock", "--reason", "a reason") == (
        "USD ledger unlocked.\n"
        "It opened for each document the days before its accounting date.\n"
    )
    assert terminal.says("unlock") == "USD ledger unlocked, as before.\n"


@pytest.mark.parametrize("option", ["--confirm", "--dry-run"])
def test_a_lock_leaves_a_day_of_the_calendar_open(
    terminal: Terminal, option: str
) -> None:
    ended = terminal.run("lock", "2099-12-31", option)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "daybook: a lock through 2099-12-31 leaves no open day in the calendar; the"
        " last day that can be locked is 2099-12-30\n"
    )


def test_a_lock_says_what_it_closes_before_and_after(terminal: Terminal) -> None:
    words = (
        "all days through 2025-02-10: 2 journals in 2025-01 … 2025-02"
        " (Billed 1,200.00, Deferred 1,064.30, Recognized 135.70)."
    )
    rows = [
        "2025-01 2025-01-01 … 2025-01-31 1 1,200.00 0.00 1,100.00 100.00",
        "2025-02 2025-02-01 … 2025-02-10 1 0.00 0.00 -35.70 35.70",
        "In all 2 1,200.00 0.00 1,064.30 135.70",
    ]

    before = terminal.says("lock", "2025-02-10", "--dry-run")
    assert "Locked no" in told(terminal.says("settings"))
    after = terminal.says("lock", "2025-02-10")

    lines = told(before)
    assert lines[0] == "USD ledger unlocked; it would be locked through 2025-02-10."
    assert lines[1] == f"It would close {words}"
    assert lines[-1] == "Nothing was changed."
    assert [line for line in lines if line in rows] == rows
    assert told(after)[1] == f"It closed {words}"
    assert [one for one in told(after) if one in rows] == rows


def test_a_lock_says_what_it_opens_before_and_after(terminal: Terminal) -> None:
    terminal.says("lock", "2025-05-31")
    words = "2025-05-01 … 2025-05-31: 1 journal in 2025-05 (Deferred -100.00,"

    before = told(terminal.says("lock", "2025-04-30", "--dry-run"))
    after = told(terminal.says("lock", "2025-04-30", "--reason", "a late invoice"))

    assert before[1].startswith(f"It would open {words}")
    assert before[-1] == "Nothing was changed. The change needs --reason."
    reasoned = ("lock", "2025-04-15", "--dry-run", "--reason", "a late invoice")
    assert told(terminal.says(*reasoned))[-1] == "Nothing was changed."
    assert after[1].startswith(f"It opened {words}")
    trail = " ".join(told(terminal.says("audit", "list")))
    assert "Opened 1–31 May 2025 in USD" in trail
    assert "reason: a late invoice" in trail
    same = terminal.says("lock", "2025-04-30", "--dry-run")
    assert same == (
        "USD ledger locked through 2025-04-30, as it would be: nothing would change.\n"
    )


def test_a_lock_past_the_month_names_what_it_needs(terminal: Terminal) -> None:
    ended = terminal.run("lock", "2052-05-31")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "daybook: this would close all days through 2052-05-31: 12 journals in 2025-01"
        " … 2025-12 (Billed 1,200.00, Recognized 1,200.00); 2052-05-31 is past the end"
        " of the present month (2025-06-30), and a lock that late must be confirmed:"
        " add --confirm\n"
    )
    assert told(terminal.says("lock", "2052-05-31", "--dry-run"))[-1] == (
        "Nothing was changed. The change needs --confirm."
    )
    confirmed = terminal.says("lock", "2052-05-31", "--dry-run", "--confirm")
    assert told(confirmed)[-1] == "Nothing was changed."
    terminal.says("lock", "2052-05-31", "--confirm")
    back = terminal.run("unlock").stderr
    assert back.endswith("; moving the lock back needs a reason: add --reason\n")


def told(text: str) -> list[str]:
    """The lines of an output that say anything, with single spaces."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


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
    terminal.says("lock", "2025-05-31")
    terminal.run("unlock", "--currency", "EUR")

    log = terminal.says("activity", "--limit", "2")
    trail = terminal.says("audit", "list", "--limit", "1")

    assert log.index("LOCK failed") < log.index("USD ledger locked through")
    assert "2 of 3 lines; --limit shows more." in log
    assert "SET_LOCK" in trail and "Ledger USD" in trail and "command line" in trail
    assert "1 of 2 records; --limit shows more." in trail


def test_a_changed_record_is_named_with_status_1(terminal: Terminal) -> None:
    terminal.says("lock", "2025-05-31")
    held = terminal.says("audit", "verify")
    assert held.startswith("The audit trail holds: 2 records, ")

    with sqlite3.connect(terminal.folder / "data" / "daybook.db") as connection:
        connection.execute("DROP TRIGGER audit_records_keep")
        connection.execute("UPDATE audit_records SET made_by = 'x' WHERE number = 2")
    connection.close()
    ended = terminal.run("audit", "verify")

    database = terminal.folder / "data" / "daybook.db"
    assert (ended.returncode, ended.stdout) == (1, f"Database: {database}\n")
    assert ended.stderr == (
        "daybook: audit record 2 was changed: its hash doesn't match\n"
    )


def test_a_currency_makes_its_ledger_before_the_first_import(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    change = ("settings", "--undated-lines", "ACCOUNTING_DATE")
    line = {"id": "1", "product": {"id": "p", "name": "P"}, "amount": "9.00"}
    undated = {**INVOICE, "currency": "GBP", "lines": [line]}
    name = terminal.write("undated.jsonl", undated)

    without = terminal.run(*change)
    unknown = terminal.run(*change, "--currency", "GPB")
    refused = terminal.run("import", name)
    made = terminal.says(*change, "--currency", "GBP")
    again = terminal.says(*change, "--currency", "GBP")

    assert without.stderr == (
        "daybook: there is no ledger yet: import documents first, or name its currency"
        " with --currency\n"
    )
    assert unknown.stderr == (
        "daybook: 'GPB' is not the ISO 4217 code of a currency in use, such as USD\n"
    )
    assert "`daybook settings --undated-lines ACCOUNTING_DATE`" in refused.stderr
    assert made.startswith("GBP ledger made.\n")
    assert "made" not in again
    trail = " ".join(told(terminal.says("audit", "list")))
    assert "Made the GBP ledger" in trail
    log = " ".join(told(terminal.says("activity")))
    assert "GBP ledger made; settings:" in log
    assert terminal.says("journals")
    assert "1 invoice recorded" in terminal.says("import", name)
    held = terminal.says("audit", "verify")
    assert held.startswith("The audit trail holds: 2 records, ")


def test_a_made_ledger_keeps_its_first_settings(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)

    made = terminal.says("settings", "--currency", "JPY", "--no-breakage")

    assert made.startswith("JPY ledger made.\n")
    assert "JPY ledger made; settings: the defaults" in terminal.says("activity")
    several = terminal.says("settings", "--currency", "EUR", "--breakage")
    assert several.startswith("EUR ledger made.\n")
    for arguments in (("unlock",), ("settings", "--breakage")):
        assert terminal.run(*arguments).stderr == (
            "daybook: choose a ledger by its currency: EUR, JPY (--currency EUR)\n"
        )
