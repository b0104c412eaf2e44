"""Each page that a person sees is among the states that the audit looks at."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Match, Route

from daybook_everybody import ADMIN, Everybody
from daybook_routes import LOADS, address_of
from daybook_states import SIGNED_OUT, STATES

NOT_SEEN = "/static/{hash:str}/{name:path}"
"""What a browser asks for by itself."""
EXAMPLES = {
    path: load
    for group in LOADS.values()
    for path, load in group.items()
    if path != NOT_SEEN
}
DOCUMENT = "<!doctype html>"


@pytest.fixture(scope="module")
def shown(everybody: Everybody) -> set[str]:
    """The paths of the routes that lead to a state."""
    addresses = [*STATES.values(), *SIGNED_OUT.values()]
    return {path for its in addresses for path in _routes_of(everybody.app, its)}


def _routes_of(app: Starlette, address: str) -> Iterator[str]:
    path = address.partition("?")[0]
    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    for route in app.routes:
        if isinstance(route, Route) and route.matches(scope)[0] is Match.FULL:
            yield route.path
            return


@pytest.mark.parametrize("path", EXAMPLES)
def test_a_page_has_a_state(everybody: Everybody, shown: set[str], path: str) -> None:
    answer = everybody.ask(ADMIN, address_of(path, EXAMPLES[path]))

    is_page = answer.text[: len(DOCUMENT)].lower() == DOCUMENT
    assert path in shown or not is_page, "it needs a line in daybook_states.STATES"


@pytest.mark.parametrize(
    "path",
    [path for path, its in EXAMPLES.items() if "currency=USD" in its.address],
)
def test_a_ledger_that_there_is_not_is_no_error_of_ours(
    everybody: Everybody, path: str
) -> None:
    address = address_of(path, EXAMPLES[path]).replace("=USD", "=ZZZ")

    assert everybody.ask(ADMIN, address).status_code < 500
