"""What Excel and Power BI send, by their documentation: each answer is as they need it.

Microsoft's pages "Web connector" and "Handling status codes" describe it: the address
is asked for without credentials, 401 opens the window for them, then the same request
has them. The preview may end before the file does; the load asks again, and so does
each refresh, which sends the credentials at once.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from daybook_datasets import CSV, Datasets, make_datasets
from daybook_gl_imports import imported, journal, page
from daybook_gl_refreshes import refreshed
from daybook_site import answering_at

EXCEL = {
    "User-Agent": "Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
}
RETRIED = {408, 429, 503, 504, 509}
"""Statuses after which the same is asked again; the others end a refresh."""
JOURNALS = 4_000


@pytest.fixture(scope="module")
def datasets(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Datasets:
    """A dataset that is larger than what the sockets between both ends hold."""
    made = make_datasets(sqlite_template, tmp_path_factory.mktemp("excel"))

    async def bring(database: object) -> None:
        journals = [
            journal(number, "1.00", "-1.00", Reference="x" * 500)
            for number in range(4, 4 + JOURNALS)
        ]
        source = page(made.folder, "Journals", *journals, name="many.json")
        await imported(database, made.folder, source)  # type: ignore[arg-type]
        await refreshed(database, made.folder, 1)  # type: ignore[arg-type]

    made.run(bring)
    return made


@pytest.fixture(scope="module")
def excel(datasets: Datasets) -> Iterator[httpx2.Client]:
    """What asks a server, a request at a time, and follows no redirect unasked."""
    with (
        answering_at(datasets.settings) as address,
        httpx2.Client(base_url=address, headers=EXCEL, timeout=100) as client,
    ):
        yield client


def test_a_workbook_is_made_and_refreshed(
    excel: httpx2.Client, datasets: Datasets
) -> None:
    # The address is entered: nobody is known yet.
    first = excel.get(CSV)
    assert first.status_code == 401
    assert first.headers["www-authenticate"].startswith("Basic ")

    # The preview has enough after its first lines.
    with excel.stream("GET", CSV, headers=datasets.basic()) as preview:
        assert preview.status_code == 200
        assert preview.headers["content-type"] == "text/csv; charset=utf-8"
        piece = next(preview.iter_raw(1_000))
    assert piece.startswith(b"Account Code,Account Name,")

    # The load asks for all of it.
    load = excel.get(CSV, headers=datasets.basic())
    assert load.status_code == 200
    assert load.text.count("\r\n") == 1 + 6 + 2 + 2 * JOURNALS
    assert "content-encoding" not in load.headers
    assert load.content.startswith(piece)

    # A refresh, hours later, sends the credentials at once, maybe with a date.
    dated = {"If-Modified-Since": "Tue, 14 Oct 2025 12:00:00 GMT"}
    for more in ({}, dated, {"Cache-Control": "no-cache"}):
        again = excel.get(CSV, headers={**datasets.basic(), **more})
        assert (again.status_code, again.content) == (200, load.content)


def test_what_is_wrong_isn_t_tried_again_and_again(
    excel: httpx2.Client, datasets: Datasets
) -> None:
    for name, status in (("READ", 403), ("empty", 404)):
        answer = excel.get(CSV, headers=datasets.basic(name))
        assert answer.status_code == status and status not in RETRIED
    wrong = excel.get(f"{CSV}?from=yesterday", headers=datasets.basic())
    assert wrong.status_code == 400


def test_who_asks_too_often_is_told_in_seconds_when_to_ask_again(
    datasets: Datasets,
) -> None:
    settings = datasets.settings.model_copy(update={"requests_per_minute": 2})
    with (
        answering_at(settings) as address,
        httpx2.Client(base_url=address, headers=EXCEL, timeout=100) as client,
    ):
        answers = [client.get(CSV, headers=datasets.basic()) for _ in range(8)]

    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused and {answer.status_code for answer in refused} == {429}
    for answer in refused:
        # Mashup waits for 0.5 to 120 seconds that are given as a number.
        assert 1 <= int(answer.headers["retry-after"]) <= 120
