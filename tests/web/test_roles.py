"""What each role gets from each address, and may send to it.

The tables are in `daybook_routes`, by the permission that is needed. What somebody may
not do is refused by its address, and no page shows them a form or a link for it.
"""

from http import HTTPStatus
from urllib.parse import urlsplit

import pytest

from daybook.access.rules import Permission
from daybook_everybody import (
    KEYS,
    NOBODY,
    OUTSIDER,
    PEOPLE,
    Everybody,
)
from daybook_routes import LOADS, SENDS, address_of, routes_of

NOTHING = {204, 302}
"""What a program gets that may not read, where others get a part of a page."""
FOR_PEOPLE = {"/account", "/account/organisation"}
"""What no key has, whatever it may do."""
OURS = (
    "MJ-0934",
    "inv_",
    "bob@example.com",
    "hooks.example.com/daybook/a",
    "PRE",
    "Söhne",
)
"""What stands on pages of the company, and on none of another organisation."""


def expected_of(
    everybody: Everybody, name: str, path: str, needed: Permission, status: int
) -> set[int]:
    """The statuses that somebody may get, if who may has this one."""
    if name == NOBODY:
        return {303}
    if path in FOR_PEOPLE and name in KEYS:
        return {403, 404}
    if everybody.may(name, needed):
        return {status}
    return {403} if name in PEOPLE else {403} | NOTHING


def test_every_form_has_an_example(everybody: Everybody) -> None:
    routes = set(routes_of(everybody.app, "POST"))
    examples = {send.path for sends in SENDS.values() for send in sends}

    assert routes == examples, (
        "each form needs a line in SENDS of tests/services/daybook_routes.py: missing"
        f" {routes - examples}, no longer there {examples - routes}"
    )


@pytest.mark.parametrize("name", [NOBODY, *PEOPLE, *KEYS])
def test_an_address_answers_who_may_see_it(everybody: Everybody, name: str) -> None:
    wrong = {}
    for needed, loads in LOADS.items():
        if needed is None:
            continue
        for path, load in loads.items():
            answer = everybody.ask(name, address_of(path, load))
            expected = expected_of(everybody, name, path, needed, load.status)
            if answer.status_code not in expected:
                wrong[path] = (answer.status_code, expected)

    assert not wrong, "an address, its status, and what it should be"


@pytest.mark.parametrize("name", [NOBODY, *PEOPLE, *KEYS])
def test_a_form_is_taken_from_who_may_send_it(everybody: Everybody, name: str) -> None:
    wrong = []
    for needed, sends in SENDS.items():
        if needed is None or name == "key that may RECORD":
            continue
        for send in sends:
            answer = everybody.send(name, send)
            expected = expected_of(everybody, name, send.path, needed, send.status)
            if name == NOBODY:
                expected = {401}
            if answer.status_code not in expected:
                wrong.append((send.path, dict(send.form), answer.status_code, expected))

    assert not wrong, "a form, its status, and what it should be"


def test_strangers_get_what_is_open(everybody: Everybody) -> None:
    for path, load in LOADS[None].items():
        assert everybody.ask(NOBODY, address_of(path, load)).status_code == load.status
    for send in SENDS[None]:
        assert everybody.send(NOBODY, send).status_code == send.status
    for needed, loads in LOADS.items():
        for path, load in loads.items() if needed is not None else ():
            answer = everybody.ask(NOBODY, address_of(path, load))
            assert urlsplit(answer.headers["location"]).path == "/sign-in"


def test_another_organisation_gets_nothing_of_ours(everybody: Everybody) -> None:
    shown = {}
    for needed, loads in LOADS.items():
        for path, load in loads.items() if needed is not None else ():
            address = address_of(path, load)
            answer = everybody.ask(OUTSIDER, address)

            assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, address
            text = answer.text.replace(address, "")
            if found := [ours for ours in OURS if ours in text]:
                shown[path] = found

    assert not shown
