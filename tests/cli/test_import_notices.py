"""Notices of an import in the terminal, in the activity log and in the trail."""

import csv
from pathlib import Path
from typing import Any

import pytest

from daybook_terminal import INVOICE, Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def sold(at: int, customer: str, **more: Any) -> dict[str, Any]:
    """An invoice to a customer, with a number of its own."""
    own = {"id": f"inv_{at}", "number": f"INV-{at}"}
    return INVOICE | own | {"customer": {"id": customer, "name": customer}} | more


def credited(at: int, amount: str) -> dict[str, Any]:
    """A credit note that names no invoice."""
    line = {"id": "1", "product": INVOICE["lines"][0]["product"], "amount": amount}
    own = {"type": "credit_note", "id": f"cn_{at}", "number": f"CN-{at}"}
    parties = {"customer": {"id": "cus_1", "name": "Core"}, "lines": [line]}
    return INVOICE | own | parties | {"issued_on": "2025-03-01"}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_few_notices_are_told_one_by_one(terminal: Terminal) -> None:
    name = terminal.write(
        "few.jsonl",
        sold(1, "Acme"),
        sold(2, "ACME"),
        sold(3, "Bolt", number="INV-1"),
        credited(1, "1250.00"),
    )

    dry = terminal.run("import", name, "--dry-run")
    ended = terminal.run("import", name)

    assert (dry.returncode, ended.returncode) == (0, 0)
    assert ended.stderr.splitlines() == [
        (
            "notice: few.jsonl: line 3: number 'INV-1' is also that of invoice 'inv_1';"
            " the document was recorded [NUMBER_IN_USE]"
        ),
        (
            "notice: few.jsonl: line 4: invoice_id: credit note 'cn_1' names no"
            " invoice, so it takes 1,250.00 USD of revenue at once from customer"
            " 'cus_1' (product 'prod_1'); to credit an invoice instead, void it as it"
            " is recorded (status VOIDED), and send it again under another id, with"
            " invoice_id, and invoice_line_id in each line; the document was recorded"
            " [CREDIT_WITHOUT_INVOICE]"
        ),
        (
            "notice: few.jsonl: line 2: customer.id: customer 'ACME' differs from"
            " customer 'Acme' only in case or spaces; the document was recorded"
            " [SIMILAR_CUSTOMER]"
        ),
    ]
    assert len(dry.stderr.splitlines()) == 3
    assert (
        "give it invoice_id, and invoice_line_id in each line; the document would"
        in (dry.stderr)
    )


def test_many_of_a_code_are_one_line(terminal: Terminal) -> None:
    name = terminal.write(
        "many.jsonl",
        *(sold(at, f"Customer {at}") for at in range(4)),
        *(sold(10 + at, f"customer  {at}") for at in range(4)),
        *(sold(20 + at, "Bolt", number="7") for at in range(5)),
        *(credited(at, "250.00") for at in range(4)),
    )

    ended = terminal.run("import", name)

    assert ended.stderr.splitlines() == [
        (
            "notice: many.jsonl: 4 times (lines 10, 11, 12, …): number '7' is also that"
            " of another document of its kind; the documents were recorded"
            " [NUMBER_IN_USE]"
        ),
        (
            "notice: many.jsonl: 4 times (lines 14, 15, 16, …): credit note 'cn_0',"
            " 'cn_1', 'cn_2', … names no invoice, so it takes revenue at once, 1,000.00"
            " USD in all; to credit an invoice instead, void it as it is recorded"
            " (status VOIDED), and send it again under another id, with invoice_id, and"
            " invoice_line_id in each line; the documents were recorded"
            " [CREDIT_WITHOUT_INVOICE]"
        ),
        (
            "notice: many.jsonl: 4 times (lines 5, 6, 7, …): customer 'customer  0'"
            " (like 'Customer 0'), 'customer  1' (like 'Customer 1'), 'customer  2'"
            " (like 'Customer 2'), … differs from another one only in case or spaces;"
            " the documents were recorded [SIMILAR_CUSTOMER]"
        ),
    ]


def test_a_file_has_each_of_them(terminal: Terminal) -> None:
    few = terminal.write("few.jsonl", sold(0, "Bolt", number="7"))
    many = terminal.write(
        "many.jsonl", *(sold(at, "Bolt", number="7") for at in range(1, 6))
    )

    dry = terminal.run("import", few, many, "--dry-run")
    ended = terminal.run("import", few, many, "--problems", "told.csv")

    assert dry.stderr.splitlines()[1:] == [
        "daybook: --problems FILE writes each notice with its line"
    ]
    assert len(ended.stderr.splitlines()) == 1
    rows = rows_of(terminal.folder / "told.csv")
    assert [(row["file"], row["line"]) for row in rows] == [
        ("many.jsonl", str(at)) for at in range(1, 6)
    ]
    assert {(row["kind"], row["path"], row["code"]) for row in rows} == {
        ("NOTICE", "number", "NUMBER_IN_USE")
    }
    assert rows[0]["message"] == "number '7' is also that of invoice 'inv_0'"


def test_the_file_is_always_of_the_last_command(terminal: Terminal) -> None:
    good = terminal.write("good.jsonl", sold(1, "Acme"), sold(2, "ACME"))
    bad = terminal.write("bad.jsonl", sold(3, "Bolt", currency="?"))
    told = terminal.folder / "told.csv"

    terminal.run("import", good, bad, "--problems", "told.csv")
    assert [(row["kind"], row["file"]) for row in rows_of(told)] == [
        ("NOTICE", "good.jsonl"),
        ("PROBLEM", "bad.jsonl"),
    ]

    terminal.run("import", good, "--problems", "told.csv")
    assert rows_of(told) == []


def test_the_same_file_again_has_none(terminal: Terminal) -> None:
    name = terminal.write("a.jsonl", sold(1, "Acme"), sold(2, "ACME", number="INV-1"))
    first = terminal.run("import", name)

    again = terminal.run("import", name)

    assert len(first.stderr.splitlines()) == 2
    assert (again.returncode, again.stderr) == (0, "")


def test_the_log_and_the_trail_count_them(terminal: Terminal) -> None:
    name = terminal.write("a.jsonl", sold(1, "Acme"), sold(2, "ACME", number="INV-1"))
    terminal.run("import", name)

    log = terminal.says("activity", "--csv")
    trail = terminal.says("audit", "list", "--csv")

    told = "2 notices: 1 number in use, 1 similar customer"
    assert f"import of a.jsonl; {told}" in log
    assert f"Recorded 2 invoices; {told}" in trail


def test_each_ledger_counts_its_own_notices(terminal: Terminal) -> None:
    euros = credited(2, "20.00") | {"currency": "EUR"}
    name = terminal.write("a.jsonl", sold(1, "core"), credited(1, "10.00"), euros)
    terminal.run("import", name)

    log = terminal.says("activity", "--csv")

    of_customers = "2 notices: 1 credit without an invoice, 1 similar customer"
    assert log.count(f"import of a.jsonl; {of_customers}") == 1
    assert log.count("import of a.jsonl; 1 notice: 1 credit without an invoice") == 1


def test_a_void_of_what_was_never_recorded_is_counted_apart(
    terminal: Terminal,
) -> None:
    void = sold(2, "Bolt", status="VOIDED")
    name = terminal.write("a.jsonl", sold(1, "Acme"), void)

    first = terminal.says("import", name)
    again = terminal.says("import", name)

    told = "1 void invoice never recorded, 0 drafts"
    assert f"1 invoice recorded, 0 unchanged, {told}" in first
    assert f"a.jsonl: 1 unchanged, {told}" in again


def test_changed_documents_and_drafts_are_named(terminal: Terminal) -> None:
    """The 1,200.00 of a line become 600.00, one is voided, one gets another number."""
    lines = INVOICE["lines"]
    halved = [{**lines[0], "amount": "600.00"}, *lines[1:]]
    name = terminal.write("a.jsonl", sold(1, "Acme"), sold(2, "Bolt"), sold(3, "Core"))
    terminal.says("import", name)
    name = terminal.write(
        "b.jsonl",
        sold(1, "Acme", lines=halved),
        sold(2, "Bolt", status="VOIDED"),
        sold(3, "Core", number="INV-99"),
        sold(4, "Dune", status="DRAFT"),
    )

    dry = terminal.says("import", name, "--dry-run")
    ended = terminal.says("import", name)

    revised = (
        "invoice inv_1 (1,200.00 → 600.00 USD), invoice inv_3 (1,200.00 USD as before)"
    )
    assert dry.splitlines()[1:] == [
        f"  would be revised: {revised}",
        "  would be voided: invoice inv_2 (1,200.00 USD)",
        "  not recorded, as drafts: invoice inv_4",
    ]
    assert ended.splitlines()[1:] == [
        f"  revised: {revised}",
        "  voided: invoice inv_2 (1,200.00 USD)",
        "  not recorded, as drafts: invoice inv_4",
    ]
    log = terminal.says("activity", "--csv")
    told = (
        f"import of b.jsonl; revised: {revised}; voided: invoice inv_2 (1,200.00 USD)"
    )
    assert log.count(told) == 1


def test_many_changed_documents_are_named_by_the_first_of_each_ledger(
    terminal: Terminal,
) -> None:
    many = [sold(at, "Acme") for at in range(1, 9)]
    euros = sold(9, "Acme", currency="EUR")
    terminal.says("import", terminal.write("a.jsonl", *many, euros))
    voids = [invoice | {"status": "VOIDED"} for invoice in (*many, euros)]

    ended = terminal.says("import", terminal.write("b.jsonl", *voids))

    assert "  voided: invoice inv_" in ended
    assert ", 4 more\n" in ended
    log = terminal.says("activity", "--csv")
    assert "import of b.jsonl; voided: invoice inv_9 (1,200.00 EUR)" in log
    assert "invoice inv_5 (1,200.00 USD), 3 more" in log


def test_all_changed_documents_are_written_to_a_file(terminal: Terminal) -> None:
    """Eight invoices of 1,200.00: seven become 600.00, one is voided."""
    terminal.says("import", terminal.write("a.jsonl", *map(sold, range(1, 9), "A" * 8)))
    lines = INVOICE["lines"]
    halved = [{**lines[0], "amount": "600.00"}, *lines[1:]]
    changed = [sold(at, "A", lines=halved, number=f"N-{at}") for at in range(1, 8)]
    name = terminal.write("b.jsonl", *changed, sold(8, "A", status="VOIDED"))

    hinted = terminal.says("import", name, "--dry-run")
    dry = terminal.says("import", name, "--dry-run", "--changes", "dry.csv")
    ended = terminal.says("import", name, "--changes", "c.csv")
    again = terminal.says("import", name, "--changes", "again.csv")

    assert ", 2 more (--changes FILE names each)\n" in hinted
    assert ", 2 more\n" in dry
    assert ", 2 more\n" in ended
    assert "8 unchanged" in again
    header = "change,kind,id,number,currency,total_before,total_after,file"
    rows = (terminal.folder / "c.csv").read_text().splitlines()
    assert rows == [
        header,
        "VOIDED,INVOICE,inv_8,INV-8,USD,1200.00,,b.jsonl",
        *(
            f"REVISED,INVOICE,inv_{at},N-{at},USD,1200.00,600.00,b.jsonl"
            for at in range(1, 8)
        ),
    ]
    assert (terminal.folder / "dry.csv").read_text().splitlines() == rows
    assert (terminal.folder / "again.csv").read_text().splitlines() == [header]


def test_a_refused_file_has_no_changes(terminal: Terminal) -> None:
    """The first file is recorded, the second one is refused as a whole."""
    lines = INVOICE["lines"]
    halved = [{**lines[0], "amount": "600.00"}, *lines[1:]]
    terminal.says("import", terminal.write("a.jsonl", sold(1, "A"), sold(2, "A")))
    good = terminal.write("b.jsonl", sold(1, "A", lines=halved))
    other_customer = sold(1, "B", lines=halved)
    bad = terminal.write("c.jsonl", sold(2, "A", lines=halved), other_customer)

    ended = terminal.run("import", good, bad, "--changes", "c.csv")

    assert ended.returncode == 2
    assert "1 problem, nothing was recorded" in ended.stderr
    rows = (terminal.folder / "c.csv").read_text().splitlines()
    assert rows[1:] == ["REVISED,INVOICE,inv_1,INV-1,USD,1200.00,600.00,b.jsonl"]


def test_changes_are_written_over_nothing_but_changes(terminal: Terminal) -> None:
    name = terminal.write("a.jsonl", sold(1, "A"))
    (terminal.folder / "p.csv").write_text("a,b\n")

    other = terminal.run("import", name, "--changes", "p.csv")
    same = terminal.run("import", name, "--changes", "c.csv", "--problems", "./c.csv")
    read = terminal.run("import", name, "--changes", name)

    assert "--changes p.csv exists, and isn't a file of changes" in other.stderr
    assert "--problems and --changes are the same file, c.csv: name two" in same.stderr
    assert f"--changes {name} is read, too: name another file" in read.stderr
    assert (terminal.folder / "p.csv").read_text() == "a,b\n"


def test_names_that_an_import_changes_are_told_beforehand(terminal: Terminal) -> None:
    product = {"id": "prod_1", "name": "Platform", "category": "SaaS"}

    def of(file_name: str, at: int, product: dict[str, str]) -> str:
        line = INVOICE["lines"][0] | {"product": product}
        return terminal.write(file_name, sold(at, "cus_1", lines=[line]))

    terminal.run("import", of("first.jsonl", 1, product))
    renamed = of("second.jsonl", 2, {"id": "prod_1", "name": "Platfrom"})

    dry = terminal.run("import", renamed, "--dry-run")
    ended = terminal.run("import", renamed)

    told = "    product prod_1: Platform is renamed Platfrom"
    assert dry.stdout.splitlines()[1:] == [
        "  would be changed in all ledgers:",
        told,
    ]
    assert ended.stdout.splitlines()[1:] == ["  changed in all ledgers:", told]
