"""The UCI Online Retail data set, as it is published, by the mapping in `examples`."""

import gzip
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from daybook.calendar import month_of, month_text
from daybook.documents.reading import read_file
from daybook.documents.reading.mapping import load_mapping
from daybook.documents.rules import Document
from daybook.ledger.rules import SourceKind
from daybook.money import amount_text
from daybook.recognition.rules import Method
from daybook_services.left_out import leave_out

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "online_retail" / "online_retail.csv.gz"
MAPPING = ROOT / "examples" / "online_retail.toml"
CHECK = ROOT / "examples" / "check_online_retail.py"
FIRST_ROWS = 20_000
"""Those of nine days; all of them take a minute."""

# A few rows as they stand in the file, one of each kind.
SAMPLE = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,UK
536365,71053,WHITE METAL LANTERN ,6,2010-12-01 08:27:00,3.39,17850.0,UK
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,1,2010-12-01 08:26:00,2.55,17850.0,UK
C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527.0,UK
536414,22139,,56,2010-12-01 11:52:00,0.0,,UK
536589,21777,,-10,2010-12-01 16:50:00,0.0,,UK
A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,11062.06,,UK
550193,PADS,PADS TO MATCH ALL CUSHIONS,1,2011-04-15 09:27:00,0.001,13952.0,UK
536544,21773,,2,2010-12-01 14:32:00,2.51,,UK
"""


def test_each_kind_of_row_is_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "sample.csv"
    file.write_text(SAMPLE, encoding="utf-8")

    reading = read_file(file, load_mapping(MAPPING), bytes_max=10**6)

    invoice, walk_in, credit = reading.documents
    assert (invoice.kind, invoice.id) == (SourceKind.INVOICE, "536365")
    assert [line.id for line in invoice.lines] == ["1", "2", "3"]
    assert [line.amount for line in invoice.lines] == [1_530, 2_034, 255]
    assert (credit.kind, credit.lines[0].amount) == (SourceKind.CREDIT_NOTE, 2_750)
    assert walk_in.customer.id == "walk-in"
    assert walk_in.lines[0].product is not None
    assert walk_in.lines[0].product.name == "21773"
    assert reading.rows == 9
    assert reading.left_out == {
        "bad-debt adjustment (InvoiceNo A…)": 1,
        "stock adjustment (negative quantity, not a cancellation)": 1,
        "price of zero": 1,
        "amount of zero": 1,
    }


@pytest.fixture
def data() -> Path:
    """The whole data set."""
    if not DATA.exists():
        leave_out("the UCI Online Retail data set isn't beside the repository")
    return DATA


def test_its_first_rows_import_as_they_are(data: Path, tmp_path: Path) -> None:
    first, table = tmp_path / "first.csv", tmp_path / "recognized.csv"
    with gzip.open(data, "rt", encoding="utf-8", newline="") as rows:
        first.write_text("".join(islice(rows, 1 + FIRST_ROWS)), encoding="utf-8")

    reading = read_file(first, load_mapping(MAPPING), bytes_max=2**24)

    lines = sum(len(document.lines) for document in reading.documents)
    assert reading.rows == FIRST_ROWS
    assert lines == FIRST_ROWS - sum(reading.left_out.values())
    table.write_text(recognized(reading.documents), encoding="utf-8")
    assert check(first, table).returncode == 0


@pytest.mark.faults
def test_the_whole_data_set_imports_as_it_is(data: Path, tmp_path: Path) -> None:
    reading = read_file(data, load_mapping(MAPPING), bytes_max=128 * 2**20)

    assert reading.rows == 541_909
    assert sum(reading.left_out.values()) == 2_522
    kinds = Counter(document.kind for document in reading.documents)
    assert kinds == {SourceKind.INVOICE: 19_959, SourceKind.CREDIT_NOTE: 3_836}
    assert sum(len(document.lines) for document in reading.documents) == 539_387
    table = tmp_path / "recognized.csv"
    table.write_text(recognized(reading.documents), encoding="utf-8")
    assert check(data, table).returncode == 0


def check(data: Path, table: Path) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [sys.executable, CHECK, data, "--against", table]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def recognized(documents: list[Document]) -> str:
    """The monthly sums of what is recognized, as `check_online_retail.py` takes it."""
    months: Counter[str] = Counter()
    for document in documents:
        sign = 1 if document.kind is SourceKind.INVOICE else -1
        for line in document.lines:
            terms = line.terms
            assert terms is not None
            assert terms.method is Method.POINT_IN_TIME
            assert terms.recognized_on == document.accounting_date
            months[month_text(month_of(document.accounting_date))] += sign * line.amount
    rows = [f"{month},{amount_text(sum_, 'GBP')}" for month, sum_ in months.items()]
    return "\n".join(["month,recognized", *rows])


def test_the_check_tells_a_month_that_differs(tmp_path: Path) -> None:
    data, table = tmp_path / "sample.csv", tmp_path / "recognized.csv"
    data.write_text(SAMPLE, encoding="utf-8")

    table.write_text("month,recognized\n2010-12,15.71\n", encoding="utf-8")
    agreeing = check(data, table)
    table.write_text("month,recognized\n2010-12,15.72\n", encoding="utf-8")
    differing = check(data, table)

    assert agreeing.returncode == 0
    assert differing.returncode == 1
    assert "2010-12: expected 15.71, found 15.72" in differing.stderr
