"""How many bytes a page of the demo has, and a browser without a cache loads for it."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from daybook_people import client_of
from daybook_states import SIGNED_OUT, STATES, demo_settings

WHOLE_MAX = 60_000
"""With its styles, scripts and icons, all as they are sent."""
HTML_MAX = 15_000
WITH_SECRETS_MAX = 40_000
"""The HTML of a page that may show a secret, which is never compressed."""
OF_STATIC = re.compile(r'(?:href|src)="(/static/[^"#]+)')
GZIP = {"Accept": "text/html", "Accept-Encoding": "gzip"}
PAGES = {**STATES, **SIGNED_OUT}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The demo company, in process."""
    settings = demo_settings(tmp_path_factory.mktemp("weights"))
    with client_of(settings) as made:
        yield made


def sent(
    client: TestClient, address: str, *, is_known: bool = False
) -> tuple[int, str, bool]:
    """The bytes of an answer on the wire, its text, and whether it is compressed."""
    request = client.build_request("GET", address, headers=GZIP)
    if not is_known:
        del request.headers["Authorization"]
    answer = client.send(request, follow_redirects=True)
    size = int(answer.headers["content-length"])
    return size, answer.text, "content-encoding" in answer.headers


@pytest.mark.parametrize("state", PAGES)
def test_a_page_is_light(client: TestClient, state: str) -> None:
    html, text, is_compressed = sent(client, PAGES[state], is_known=state in STATES)

    files = {url: sent(client, url)[0] for url in sorted(set(OF_STATIC.findall(text)))}
    assert len(files) > 2, "it has styles, scripts and icons"
    assert html <= (HTML_MAX if is_compressed else WITH_SECRETS_MAX)
    assert html + sum(files.values()) <= WHOLE_MAX, {PAGES[state]: html, **files}
