"""Reports as files: each format, the address's filters, problems, and who may."""

import asyncio
import shlex
from contextlib import chdir
from io import BytesIO
from pathlib import Path

import pyarrow.parquet
import pytest
from httpx2 import Response
from openpyxl import load_workbook
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.access.organisations import add_organisation
from daybook.asgi import create_app
from daybook.db.engine import open_database
from daybook.documents.commands import import_documents
from daybook_commands import called
from daybook_factories import invoice
from daybook_graphql.transport.callers import COOKIE
from daybook_markup import parse
from daybook_pages import get
from daybook_people import NOON, client_of, key_of, let_in_at
from daybook_report_pages import rows_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

USD = "?currency=USD"
NAMES = ("deferred-revenue", "waterfall", "cohorts", "roll-forward", "population")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_leads_to_its_files(reports: TestClient, name: str) -> None:
    page = get(reports, f"/reports/{name}{USD}&customer=cus_1")
    files = page.one(class_="menu-list").links()

    assert list(files) == ["CSV", "XLSX", "Parquet"]
    csv = reports.get(files["CSV"])
    assert csv.status_code == 200
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert name in csv.headers["content-disposition"]
    lines = csv.text.splitlines()
    sheet = load_workbook(BytesIO(reports.get(files["XLSX"]).content)).active
    assert sheet is not None
    assert sheet.max_row == len(lines)
    table = pyarrow.parquet.read_table(BytesIO(reports.get(files["Parquet"]).content))
    assert table.num_rows == len(lines) - 1


def test_a_file_has_the_rows_of_the_page(reports: TestClient) -> None:
    url = f"{USD}&on=2025-09-30&customer=cus_1&product=prod_1"
    shown = rows_of(get(reports, f"/reports/deferred-revenue{url}"))
    head, *lines = reports.get(f"/reports/deferred-revenue.csv{url}").text.splitlines()

    assert shown["All rows"][2:] == [
        *("12,000.00", "–", "9,000.00", "3,000.00", "3,000.00")
    ]
    (row,) = [
        dict(zip(head.split(","), line.split(","), strict=True)) for line in lines
    ]
    assert row["recognized"] == "9000.00"
    assert row["remaining"] == "3000.00"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"/reports/waterfall.csv{USD}&on=soon", "on: 'soon' is not a date"),
        (f"/reports/waterfall.csv{USD}&customr=cus_1", "did you mean customer?"),
        (f"/reports/waterfall.csv{USD}&customer=nobody", "customer: there is no"),
        (f"/reports/waterfall.pdf{USD}", "'pdf' is not a format of files"),
        ("/reports/waterfall.csv?currency=EUR", "EUR"),
    ],
)
def test_a_wrong_address_is_refused_in_plain_text(
    reports: TestClient, url: str, words: str
) -> None:
    answer = reports.get(url)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert words in answer.text


def test_strangers_are_sent_to_sign_in(reports: TestClient) -> None:
    answer = reports.get(
        f"/reports/waterfall.csv{USD}",
        headers={"Authorization": ""},
        follow_redirects=False,
    )

    assert answer.status_code in {302, 303, 401}


@pytest.mark.parametrize(
    ("url", "command"),
    [
        (
            f"deferred-revenue.csv{USD}&open_only=yes&on=2025-09-30&customer=",
            "deferred-revenue --currency USD --on 2025-09-30 --open-only",
        ),
        (f"waterfall.xlsx{USD}&apart=no", "waterfall --currency USD"),
        (f"cohorts.csv{USD}", "waterfall --cohorts --currency USD"),
        (f"roll-forward.csv{USD}&account=UNBILLED", "roll-forward --currency USD"),
        (f"population.csv{USD}&from=2025-01-01", "population --currency USD --from"),
    ],
)
def test_more_rows_than_are_sent_at_once_lead_to_the_command(
    report_ledger: URL, tmp_path: Path, url: str, command: str
) -> None:
    settings = settings_for(report_ledger)
    with client_of(settings) as client:
        whole = client.get(f"/reports/{url}")
    rows = _rows(whole)
    just_enough = settings.model_copy(update={"stream_rows_max": rows})
    too_few = settings.model_copy(update={"stream_rows_max": rows - 1})

    with client_of(just_enough) as client:
        same = client.get(f"/reports/{url}")
    with client_of(too_few) as client:
        refused = client.get(f"/reports/{url}")
        del client.headers["Authorization"]
        client.cookies.set(COOKIE, let_in_at(settings).session)
        read = client.get(f"/reports/{url}", headers={"Accept": "text/html"})

    assert rows > 1
    assert same.content == whole.content
    assert same.headers["content-length"] == str(len(same.content))
    assert refused.status_code == read.status_code == 413
    assert refused.headers["content-type"] == "text/plain; charset=utf-8"
    _, told, _ = refused.text.split("`")
    assert refused.text == (
        f"the file has more than {rows - 1:,} rows, which is as many as are sent at"
        f" once: select less, or run `{told}` at the server, which has no limit\n"
    )
    assert told.startswith(f"daybook {command}")
    page = parse(read.text).one("main")
    assert told in page.text
    back = page.links()["Back to the report"]
    assert back == f"/reports/{url}".replace(".csv", "").replace(".xlsx", "")
    # The command writes the same file.
    environment = {
        "DAYBOOK_DATABASE_URL": report_ledger.set(
            drivername=report_ledger.get_backend_name()
        ).render_as_string(hide_password=False),
        "DAYBOOK_DATA": str(tmp_path),
        "DAYBOOK_NOW": str(settings.now.isoformat() if settings.now else ""),
    }
    with chdir(tmp_path):
        ended = called(shlex.split(told)[1:], environment)
    assert ended.status == 0, ended.err
    (written,) = tmp_path.glob(f"*.{url.partition('?')[0].rpartition('.')[2]}")
    assert written.read_bytes() == whole.content


def test_the_command_is_of_the_same_organisation(new_database: NewDatabase) -> None:
    settings = settings_for(new_database()).model_copy(update={"stream_rows_max": 1})

    async def fill() -> tuple[int, str]:
        database = open_database(settings)
        try:
            number = await add_organisation(database, "Other", now=NOON, made_by="test")
            invoices = [invoice("inv_1"), invoice("inv_2")]
            await import_documents(
                *(database, number, invoices), now=NOON, reason="test", made_by=None
            )
            return number, await key_of(database, organisation_id=number)
        finally:
            await database.close()

    number, key = asyncio.run(fill())
    headers = {"Authorization": f"Bearer {key}"}
    base = "http://127.0.0.1:8000"
    with TestClient(create_app(settings), base_url=base, headers=headers) as client:
        refused = client.get(f"/reports/deferred-revenue.csv{USD}&customer=cus_1")

    assert (
        f"`DAYBOOK_ORGANISATION={number} daybook deferred-revenue --currency USD"
        " --customer cus_1 -o deferred-revenue"
    ) in refused.text


def _rows(answer: Response) -> int:
    """How many rows a file has besides its header."""
    if answer.headers["content-type"].startswith("text/csv"):
        return len(answer.text.splitlines()) - 1
    sheet = load_workbook(BytesIO(answer.content)).active
    assert sheet is not None
    return int(sheet.max_row) - 1
