"""docs/datasets.md: its notebooks give the figures of the profit and loss."""

import re
from collections.abc import Mapping
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from daybook.columnar.engine import engine
from daybook.db.engine import Database
from daybook.gl.dataset.filters import LineFilter
from daybook.gl.dataset.rendering import FileForm
from daybook.gl.dataset.snapshots import fetch_parts
from daybook.gl.dataset.sums import profit_and_loss
from daybook.storage.places import gl_segments_storage
from daybook_datasets import Datasets, make_datasets
from daybook_docs_commands import ROOT
from daybook_gl_refreshes import dataset
from daybook_services.left_out import leave_out
from daybook_site import answering_at
from daybook_web.datasets.parameters import CLASSES, GAINS, SEVERAL, SINGLE, TYPES

PAGE = (ROOT / "docs" / "datasets.md").read_text("utf-8")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def datasets(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Datasets:
    """A server with a dataset."""
    return make_datasets(sqlite_template, tmp_path_factory.mktemp("datasets"))


def income(datasets: Datasets) -> Decimal:
    """What the profit and loss says of the only account of income."""

    async def work(database: Database) -> Decimal:
        snapshot = await dataset(database)
        assert snapshot is not None
        storage = gl_segments_storage(database, datasets.settings)
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            parts = fetch_parts(storage, snapshot, folder)
            with engine([folder], folder / "scratch") as connection:
                cells = profit_and_loss(connection, parts, LineFilter())
        assert {cell.account_name for cell in cells} == {"Sales"}
        return sum((cell.amount for cell in cells), Decimal())

    found: Decimal = datasets.run(work)
    return found


def run(datasets: Datasets, code: str) -> Mapping[str, Any]:
    """The names that an example of the page leaves, asked at a server of ours."""
    names: dict[str, Any] = {}
    with answering_at(datasets.settings) as address:
        code = code.replace("https://daybook.example.com", address)
        code = code.replace("daybook_YOUR_KEY", datasets.keys["DATASET"])
        exec(compile(code, "docs/datasets.md", "exec"), names)  # noqa: S102  (the page's own)
    return names


def test_the_notebooks_give_the_figures_of_the_profit_and_loss(
    datasets: Datasets, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = [name for name in ("pandas", "fsspec") if find_spec(name) is None]
    if missing:
        leave_out(f"{' and '.join(missing)}, for the notebooks of docs/datasets.md")
    of_pandas, of_duckdb = BLOCK.findall(PAGE)
    expected = income(datasets)

    names = run(datasets, of_pandas)
    sales = names["actual"].loc[names["actual"]["Account Name"] == "Sales"]
    assert round(Decimal(float(sales["Net Amount (RC)"].sum())), 2) == expected
    assert "Sales" in capsys.readouterr().out

    run(datasets, of_duckdb)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "Sales" in line]
    assert line.split()[-2] == str(expected)


def test_the_page_lists_the_address_s_parameters_and_forms() -> None:
    table = PAGE.partition("## Which lines")[2].partition("\n\nA line")[0]
    cells = re.findall(r"^\|[^|]+", table, re.MULTILINE)
    listed = re.findall(r"`([a-z_]+)`", "".join(cells))

    assert sorted(listed) == sorted((*SEVERAL, *SINGLE))
    for value in (*TYPES, *CLASSES, *GAINS):
        assert f"`{value}`" in table
    for form in FileForm:
        assert f"/datasets/journals.{form}" in PAGE
