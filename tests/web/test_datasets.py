"""`/datasets/journals.csv`: who may load it, and what they get."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from daybook.gl.rules.columns import DatasetColumn
from daybook_datasets import CSV, LOCAL, PARQUET, XLSX, Datasets, basic, make_datasets
from daybook_web.datasets.admission import CHALLENGE, HTTPS_ONLY, NO_KEY, NOT_A_KEY

PEOPLE = {"Accept": "text/html"}
FAR = ("203.0.113.9", 50_000)
UK_LINES = [
    (1, "10.00", "Order 1"),
    (2, "20.00", '"\'=1+1, ""or so"""'),
    (3, "30.00", "Order 3"),
]


@pytest.fixture(scope="module")
def datasets(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Datasets:
    """A server with datasets, for tests that only read."""
    return make_datasets(sqlite_template, tmp_path_factory.mktemp("datasets"))


@pytest.fixture
def own(sqlite_template: Path, tmp_path: Path) -> Datasets:
    """The same for a test that changes it."""
    return make_datasets(sqlite_template, tmp_path)


@pytest.fixture(scope="module")
def client(datasets: Datasets) -> Iterator[TestClient]:
    """Somebody on the server's machine."""
    with datasets.asking() as made:
        yield made


def files_in(datasets: Datasets) -> list[str]:
    """The files that are kept."""
    folder = datasets.scratch
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize(
    "address", [CSV, PARQUET, XLSX, "/datasets/other.txt", "/datasets/x"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", [{}, PEOPLE, {"HX-Request": "true"}], ids=str)
def test_a_stranger_is_asked_for_a_key(
    client: TestClient, address: str, method: str, headers: dict[str, str]
) -> None:
    answer = client.request(method, address, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == CHALLENGE
    assert CHALLENGE == 'Basic realm="Daybook datasets", charset="UTF-8"'
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "location" not in answer.headers and "set-cookie" not in answer.headers
    words = "send an API key that may DATASET as the password of any user name"
    assert answer.text.startswith(words if method == "GET" else "")


def test_a_key_is_a_password_a_user_or_a_bearer_s(
    client: TestClient, datasets: Datasets
) -> None:
    key = datasets.keys["DATASET"]
    bodies = {
        client.get(CSV, headers=headers).content
        for headers in (
            basic("anybody", key),
            basic("", key),
            basic(key, ""),
            {
                "Authorization": basic("x", key)["Authorization"].replace(
                    "Basic", "basic"
                )
            },
            {"Authorization": f"Bearer {key}"},
            datasets.basic("both"),
            {"Cookie": datasets.session},
        )
    }

    (body,) = bodies
    assert body.startswith(",".join(DatasetColumn).encode() + b"\r\n")
    assert body.count(b"\r\n") == 1 + 6 + 2


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        *((text, NO_KEY) for text in ("Basic", "Basic ", "Basic ***", "Basic /w==")),
        *((text, NO_KEY) for text in ("Bearer", "Digest x", "")),
        ("Bearer nobody", NOT_A_KEY),
        (basic("anybody", "dbk_nobody")["Authorization"], NOT_A_KEY),
        (basic("anybody", "")["Authorization"], NOT_A_KEY),
        (basic("", "")["Authorization"], NO_KEY),
    ],
)
def test_another_key_is_refused_as_a_stranger_is(
    client: TestClient, datasets: Datasets, authorization: str, words: str
) -> None:
    # A session beside it makes no difference: programs would not see that.
    headers = {"Authorization": authorization, "Cookie": datasets.session}
    answer = client.get(CSV, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == CHALLENGE
    assert answer.text == f"{words}\n"


def test_a_key_that_only_reads_is_told_how_to_make_another(
    client: TestClient, datasets: Datasets
) -> None:
    for headers in (datasets.basic("READ"), datasets.bearer("READ")):
        answer = client.get(CSV, headers=headers)

        assert answer.status_code == 403
        assert "www-authenticate" not in answer.headers
        assert "`daybook key create NAME --may DATASET`" in answer.text


@pytest.mark.parametrize(
    ("method", "address"),
    [
        *(("GET", path) for path in ("/graphql?query={viewer{name}}", "/journals")),
        *(("GET", path) for path in ("/events", "/account", "/", "/journals.csv")),
        *(
            ("GET", path)
            for path in ("/reports/waterfall.csv", "/exports", "/audit.csv")
        ),
        *(("POST", path) for path in ("/graphql", "/uploads", "/documents/import")),
    ],
)
def test_a_key_of_datasets_opens_nothing_else(
    client: TestClient, datasets: Datasets, method: str, address: str
) -> None:
    for headers in (datasets.basic(), datasets.bearer()):
        given: dict[str, Any] = {"headers": headers}
        if address == "/graphql" and method == "POST":
            given["json"] = {"query": "{ viewer { name } }"}
        answer = client.request(method, address, **given)

        assert answer.status_code == 401, answer.text
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_of_datasets_opens_no_socket(
    client: TestClient, datasets: Datasets
) -> None:
    key = datasets.keys["DATASET"]
    host = {"Host": "127.0.0.1:8000"}
    with client.websocket_connect(
        "/graphql", ["graphql-transport-ws"], headers=host
    ) as socket:
        payload = {"authorization": f"Bearer {key}"}
        socket.send_json({"type": "connection_init", "payload": payload})
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()

    assert closed.value.code == 4401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_is_sent_to_it(
    client: TestClient, datasets: Datasets, method: str
) -> None:
    for headers in ({}, datasets.basic()):
        answer = client.request(method, CSV, headers=headers)

        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    ("address", "peer", "host"),
    [
        (LOCAL, FAR, None),
        (LOCAL, ("127.0.0.1", 1), "daybook.example.com"),
        (LOCAL, FAR, "127.0.0.1"),
        (LOCAL, FAR, "localhost:8000"),
        (LOCAL, ("10.0.0.1", 1), "daybook.example.com"),
    ],
)
def test_a_key_isn_t_asked_for_in_the_clear(
    datasets: Datasets, address: str, peer: tuple[str, int], host: str | None
) -> None:
    allowed = ("127.0.0.1", "localhost", "daybook.example.com")
    with datasets.asking(address, peer, allowed_hosts=allowed) as client:
        for key in ({}, datasets.basic(), {"Cookie": datasets.session}):
            headers = key if host is None else {**key, "Host": host}
            answer = client.get(CSV, headers=headers)

            assert (answer.status_code, answer.text) == (403, f"{HTTPS_ONLY}\n")
            assert "www-authenticate" not in answer.headers


def test_a_key_is_taken_over_https(datasets: Datasets) -> None:
    name = "daybook.example.com"
    with datasets.asking(f"https://{name}", FAR, allowed_hosts=(name,)) as client:
        assert client.get(CSV).status_code == 401
        assert client.get(CSV, headers=datasets.basic()).status_code == 200
    # A proxy ends HTTPS where people open Daybook by it.
    public = {"public_url": f"https://{name}"}
    with datasets.asking(f"http://{name}", FAR, **public) as client:
        assert client.get(CSV, headers=datasets.basic()).status_code == 200


def test_another_host_s_name_gets_nothing(
    client: TestClient, datasets: Datasets
) -> None:
    answer = client.get(CSV, headers={**datasets.basic(), "Host": "evil.example"})

    assert answer.status_code == 421
    assert "www-authenticate" not in answer.headers


def test_strangers_are_counted_and_slowed(datasets: Datasets) -> None:
    with datasets.asking(requests_per_minute=2) as client:
        answers = [
            client.get(CSV, headers=basic("x", f"daybook_{guess}"))
            for guess in range(8)
        ]
        known = client.get(CSV, headers=datasets.basic())

    first, *_ = statuses = [answer.status_code for answer in answers]
    assert first == 401 and {*statuses} == {401, 429}
    for answer in answers:
        if answer.status_code == 429:
            assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert known.status_code == 200


def test_the_file_is_what_was_refreshed(client: TestClient, datasets: Datasets) -> None:
    answer = client.get(f"{CSV}?connection=uk", headers=datasets.basic())
    lines = answer.text.split("\r\n")
    place = [*DatasetColumn].index(DatasetColumn.ACCOUNT_CODE)

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert (
        answer.headers["content-disposition"] == 'attachment; filename="journals.csv"'
    )
    assert answer.headers["cache-control"] == "private, no-cache"
    assert place == 0 and len(lines) == 1 + 6 + 1 and lines[-1] == ""
    for at, (number, amount, reference) in enumerate(UK_LINES):
        sold, banked = lines[1 + 2 * at : 3 + 2 * at]
        assert sold.startswith("200,Sales,REVENUE,UK,")
        assert f",{number},ACTUAL,-{amount},-{amount},{reference},GBP," in sold
        assert banked.startswith(",Account 1,BANK,UK,")
        assert f",{number},ACTUAL,{amount},{amount},{reference},GBP," in banked
    assert sha256(answer.content).digest() == datasets.segment(1).content_sha256


def test_another_organisation_gets_its_own(
    client: TestClient, datasets: Datasets
) -> None:
    theirs = client.get(CSV, headers=datasets.basic("other"))
    ours = client.get(CSV, headers=datasets.basic())

    assert theirs.text.count("\r\n") == 3
    assert theirs.text.count("Nobody else's") == 2
    assert "Nobody else's" not in ours.text
    # Our second refresh is not theirs, nor is a connection of ours.
    foreign = client.get(f"{CSV}?refresh=2", headers=datasets.basic("other"))
    assert foreign.status_code == 404
    foreign = client.get(f"{CSV}?connection=UK", headers=datasets.basic("other"))
    assert foreign.status_code == 400 and "UK" not in foreign.text.replace("'UK'", "")
    # What one of them was sent is no other's to have unchanged.
    tag = {"If-None-Match": ours.headers["etag"]}
    again = client.get(CSV, headers={**datasets.basic("other"), **tag})
    assert again.status_code == 200


def test_what_is_unchanged_is_neither_sent_nor_rendered(own: Datasets) -> None:
    with own.asking() as client:
        first = client.get(CSV, headers=own.basic())
        assert len(files_in(own)) == 1
        tag = {"If-None-Match": first.headers["etag"]}
        for path in own.scratch.iterdir():
            path.unlink()
        same = client.get(CSV, headers={**own.basic(), **tag})
        head = client.head(CSV, headers={**own.basic(), **tag})

        assert [same.status_code, head.status_code] == [304, 304]
        assert same.content == b"" and same.headers["etag"] == first.headers["etag"]
        assert files_in(own) == []
        # Another file of the same state is another one.
        other = client.get(f"{CSV}?from=2025-09-02", headers={**own.basic(), **tag})
        assert other.status_code == 200

        own.bring(4)
        changed = client.get(CSV, headers={**own.basic(), **tag})
        assert changed.status_code == 200
        assert changed.text.count("\r\n") == first.text.count("\r\n") + 2
        before = client.get(f"{CSV}?refresh=2", headers={**own.basic(), **tag})
        assert before.status_code == 304


def test_without_a_dataset_the_way_to_one_is_told(
    client: TestClient, datasets: Datasets
) -> None:
    answer = client.get(CSV, headers=datasets.basic("empty"))

    assert answer.status_code == 404
    assert "`daybook gl refresh`" in answer.text


def test_files_that_are_missing_are_told(own: Datasets) -> None:
    for path in (own.folder / "gl-segments").rglob("*.parquet"):
        path.unlink()
    with own.asking() as client:
        answer = client.get(CSV, headers=own.basic())

    assert answer.status_code == 503
    assert "the files of refresh 1 of UK are missing: refresh it" in answer.text
