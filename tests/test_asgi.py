"""The application's own addresses: health, readiness, and the streamed CSV."""

import asyncio
import csv
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import get_ident
from typing import Any

import anyio
import pytest
from pydantic import SecretStr
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.asgi import create_app
from daybook.db.engine import Database, open_database
from daybook.readiness import CHECK_SECONDS
from daybook.settings import Settings
from daybook_factories import (
    accept,
    credit_note,
    credited_line,
    invoice,
    line,
    record,
    terms,
)
from daybook_graphql.transport.callers import COOKIE
from daybook_markup import parse
from daybook_people import NOON, client_of, let_in_at
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_services.redis import RedisServer
from daybook_services.s3 import Fault, Held, S3Store, anything
from daybook_services.server import Server
from daybook_services.smtp import MailServer
from daybook_site import SECRET, START_SECONDS, settings_for

LOCAL = "http://127.0.0.1:8000"


@pytest.fixture
def settings(new_database: NewDatabase, tmp_path: Path) -> Settings:
    """Settings for a ledger in dollars and one in yen, at 15 June 2025."""
    url = new_database()

    async def fill() -> None:
        database = Database(url)
        yen = terms("1200", currency="JPY")
        await record(
            database,
            invoice("inv_1"),
            invoice("inv_2", line(its_terms=yen), currency="JPY", customer="cus_2"),
            credit_note("cn_1", credited_line("50.00")),
        )
        await database.close()

    anyio.run(fill)
    return Settings(
        data=tmp_path,
        database_url=plain(url),
        now=datetime(2025, 6, 15, 12, tzinfo=UTC),
        secret=SECRET,
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """The application over these ledgers."""
    with client_of(settings) as made:
        yield made


def plain(url: URL) -> str:
    """A URL as `DAYBOOK_DATABASE_URL` takes it."""
    driver = url.get_backend_name()
    return url.set(drivername=driver).render_as_string(hide_password=False)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.either_database
def test_it_is_alive_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"alive": True}
    assert client.get("/readyz").json() == {
        "ready": True,
        "database": "ready",
        "storage": "ready",
    }
    stranger = client.get("/readyz", headers={"Authorization": "Bearer none"})
    assert (stranger.status_code, stranger.json()) == (200, {"ready": True})


def test_a_queue_is_told_and_holds_up_nothing(
    new_database: NewDatabase, tmp_path: Path, redis: RedisServer
) -> None:
    settings = settings_for(
        new_database(), data=tmp_path, redis_url=SecretStr(redis.url)
    )
    with client_of(settings) as client:
        with_redis = once(client, queue="no worker")
        redis.stop()
        without = once(client, queue="unreachable")

    ready = {"ready": True, "database": "ready", "storage": "ready"}
    assert with_redis == {**ready, "queue": "no worker"}
    assert without == {**ready, "queue": "unreachable"}


def once(client: TestClient, *, queue: str) -> Any:
    """What the server tells once its queue is in a state."""
    deadline = time.monotonic() + START_SECONDS
    while (told := client.get("/readyz").json())["queue"] != queue:
        assert time.monotonic() < deadline, told
        time.sleep(0.05)
    return told


def test_nothing_of_redis_is_imported_where_none_is_used() -> None:
    # The server, and all that it imports when it is asked for an export.
    script = (
        "import sys, daybook.asgi, daybook.jobs.commands;"
        " print({'redis', 'arq'} & set(sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "set()\n"


def test_who_may_not_administer_is_told_as_little_as_strangers(
    client: TestClient,
) -> None:
    query = """mutation { createApiKey(input: {
      name: "reader", permissions: [READ], expiresAt: "2030-01-01T00:00:00Z"
    }) { secret } }"""
    made = client.post("/graphql", json={"query": query}).json()
    key = made["data"]["createApiKey"]["secret"]

    answer = client.get("/readyz", headers={"Authorization": f"Bearer {key}"})

    assert answer.json() == {"ready": True}


def test_a_database_that_went_away_or_is_another_is_not_ready(
    postgresql_server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = postgresql_server.create()
    settings = Settings(data=tmp_path, database_url=plain(url), secret=SECRET)

    with TestClient(create_app(settings), base_url=LOCAL) as client:
        before = client.get("/readyz")
        postgresql_server.execute(f"DROP DATABASE {url.database} WITH (FORCE)")
        gone = client.get("/readyz")
        postgresql_server.create(url.database, template=None)
        empty = client.get("/readyz")

    assert (before.status_code, before.json()) == (200, {"ready": True})
    assert (gone.status_code, gone.json()) == (503, {"ready": False})
    assert (empty.status_code, empty.json()) == (503, {"ready": False})
    told = [one.getMessage() for one in caplog.records if "readiness" in one.msg]
    assert told == [
        "readiness: database unreachable, storage ready",
        "readiness: database outdated, storage ready",
    ]


def test_a_storage_that_refuses_is_told_and_pages_go_on(
    bucket_url: str, s3_store: S3Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(data=tmp_path, storage_url=bucket_url, secret=SECRET, now=NOON)

    with s3_store.failing(Fault(anything, 403, "AccessDenied")):
        with client_of(settings) as client:
            answer = client.get("/readyz")
        with TestClient(create_app(settings), base_url=LOCAL) as client:
            stranger = client.get("/readyz")

    assert answer.json() == {
        "ready": True,
        "database": "ready",
        "storage": "not writable",
    }
    assert (answer.status_code, stranger.json()) == (200, {"ready": True})
    assert "the storage refuses access (AccessDenied)" in caplog.text


def test_strangers_take_no_threads_while_the_storage_is_silent(
    bucket_url: str, s3_store: S3Store, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path, storage_url=bucket_url, secret=SECRET, now=NOON)
    held, strangers = Held(anything), 50

    with (
        TestClient(create_app(settings), base_url=LOCAL) as client,
        ThreadPoolExecutor(max_workers=strangers) as pool,
        s3_store.failing(Fault(held, 500, "InternalError")),
    ):
        assert client.portal is not None
        answers = [pool.submit(client.get, "/readyz") for _ in range(strangers)]
        try:
            assert held.arrived.wait(START_SECONDS)
            while client.portal.call(running_tasks) < strangers:
                time.sleep(0.01)
            work = client.portal.start_task_soon(asyncio.to_thread, get_ident)
            assert work.result(timeout=CHECK_SECONDS / 2)
        finally:
            held.may_go.set()
        found = [answer.result().json() for answer in answers]

    assert found == [{"ready": True}] * strangers


async def running_tasks() -> int:
    return len(asyncio.all_tasks())


def test_a_mail_server_that_is_away_is_told_and_pages_go_on(
    mail_server: MailServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(
        data=tmp_path,
        smtp_url=SecretStr(mail_server.url),
        mail_from="Daybook <books@example.com>",
        secret=SECRET,
        now=NOON,
    )

    with client_of(settings) as client:
        there = client.get("/readyz")
        mail_server.stop()
        soon_after = client.get("/readyz")
    with client_of(settings) as client:
        away = client.get("/readyz")
    mail_server.start()

    ready = {"ready": True, "database": "ready", "storage": "ready", "mail": "ready"}
    assert there.json() == soon_after.json() == ready  # asked once a minute
    assert (away.status_code, away.json()) == (200, {**ready, "mail": "unreachable"})
    assert "look at DAYBOOK_SMTP_URL" in caplog.text


def test_a_clock_that_writers_would_be_refused_by_is_not_ready(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    url = new_database()

    async def wrong(accepts: bool = False) -> None:  # noqa: FBT001, FBT002  (anyio.run)
        database = Database(url, AT_ANY_TIME)
        if accepts:
            await accept(database, "2025-06-15")
        else:
            await record(database, invoice(), on="2036-01-01")
        await database.close()

    anyio.run(wrong)
    now = datetime(2025, 6, 15, 12, tzinfo=UTC)
    settings = settings_for(url, data=tmp_path, now=now)
    with TestClient(create_app(settings), base_url=LOCAL) as client:
        before, alive = client.get("/readyz"), client.get("/healthz")
        anyio.run(wrong, True)  # noqa: FBT003
        after = client.get("/readyz")

    assert before.status_code == 503
    assert before.json() == {"ready": False}
    assert alive.status_code == 200
    assert (after.status_code, after.json()) == (200, {"ready": True})


def test_the_csv_streams_posted_entries_of_a_ledger(client: TestClient) -> None:
    answer = client.get("/journals.csv", params={"currency": "USD"})

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="journals-USD-all-daily.csv"'
    )
    days = [row["Date"] for row in rows_of(answer.text)]
    assert (min(days), max(days)) == ("2025-01-01", "2025-06-15")


def test_the_csv_takes_the_reports_filters(client: TestClient) -> None:
    answer = client.get(
        "/journals.csv",
        params={
            "currency": "USD",
            "granularity": "monthly",
            "source": ["CREDIT_NOTE"],
            "from": "",
            "include_scheduled": "true",
        },
    )

    rows = rows_of(answer.text)
    assert [row["Direction"] for row in rows] == ["DEBIT", "CREDIT"]
    assert {(row["Amount"], row["Date"]) for row in rows} == {("50.00", "2025-10-31")}


@pytest.mark.parametrize(
    ("more", "period"),
    [
        ("granularity=daily", "&from=2000-01-01"),
        ("granularity=monthly&to=2025-03-31", ""),
    ],
)
def test_more_lines_than_are_sent_at_once_lead_to_an_export(
    settings: Settings, more: str, period: str
) -> None:
    query = f"currency=USD&customer=cus_1&{more}"
    address, page = f"/journals.csv?{query}", f"/exports/new?{query}{period}"
    with client_of(settings) as client:
        whole = client.get(address)
    rows = len(rows_of(whole.text))
    just_enough = settings.model_copy(update={"stream_rows_max": rows})
    too_few = settings.model_copy(update={"stream_rows_max": rows - 1})

    with client_of(just_enough) as client:
        same = client.get(address)
    with client_of(too_few) as client:
        refused = client.get(address)
        export = client.get(page)
        del client.headers["Authorization"]
        client.cookies.set(COOKIE, let_in_at(settings).session)
        read = client.get(address, headers={"Accept": "text/html"})

    assert rows > 1
    assert same.text == whole.text
    assert refused.status_code == 413
    assert refused.text == (
        f"the file has {rows:,} lines, and up to {rows - 1:,} are sent at once: request"
        f" it with the mutation createExport, or on the page {page}; `daybook export`"
        " has no limit\n"
    )
    facts = parse(export.text).one(class_="preflight").all("dd")
    assert facts[0].text == f"{rows:,}"
    assert read.status_code == 413
    assert parse(read.text).one("main").links()["Export it in the background"] == page


@pytest.mark.either_database
def test_everything_that_is_wrong_with_the_filters_is_said_at_once(
    client: TestClient,
) -> None:
    answer = client.get(
        "/journals.csv",
        params={"colour": "red", "from": "June", "granularity": "hourly"},
    )

    assert answer.status_code == 400
    codes = [one.rsplit("[", 1)[1] for one in answer.text.splitlines()]
    assert codes == ["UNKNOWN_FIELD]", "INVALID_VALUE]", "INVALID_DATE]"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "choose a ledger by its currency: JPY, USD"),
        ({"currency": "EUR"}, "there is no ledger in 'EUR': there are JPY, USD"),
        ({"currency": "USD", "customer": "cus_9"}, "there is no customer 'cus_9'"),
        (
            {"currency": "USD", "from": "2025-02-01", "to": "2025-01-01"},
            "the range ends on 2025-01-01, before it starts on 2025-02-01",
        ),
    ],
)
@pytest.mark.either_database
def test_what_isnt_there_is_named(
    client: TestClient, parameters: dict[str, str], words: str
) -> None:
    answer = client.get("/journals.csv", params=parameters)

    assert answer.status_code == 400
    assert words in answer.text


@pytest.mark.either_database
def test_another_host_and_foreign_writes_are_refused(client: TestClient) -> None:
    foreign = {"Host": "evil.example"}
    cross_site = {"Origin": "https://evil.example"}

    assert client.get("/journals.csv", headers=foreign).status_code == 421
    assert client.post("/graphql", headers=cross_site, json={}).status_code == 403


def test_a_sqlite_file_is_made_and_brought_up_to_date_at_the_start(
    tmp_path: Path,
) -> None:
    settings = Settings(data=tmp_path / "new")

    with TestClient(create_app(settings), base_url=LOCAL) as client:
        ready = client.get("/readyz").json()

    assert ready == {"ready": True}
    assert open_database(settings).is_sqlite
