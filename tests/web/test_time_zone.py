"""An admin sets the time zone in the browser, and days move accordingly."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_markup import Element, parse
from daybook_offices import office_of
from daybook_pages import get
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

PAGE = "/settings/organisation"
LATE = datetime(2025, 10, 31, 23, 30, tzinfo=UTC)
"""Half an hour before November in UTC: in Tokyo it is 08:30 on 1 November."""
BALANCES = f"""{{
  viewer {{ organisation {{ timeZone today }} }}
  deferredRevenue(ledgerId: "{encode(LedgerId("USD"))}") {{
    totals {{ balance {{ amount }} }}
  }}
}}"""


@pytest.fixture
def url(new_database: NewDatabase) -> URL:
    """A database with 1,200.00 for 2025: 100.00 a month, 3.33 on 1 November."""
    its = new_database()

    async def fill() -> None:
        database = Database(its)
        await record(database, invoice())
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    return its


@pytest.fixture
def admin(url: URL) -> Iterator[TestClient]:
    """An admin's browser in the last half hour of October in UTC."""
    with client_of(settings_for(url, now=LATE)) as made:
        yield made


def send(client: TestClient, status: int = 303, **fields: str) -> Element:
    """What a form leads to: the page again, or the form with what is wrong."""
    answer = client.post(PAGE, data=fields, follow_redirects=False)
    assert answer.status_code == status, answer.text
    if status != 303:
        return parse(answer.text)
    return get(client, answer.headers["location"])


def facts(page: Element) -> list[str]:
    return [cell.text for cell in page.one(id="as-set").all("dd")]


def balances(client: TestClient) -> tuple[str, str, str]:
    """The time zone, the present day and what is deferred on it."""
    found: dict[str, Any] = client.post("/graphql", json={"query": BALANCES}).json()
    its = found["data"]["viewer"]["organisation"]
    deferred = found["data"]["deferredRevenue"]["totals"]["balance"]["amount"]
    return its["timeZone"], its["today"], deferred


def test_in_tokyo_it_is_november_and_its_first_day_is_recognized(
    admin: TestClient,
) -> None:
    assert facts(get(admin, PAGE)) == ["My company", "UTC", "31 Oct 2025"]
    assert balances(admin) == ("UTC", "2025-10-31", "200.00")

    page = send(admin, form="time-zone", time_zone=" Asia/Tokyo ")

    assert page.one(class_="page-status").text == "The time zone is saved."
    assert facts(page) == ["My company", "Asia/Tokyo", "1 Nov 2025"]
    assert page.one(id="time_zone").attributes["value"] == "Asia/Tokyo"
    change = page.one(id="changes").one("tbody").one("tr").text
    assert "UTC → Asia/Tokyo" in change
    assert balances(admin) == ("Asia/Tokyo", "2025-11-01", "196.67")

    send(admin, form="time-zone", time_zone="America/Los_Angeles")
    assert balances(admin) == ("America/Los_Angeles", "2025-10-31", "200.00")


def test_what_is_no_time_zone_is_said_at_its_field(admin: TestClient) -> None:
    for typed in ("Mars/Olympus", "", "europe/berlin", "../UTC"):
        page = send(admin, 422, form="time-zone", time_zone=typed)
        problem = page.one(id="problem-time_zone").text
        assert problem.endswith("is not a time zone's name, such as Europe/Berlin")
        field = page.one(id="time_zone")
        assert field.attributes["value"] == typed
        assert field.attributes["aria-invalid"] == "true"
        assert page.one(id="organisation_name").attributes["value"] == "My company"
        assert facts(page)[1] == "UTC"
    offered = {option.attributes["value"] for option in page.all("option")}
    assert {"UTC", "Europe/Berlin", "Asia/Tokyo"} <= offered


def test_the_organisation_is_renamed(admin: TestClient) -> None:
    page = send(admin, form="rename", organisation_name="Acme & Co")

    assert page.one(class_="page-status").text == "The organisation is renamed."
    assert facts(page)[0] == "Acme & Co"
    assert page.one("title").text == "Organisation – Acme & Co – Daybook"
    refused = send(admin, 422, form="rename", organisation_name="x" * 201)
    assert refused.one(id="problem-organisation_name").text
    assert facts(refused)[0] == "Acme & Co"


def test_only_admins_change_it(new_database: NewDatabase) -> None:
    with office_of(new_database(), invoice()) as office:
        for person in (office.ann, office.bob, office.vic):
            page = person.get(PAGE)
            assert page.one(id="content").all("form") == []
            assert "an admin changes it" in page.text
            for form in (
                {"form": "time-zone", "time_zone": "Asia/Tokyo"},
                {"form": "rename", "organisation_name": "Mine"},
            ):
                assert person.send(PAGE, **form).status_code == 403
        assert facts(office.vic.get(PAGE))[:2] == ["My company", "UTC"]


def test_storage_says_where_files_are(admin: TestClient, url: URL) -> None:
    page = get(admin, "/settings/storage")

    found = [fact.text for fact in page.one(id="as-set").all("dd")]
    place, is_writable, free, waiting, running = found[:5]
    assert place.endswith("exports") and place.startswith("/")
    assert (is_writable, waiting, running) == ("yes", "0", "0")
    assert free.endswith(" GiB")
    assert found[-1] == "It fits what was recorded"
    password = url.password
    assert not password or password not in page.text
