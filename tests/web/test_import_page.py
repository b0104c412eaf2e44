"""The pages that send a file of documents, show what it would bring, and take it."""

import gzip
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.access.organisations import add_organisation
from daybook.access.rules import ROLES, MemberRole
from daybook.db.engine import Database
from daybook.documents.reading.csv_fields import REQUIRED_FIELDS
from daybook_factories import invoice, line, lock, record, terms
from daybook_markup import Element, parse
from daybook_people import NOON, client_of, key_of
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

IMPORT = "/documents/import"
HEADER = (
    "type,id,status,currency,customer.id,customer.name,issued_on,line.id,product.id,"
    "product.name,amount,service_from,service_to"
)
ACME = "invoice,inv_1,FINAL,USD,cus_1,Acme,2025-10-01,1,p,Platform,1200.00"
LAKE = "invoice,inv_2,FINAL,USD,cus_2,Lake Media,2025-10-01,1,p,Platform,310.00"
SOEHNE = "invoice,inv_3,FINAL,EUR,cus_3,Söhne,2025-10-01,1,p,Platform,620.00"
ROWS = (
    f"{ACME},2025-10-01,2026-09-30",
    f"{LAKE},2025-10-01,2025-10-31",
    f"{SOEHNE},2025-10-01,2025-10-31",
)


def csv(*rows: str) -> bytes:
    """A file of rows."""
    return "\n".join((HEADER, *rows)).encode()


@pytest.fixture
def url(database_url: URL) -> URL:
    """A database without documents."""
    return database_url


@pytest.fixture
def client(url: URL, tmp_path: Path) -> Iterator[TestClient]:
    """The application on 15 October 2025 for somebody who may do everything."""
    with client_of(settings_for(url, data=tmp_path)) as made:
        made.follow_redirects = False
        yield made


def send(
    client: TestClient,
    content: bytes = b"",
    name: str = "october.csv",
    headers: dict[str, str] | None = None,
    **fields: str,
) -> Any:
    """Send the form with a file."""
    files = {"file": (name, content or csv(*ROWS), "text/csv")}
    return client.post(IMPORT, files=files, data=fields, headers=headers)


def sent(client: TestClient, content: bytes = b"", **options: Any) -> str:
    """The address of a file that was sent."""
    answer = send(client, content, **options)
    assert answer.status_code == 303, answer.text
    address: str = answer.headers["location"]
    return address


def page(client: TestClient, address: str, status: int = 200) -> str:
    """A page's text."""
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return str(answer.text)


def fields_of(text: str) -> dict[str, str]:
    """The hidden fields of a preview's form."""
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', text)[1]  # type: ignore[index]
        for name in ("seen", "expected")
    }


def taken(client: TestClient, address: str) -> Any:
    """The answer to taking what a page shows."""
    return client.post(address, data=fields_of(page(client, address)))


def figures(text: str) -> dict[str, str]:
    """The names and numbers of what would be imported."""
    part = text.split('id="taking-heading"')[1].split("</dl>", maxsplit=1)[0]
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd.*?>\s*(.*?)\s*</dd>", part, re.DOTALL)
    return {unescape(name): number for name, number in found}


def gains(text: str, currency: str) -> dict[str, str]:
    """The names and amounts of what a ledger would gain."""
    part = text.split(f'id="ledger-{currency}"')[1].split("</tr>", maxsplit=1)[0]
    found = re.findall(r'data-label="(.*?)">\s*(.*?)\s*</td>', part, re.DOTALL)
    return dict(found)


def recorded(client: TestClient) -> dict[str, str]:
    """Each ledger's last recording."""
    answer = client.post(
        "/graphql", json={"query": "{ ledgers { currency recording } }"}
    )
    return {
        ledger["currency"]: ledger["recording"]
        for ledger in answer.json()["data"]["ledgers"]
    }


def test_a_file_is_looked_at_before_it_is_taken(client: TestClient) -> None:
    address = sent(client)

    assert address.startswith(f"{IMPORT}/upl_") and address.endswith(
        "?name=october.csv"
    )
    text = page(client, address)
    assert "Nothing is imported yet" in text and "3 documents" in text
    assert "there are no problems" in text and "Import 3 documents" in text
    # 100.00 for October at 3.23 a day, and 310.00 at 10.00: 15 days of each by today.
    assert gains(text, "USD") == {
        "Documents": "2",
        "Invoiced": "1,510.00",
        "Credited": "–",
        "Recognized to date": "198.45",
        "Deferred to date": "1,311.55",
        "Moved by the lock": "–",
    }
    assert gains(text, "EUR")["Recognized to date"] == "300.00"
    assert figures(text)["New invoices"] == "3"
    assert recorded(client) == {}

    answer = taken(client, address)

    assert answer.status_code == 303
    assert recorded(client) == {"EUR": "1", "USD": "1"}
    done = page(client, answer.headers["location"])
    assert "october.csv is imported: 3 documents, 14 journals." in unescape(done)
    listed = done.split("Last imports")[1]
    assert listed.count("import of october.csv") == 2  # a line for each ledger
    assert "USD, 2 documents, 13 journals" in listed
    assert "EUR, 1 document, 1 journal" in listed


def test_a_ledger_that_gets_nothing_is_not_listed(client: TestClient) -> None:
    """A customer's new name is recorded in every ledger."""
    taken(client, sent(client))
    renamed = ACME.replace("Acme", "Acme Corp").replace("inv_1", "inv_4")
    file = csv(f"{renamed},2025-10-01,2026-09-30")

    taken(client, sent(client, file, name="usd.csv"))

    listed = page(client, IMPORT).split("Last imports")[1]
    assert recorded(client) == {"EUR": "2", "USD": "2"}
    assert listed.count("import of usd.csv") == 1
    assert "USD, 1 document, 12 journals" in listed


def test_the_first_documents_and_changed_names_are_listed(client: TestClient) -> None:
    taken(client, sent(client))
    lake = LAKE.replace("310.00", "400.00").replace("Platform", "Platfrom")
    others = [
        ACME.replace("inv_1", f"inv_{at}").replace(",p,Platform", ",p,Platfrom")
        for at in range(4, 25)
    ]
    rows = [f"{row},2025-10-01,2025-10-31" for row in (lake, *others)]

    shown = parse(page(client, sent(client, csv(*rows))))

    part = shown.one("section", id="documents")
    (first, second, *rest) = part.one("tbody").all("tr")
    cells = [
        [" ".join(cell.text.split()) for cell in (*row.all("th"), *row.all("td"))]
        for row in (first, second)
    ]
    assert cells == [
        [
            *("Invoice inv_2", "Revised", "Lake Media", "1 Oct 2025"),
            "310.00 → 400.00 USD",
        ],
        ["Invoice inv_4", "New", "Acme", "1 Oct 2025", "1,200.00 USD"],
    ]
    assert len(rest) == 18
    assert part.one(class_="import-more").text == "And 2 more."
    names = shown.one(class_="import-renamings").all("li")
    assert [name.text for name in names] == [
        "Product p: Platform is renamed Platfrom.",
    ]


def test_a_file_is_taken_once(client: TestClient) -> None:
    address = sent(client)
    form = fields_of(page(client, address))
    client.post(address, data=form)

    again = client.post(address, data=form)
    shown = client.get(address)

    for answer in (again, shown):
        assert answer.status_code == 404
        assert "This file was imported already" in answer.text
        assert "recording 1 of EUR and recording 1 of USD" in answer.text
        assert IMPORT in answer.text
    # The same file, sent again, has nothing to import.
    text = page(client, sent(client))
    assert figures(text) == {"Recorded already, just so": "3"}
    assert "There is nothing to import" in text and "Import 3" not in text
    assert recorded(client) == {"EUR": "1", "USD": "1"}


def test_problems_name_their_lines_and_nothing_is_taken(client: TestClient) -> None:
    wrong = ROWS[1].replace("2025-10-31", "2025-02-30")
    address = sent(client, csv(ROWS[0], wrong, "invoice,<b>,FINAL,USX"))

    text = page(client, address)

    assert "2 problems" in text or "problems" in text
    assert '<th scope="row" class="amount">3</th>' in text
    assert wrong in unescape(text) and "2025-02-30" in text
    assert "invoice,&lt;b&gt;,FINAL,USX" in text and "<b>" not in text
    assert re.search(r'<button class="primary"[^>]*\sdisabled>', text)
    answer = client.post(address, data=fields_of(text))
    assert answer.status_code == 422
    assert recorded(client) == {}


def test_the_example_comes_in_as_it_is(client: TestClient) -> None:
    start = parse(client.get(IMPORT).text)
    (link,) = [link for link in start.all("a") if link.text.startswith("An example")]
    example = client.get(link.attributes["href"])

    assert example.headers["content-type"].startswith("text/csv")
    answer = taken(client, sent(client, example.content, name="example.csv"))
    assert answer.status_code == 303, answer.text
    text = unescape(client.get(answer.headers["location"]).text)
    assert "example.csv is imported: 2 documents" in text


def test_a_sheet_s_problems_say_which_columns_are_read(client: TestClient) -> None:
    sheet = b"Invoice No,Date,Customer,Net\n1,2025-10-01,Acme,1200.00\n"
    text = page(client, sent(client, sheet, name="sheet.csv"))
    faults = parse(text).one("section", class_="import-list").text

    codes = parse(text).one("section", class_="import-list").all("code")
    needed = [code.text for code in codes if code.text in REQUIRED_FIELDS]
    assert needed == [*REQUIRED_FIELDS]
    assert "without thousands separators" in faults
    assert "whoever runs Daybook makes it in the terminal" in faults
    lines = page(client, sent(client, b"{}\n", name="october.jsonl"))
    assert "without thousands separators" not in lines
    start = parse(client.get(IMPORT).text).one("ul", class_="import-forms").text
    assert "milestones.percent" in start
    assert "and others" not in start


def marks(text: str) -> list[tuple[str, str, str]]:
    """Each marked cell, what is shown before it, and what after it."""
    found = re.findall(r"<code[^>]*>([^<]*)<mark>(.*?)</mark>(.*?)</code>", text)
    return [(unescape(before), unescape(cell), after) for before, cell, after in found]


def test_the_cell_that_a_problem_names_is_marked(client: TestClient) -> None:
    quoted = ROWS[0].replace("Acme", '"Acme, ""A"", Inc."').replace("1200.00", "12oo")
    nobody = ROWS[1].replace("Lake Media,2025-10-01", ",2025-13-01")
    text = page(client, sent(client, csv(quoted, nobody)))

    found = {cell: (before, after) for before, cell, after in marks(text)}
    assert found["12oo"] == ("…,p,Platform,", ",2025-10-01,2026-09-30")
    before, after = found["2025-13-01"]
    assert before == "…,USD,cus_2,,"
    assert after == ",1,p,Platform,310.00,2025-10-01,2025-10-31"
    # The name of the column stands below, before what is wrong with its cell.
    assert re.search(r"</mark>[^§]*?issued_on", text)


def test_a_file_that_is_no_text_says_so(client: TestClient) -> None:
    text = page(client, sent(client, b"PK\x03\x04 and so on", name="book.xlsx"))

    assert "a workbook (.xlsx), not JSON Lines or CSV" in unescape(text)


@pytest.mark.parametrize("name", ["october.csv.gz", "../<i>.csv", "x" * 300])
def test_a_file_may_be_gzipped_and_have_any_name(client: TestClient, name: str) -> None:
    content = gzip.compress(csv(*ROWS)) if name.endswith("gz") else csv(*ROWS)

    text = page(client, sent(client, content, name=name))

    assert "Import 3 documents" in text and "<i>" not in text


def test_what_a_lock_moves_says_to_which_day(client: TestClient, url: URL) -> None:
    _record(url, "inv_9", locked_through="2025-10-10")

    text = page(client, sent(client))

    # Ten days at 3.23 a day, and at 10.00, are posted on 11 October.
    row = parse(text).one(id="ledger-USD")
    (moved,) = [
        cell
        for cell in row.all("td")
        if cell.attributes["data-label"] == "Moved by the lock"
    ]
    assert moved.text == "132.30 to 11 Oct 2025"
    assert moved.links() == {"to 11 Oct 2025": "/settings/locks?currency=USD"}
    assert gains(text, "EUR")["Moved by the lock"] == "–"


def test_what_changed_meanwhile_is_looked_at_again(
    client: TestClient, url: URL
) -> None:
    address = sent(client)
    form = fields_of(page(client, address))
    _record(url, "inv_9", customer="cus_9")

    # Something else was recorded, and the file brings what it would have brought.
    answer = client.post(address, data=form)
    assert answer.status_code == 303

    address = sent(client, csv(ROWS[0].replace("1200.00", "2400.00")))
    form = fields_of(page(client, address))
    _record(url, "inv_1", "36.00")
    answer = client.post(address, data=form)

    assert answer.status_code == 422
    assert "The ledger changed since you looked" in answer.text
    assert gains(answer.text, "USD")["Invoiced"] == "2,364.00"
    assert taken(client, address).status_code == 303


def _record(
    url: URL,
    name: str,
    amount: str = "1200.00",
    *,
    customer: str = "cus_1",
    locked_through: str = "",
) -> None:
    """Record an invoice behind the pages' back, and lock its ledger."""

    async def run() -> None:
        database = Database(url)
        document = invoice(name, line(its_terms=terms(amount)), customer=customer)
        await record(database, document, on="2025-10-15")
        if locked_through:
            await lock(database, locked_through, on="2025-10-15")
        await database.close()

    anyio.run(run)


def test_a_control_total_is_compared(client: TestClient) -> None:
    address = sent(client)

    typed = {
        "1,510.00": "Agrees with the file",
        "1498": "The file has 12.00 more",
        "1510.01": "The file has 0.01 less",
        "1.510,00": "“1.510,00” is not an amount such as 1,204.50",
    }
    for total, verdict in typed.items():
        answer = client.get(address, params={"total-USD": total, "name": "a.csv"})
        assert verdict in unescape(answer.text)
        assert answer.text.count("verdict-") == 2  # of one ledger, and its field


def test_comparing_keeps_the_way_back_to_the_close(
    client: TestClient, url: URL
) -> None:
    _record(url, "inv_9")
    address = f"{sent(client)}&at=USD.2025-10"
    shown = client.get(address, headers={"Accept": "text/html"})

    fields = {
        field.attributes["name"]: field.attributes["value"]
        for field in parse(shown.text)
        .one("form", class_="import-ledgers")
        .all("input", type="hidden")
    }

    assert fields["at"] == "USD.2025-10"


def test_a_file_is_discarded_or_replaced(client: TestClient, tmp_path: Path) -> None:
    first = sent(client)
    key = first.removeprefix(f"{IMPORT}/").partition("?")[0]

    second = sent(client, csv(ROWS[0]), replaces=key)

    assert "This file is not here" in page(client, first, 404)
    answer = client.post(second.replace("?", "/discard?"))
    assert answer.status_code == 303
    assert client.post(second.replace("?", "/discard?")).status_code == 404
    told = page(client, answer.headers["location"])
    assert "october.csv is discarded. Nothing of it was imported." in told
    assert "This file is not here" in page(client, second, 404)
    assert [path for path in tmp_path.glob("*uploads/**/*") if path.is_file()] == []


@pytest.mark.parametrize("key", ["upl_x", "upl_" + "x" * 24, "nonsense", "%00"])
def test_there_is_no_page_without_a_file(client: TestClient, key: str) -> None:
    answer = client.get(f"{IMPORT}/{key}")

    assert answer.status_code == 404 and "This file is not here" in answer.text
    assert client.post(f"{IMPORT}/{key}").status_code == 404


def test_nothing_is_read_without_a_file(client: TestClient) -> None:
    for name, content in (("empty.csv", b""), ("", b"x")):
        files = {"file": (name, content, "text/csv")}
        answer = client.post(IMPORT, files=files)
        assert answer.status_code == 422
        assert 'href="#file"' in answer.text


def test_a_file_that_is_too_large_is_refused_at_its_field(
    url: URL, tmp_path: Path
) -> None:
    settings = settings_for(url, data=tmp_path, import_bytes_max=300, uploads_max=1)
    with client_of(settings) as client:
        client.follow_redirects = False
        large = send(client, csv(*ROWS))
        larger = send(client, b"x" * 100_000)
        fits = send(client, csv(ROWS[0]))
        second = send(client, csv(ROWS[1]))

    for answer in (large, larger):
        assert answer.status_code == 422
        assert "A file has at most 300 bytes: split it." in answer.text
    assert fits.status_code == 303
    assert second.status_code == 429
    assert "1 upload waits to be imported" in second.text
    assert 'href="#file"' in second.text


def test_files_that_wait_are_listed_opened_and_discarded(
    url: URL, tmp_path: Path
) -> None:
    settings = settings_for(url, data=tmp_path, uploads_max=1)
    with client_of(settings) as client:
        client.follow_redirects = False
        opened = sent(client, csv(ROWS[0]))
        refused = send(client, csv(ROWS[1]))

        (row,) = parse(refused.text).one(id="waiting").one("tbody").all("tr")
        cells = {cell.attributes["data-label"]: cell for cell in row.all("td")}
        assert row.one("th").text == "october.csv"
        assert cells["Size"].text == f"{len(csv(ROWS[0]))} bytes"
        assert cells["By"].text == "API key test"
        assert went(cells["Goes"]) - went(cells["Sent"]) >= timedelta(days=1)
        assert row.links()["Open"] == opened
        done = client.post(row.one("form").attributes["action"])
        after = page(client, done.headers["location"])
        assert "october.csv is discarded" in after and 'id="waiting"' not in after
        assert send(client, csv(ROWS[1])).status_code == 303


def went(cell: Element) -> datetime:
    """The moment in a cell."""
    return datetime.fromisoformat(cell.one("time").attributes["datetime"])


def test_a_script_is_told_where_to_go(client: TestClient) -> None:
    answer = send(client, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert answer.headers["hx-redirect"].startswith(f"{IMPORT}/upl_")


def test_a_viewer_and_another_organisation_take_nothing(
    client: TestClient, url: URL
) -> None:
    mine = client.headers["Authorization"]
    address = sent(client)
    form = fields_of(page(client, address))

    async def run() -> tuple[str, str]:
        database = Database(url)
        viewer = await key_of(database, ROLES[MemberRole.VIEWER])
        other = await add_organisation(database, "Other", now=NOON, made_by="test")
        key = await key_of(database, organisation_id=other)
        await database.close()
        return viewer, key

    viewer, other = anyio.run(run)
    client.headers["Authorization"] = f"Bearer {viewer}"
    for answer in (
        client.get(IMPORT),
        send(client),
        client.get(address),
        client.post(address, data=form),
        client.post(address.replace("?", "/discard?")),
    ):
        assert answer.status_code == 403
        assert "is for accountants, controllers and admins" in answer.text
    assert "documents/import" not in page(client, "/journals")

    # Another organisation's file isn't there.
    client.headers["Authorization"] = f"Bearer {other}"
    assert client.get(address).status_code == 404
    assert client.post(address, data=form).status_code == 404
    client.post(address.replace("?", "/discard?"))
    client.headers["Authorization"] = mine
    assert "Import 3 documents" in page(client, address)
