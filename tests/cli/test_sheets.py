"""Lists as CSV on standard output, page by page."""

import csv
import io

import pytest

from daybook.cli import sheets
from daybook.cli.sheets import NumberedList, print_pages
from daybook.db.engine import Database
from daybook.reports.activity import ACTIVITY, count_activities, find_activities
from daybook_factories import ORGANISATION, invoice, record

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("limit", [None, 1, 2, 3, 5, 9])
async def test_pages_dont_show(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    limit: int | None,
) -> None:
    for number in range(5):
        await record(database, invoice(f"inv_{number}"))
    monkeypatch.setattr(sheets, "PAGE", 2)

    listed = NumberedList(
        ACTIVITY, "line", find_activities, count_activities, lambda line: line.id
    )

    await print_pages(database, ORGANISATION, listed, limit)

    text = capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["number"] for row in rows] == list("54321")[:limit]
    assert text.count("number,started_at,") == 1
