"""`daybook import` of a sheet: without a mapping, and with one that is drafted."""

from pathlib import Path

import pytest

from daybook_terminal import Terminal

SHEET = """\
Invoice No;Date;Customer;Item;Net;Currency;Sales rep
INV-1;31/01/2025;Acme;Setup;"12,000.00";GBP;Ann
INV-2;28/02/2025;ACME;Setup;"2,500.00";GBP;Ann
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


@pytest.fixture
def sheet(terminal: Terminal) -> Terminal:
    (terminal.folder / "sheet.csv").write_text(SHEET)
    return terminal


def test_without_a_mapping_the_error_names_both_ways_out(sheet: Terminal) -> None:
    result = sheet.run("import", "sheet.csv")

    assert result.returncode == 2
    first, *rest = result.stderr.splitlines()
    assert rest == ["daybook: sheet.csv: 1 problem, nothing was recorded"]
    assert "`daybook import --map`" in first
    assert "`--make-map`" in first
    assert "type, id, status, currency, customer.id, customer.name" in first
    assert "treatment" not in first


def test_a_drafted_mapping_imports_the_sheet(sheet: Terminal) -> None:
    made = sheet.run("import", "sheet.csv", "--make-map", "sheet.toml")
    listed = sheet.run("journals", "--csv")
    dry = sheet.run("import", "sheet.csv", "--map", "sheet.toml", "--dry-run")
    done = sheet.run("import", "sheet.csv", "--map", "sheet.toml")

    assert made.returncode == 0
    assert made.stdout.splitlines() == [
        "sheet.toml: 6 of 7 columns recognized.",
        "  not read: Sales rep",
        "Next, read it, then: daybook import sheet.csv --map sheet.toml --dry-run",
    ]
    assert "INV-1" not in listed.stdout
    assert "2 invoices would be recorded" in dry.stdout
    assert "2 invoices recorded" in done.stdout


def test_what_is_open_is_told(sheet: Terminal) -> None:
    text = SHEET.replace("31/01", "01/01").replace("28/02", "02/02")
    (sheet.folder / "sheet.csv").write_text(
        text.replace(";Currency", ";Curtains").replace("GBP", "blue")
    )

    made = sheet.run("import", "sheet.csv", "--make-map", "sheet.toml")

    assert made.returncode == 0
    lines = made.stdout.splitlines()
    assert lines[1] == "  not read: Curtains, Sales rep"
    assert lines[2].startswith("  open: issued_on: day or month first? '01/01/2025'")
    assert lines[3] == "  open: currency: no column has the currency; which is it?"
    assert lines[4].startswith("Next, decide what is open in it, then: daybook import")


def test_an_existing_file_is_never_overwritten(sheet: Terminal) -> None:
    mine = sheet.folder / "sheet.toml"
    mine.write_text("mine")

    result = sheet.run("import", "sheet.csv", "--make-map", "sheet.toml")

    assert result.returncode == 2
    assert result.stderr == (
        "daybook: sheet.toml exists, and isn't overwritten: name another file\n"
    )
    assert mine.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--dry-run",), "leave out --dry-run"),
        (("--map", "sheet.csv"), "leave out --map"),
        (("--problems", "p.csv"), "leave out --problems"),
        (("sheet.csv",), "for one file"),
    ],
)
def test_options_of_imports_are_refused(
    arguments: tuple[str, ...], words: str, sheet: Terminal
) -> None:
    result = sheet.run("import", "sheet.csv", *arguments, "--make-map", "sheet.toml")

    assert result.returncode == 2
    assert words in result.stderr
    assert not (sheet.folder / "sheet.toml").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.csv", None, "there is no such file"),
        ("json.jsonl", '{"type": "invoice"}', "JSON Lines, which needs no mapping"),
        ("empty.csv", "", "the file is empty"),
    ],
)
def test_what_is_no_sheet_has_no_mapping(
    name: str, content: str | None, words: str, terminal: Terminal
) -> None:
    if content is not None:
        (terminal.folder / name).write_text(content)

    result = terminal.run("import", name, "--make-map", "new.toml")

    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not (terminal.folder / "new.toml").exists()


def test_a_folder_that_can_not_be_written_is_told(sheet: Terminal) -> None:
    result = sheet.run("import", "sheet.csv", "--make-map", "no/such/sheet.toml")

    assert result.returncode == 2
    assert "no/such/sheet.toml can't be written: No such file" in result.stderr


def test_problems_of_one_kind_are_one_line_with_the_way_out(sheet: Terminal) -> None:
    sheet.says("import", "sheet.csv", "--make-map", "sheet.toml")
    mapping = sheet.folder / "sheet.toml"
    mapping.write_text(mapping.read_text().replace('thousands = ","', ""))

    result = sheet.run("import", "sheet.csv", "--map", "sheet.toml")

    first, *rest = result.stderr.splitlines()
    assert first == (
        "sheet.csv: 2 times (lines 2, 3): Net: amount '12,000.00', '2,500.00' is not a "
        'decimal number such as 1234.50: write it so, or say thousands = "," under '
        "[numbers] in a mapping [INVALID_AMOUNT]"
    )
    assert rest == [
        "daybook: --problems FILE writes each problem with its line",
        "daybook: sheet.csv: 2 problems, nothing was recorded",
    ]


def test_a_header_that_no_mapping_reads_gets_none(sheet: Terminal) -> None:
    text = SHEET.replace(";Sales rep", ";Net")
    (sheet.folder / "sheet.csv").write_text(text)

    made = sheet.run("import", "sheet.csv", "--make-map", "sheet.toml")

    assert made.returncode == 2
    first, last = made.stderr.splitlines()
    assert "the header names twice: Net; rename one of each" in first
    assert last == "daybook: sheet.csv: no mapping was written"
    assert not (sheet.folder / "sheet.toml").exists()


@pytest.mark.parametrize(("count", "status"), [(994, 0), (995, 2)])
def test_many_columns_are_cut_on_the_screen(
    sheet: Terminal, count: int, status: int
) -> None:
    others = [f"Other {at}" for at in range(count)]
    head, *rows = SHEET.replace(";Sales rep", "").replace(";Ann", "").splitlines()
    lines = [";".join([head, *others]), *(row + ";" * count for row in rows)]
    (sheet.folder / "sheet.csv").write_text("\n".join(lines))

    made = sheet.run("import", "sheet.csv", "--make-map", "sheet.toml")

    assert made.returncode == status
    if count == 994:
        _, ignored, _ = made.stdout.splitlines()
        assert ignored.endswith(", Other 19 and 974 more")
        assert "Other 993" in (sheet.folder / "sheet.toml").read_text()
        dry = sheet.run("import", "sheet.csv", "--map", "sheet.toml", "--dry-run")
        assert dry.returncode == 0
    else:
        assert "more than 1,000 columns" in made.stderr


def test_json_lines_are_refused_with_a_mapping(sheet: Terminal) -> None:
    sheet.run("import", "sheet.csv", "--make-map", "sheet.toml")
    (sheet.folder / "a.jsonl").write_text("{}\n")

    ended = sheet.run("import", "a.jsonl", "--map", "sheet.toml")

    assert ended.returncode == 2
    assert "to which no mapping applies: leave out --map" in ended.stderr
