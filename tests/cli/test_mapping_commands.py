"""`daybook mapping`: what each command says and changes, and what it refuses."""

from pathlib import Path

import pytest

from daybook_terminal import Terminal, import_an_invoice, prepared

pytestmark = pytest.mark.either_database

CHART = (
    "*Code,Report Code,*Name,*Type,*Tax Code,Description,Dashboard,Expense Claims,"
    "Enable Payments,Balance\n"
    "200,REV,Sales,Revenue,No VAT,,No,No,No,\n"
    "610,ASS,Accounts Receivable,Accounts Receivable,No VAT,,No,No,No,\n"
    "840,LIA,Deferred Income,Current Liability,No VAT,,No,No,No,\n"
)
XERO = ("--integration", "XERO")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over one invoice."""
    made = prepared(tmp_path, import_an_invoice)
    (tmp_path / "chart.csv").write_text(CHART)
    return made


def told(text: str) -> list[str]:
    """The lines of an output that say anything, with single spaces."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_accounts_are_mapped_by_the_chart_and_shown(terminal: Terminal) -> None:
    assert terminal.says("mapping", "show").startswith("Nothing is enabled or mapped")
    assert terminal.says("mapping", "chart", "chart.csv") == (
        "chart.csv: 3 accounts changed in USD.\n"
    )
    enabled = terminal.says(
        "mapping", "enable", "--integration", "xero", "--preset", "vendor",
        "--closed-through", "2025-01-31",
    )  # fmt: skip
    mapped = terminal.says("mapping", "set", "BILLED", "code=200", *XERO)
    of_product = terminal.says(
        "mapping", "set", "DEFERRED", "code=840", "tax_rate=", *XERO,
        "--product", "prod_1",
    )  # fmt: skip

    assert enabled == "Xero enabled in USD.\n"
    assert mapped == "Xero: BILLED mapped in USD.\n"
    assert of_product == "Xero: DEFERRED of product:prod_1 mapped in USD.\n"
    again = terminal.says("mapping", "set", "BILLED", "code=200", *XERO)
    assert again == "Xero: BILLED mapped, as before.\n"
    assert told(terminal.says("mapping", "show"))[2:] == [
        "Enabled yes",
        "Preset vendor",
        "Dates dd mmm yyyy",
        "Base currency not said",
        "Closed through 2025-01-31",
        "BILLED code 200, type Revenue, tax_rate No VAT",
        "UNBILLED not mapped",
        "DEFERRED not mapped",
        "DEFERRED product:prod_1 code 840, type Current Liability",
        "RECOGNIZED not mapped",
    ]


def test_a_base_currency_is_said_shown_and_taken_back(terminal: Terminal) -> None:
    base = ("mapping", "enable", "--integration", "NETSUITE", "--base-currency")

    assert terminal.says(*base, "EUR") == "NetSuite enabled in USD.\n"
    assert "Base currency EUR" in told(terminal.says("mapping", "show"))
    assert terminal.says(*base, "EUR") == "NetSuite enabled, as before.\n"
    terminal.says(*base, "NONE")
    assert "Base currency not said" in told(terminal.says("mapping", "show"))


def test_a_mapping_ends_and_a_system_is_disabled(terminal: Terminal) -> None:
    key = ("DEFERRED", *XERO, "--product", "prod_1")
    terminal.says("mapping", "set", *key[:1], "code=1", "type=Sales", *key[1:])
    terminal.says("mapping", "enable", *XERO)

    assert terminal.says("mapping", "unset", *key) == (
        "Xero: DEFERRED of product:prod_1 not mapped in USD.\n"
    )
    assert terminal.says("mapping", "disable", *XERO) == "Xero disabled in USD.\n"
    assert terminal.says("audit", "verify").startswith("The audit trail holds")


def test_a_file_is_exported_changed_and_imported(terminal: Terminal) -> None:
    terminal.says("mapping", "set", "BILLED", "code=200", "type=Sales", *XERO)
    file = terminal.folder / "xero.csv"
    terminal.says("mapping", "export", *XERO, "-o", "xero.csv")
    again = terminal.says("mapping", "import", "xero.csv", *XERO)
    text = file.read_text()

    file.write_text(text.replace("RECOGNIZED,,,,", "RECOGNIZED,,,201,Sales"))
    changed = terminal.says("mapping", "import", "xero.csv", *XERO)

    assert text.startswith("currency,role,product,category,code,type,tax_rate,")
    assert "USD,BILLED,,,200,Sales,,,,,\n" in text
    assert again == "xero.csv: 0 mappings changed, as before.\n"
    assert changed == "xero.csv: 1 mapping changed in USD.\n"
    assert "USD,RECOGNIZED,,,201,Sales," in terminal.says("mapping", "export", *XERO)


def test_problems_of_a_file_are_shown_by_line_and_column(terminal: Terminal) -> None:
    lines = (
        "role,product,code,type\nBILLED,x,200,Sales\nUNBILLED,,201,Bank\n"
        "DEFERRED,,1,Sales\n"
    )
    (terminal.folder / "wrong.csv").write_text(lines)

    ended = terminal.run("mapping", "import", "wrong.csv", *XERO)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "  line 2: productId: there is no product with the id 'x' [NOT_FOUND]\n"
        "  line 3: type: an account of type Bank can't be used: Xero posts to a bank"
        " account by its own transactions only [INVALID_VALUE]\n"
        "daybook: wrong.csv: 2 problems, nothing was changed\n"
    )
    assert "not mapped" in terminal.says("mapping", "show", *XERO)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("set", "BILLED", "200", *XERO), "'200' is not a new FIELD=VALUE"),
        (("set", "BILLED", "code=", *XERO), "give a value, or end the mapping"),
        (("set", "CASH", "code=1", *XERO), "ROLE 'CASH' is not one of BILLED"),
        (("set", "BILLED", "code=1", *XERO), "type is missing: give the type"),
        (
            ("set", "BILLED", "account=1", "--integration", "QUICKBOKS"),
            "--integration 'QUICKBOKS' is not one of XERO, QUICKBOOKS, NETSUITE; did",
        ),
        (
            ("set", "BILLED", "code=1", *XERO, "--product", "a", "--category", "b"),
            "give --product or --category, not both",
        ),
        (
            ("enable", "--integration", "NETSUITE", "--preset", "vendor"),
            "NetSuite has no sign presets: leave --preset out",
        ),
        (("enable", *XERO, "--closed-through", "soon"), "'soon' is not a date"),
        (
            ("enable", *XERO, "--base-currency", "eur"),
            "base currency 'eur' is not the ISO 4217 code of a currency in use; did",
        ),
        (("import", "nothing.csv", *XERO), "nothing.csv can't be read"),
        (
            ("chart", "chart.csv", "--integration", "NETSUITE"),
            "only Xero's chart of accounts can be imported",
        ),
        (("show", "--currency", "EUR"), "there is no ledger in 'EUR': there are USD"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    terminal: Terminal, arguments: tuple[str, ...], message: str
) -> None:
    ended = terminal.run("mapping", *arguments)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"daybook: {message}")
    assert ended.stderr.count("\n") == 1


def test_without_a_ledger_nothing_is_mapped(tmp_path: Path) -> None:
    ended = Terminal(tmp_path).run("mapping", "enable", *XERO)

    assert ended.returncode == 2
    assert ended.stderr == ("daybook: there is no ledger yet: import documents first\n")
