"""Pages show each role the forms and links that it may use, and no others.

Each form of each page is sent as it stands. What it would change is noted and not done:
whether the API would refuse it is decided by the rules of the API.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urljoin, urlsplit

import pytest
from httpx2 import Response

from daybook.access.rules import Permission
from daybook_everybody import PEOPLE, PERMISSIONS, Everybody
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import (
    OperationError,
    OperationFailed,
    Operations,
    operation_texts,
)
from daybook_graphql.schema import schema
from daybook_markup import Element, parse
from daybook_routes import FURTHER_PAGES, LOADS, address_of

TYPED: Mapping[str, str] = {
    "date": "2025-11-01",
    "month": "2025-11",
    "number": "1",
    "email": "new@example.com",
    "url": "https://hooks.example.com/new",
    "password": "correct horse battery",
}
"""What is typed into fields by their types; text otherwise."""


PARTS = ("/news", "/sums", "/counts", "/body", ".csv", ".eml", "/events")
"""How the addresses of parts and files end, which show no form."""
THEIR_OWN = {"/account", "/account/organisation", "/sign-out"}
"""Where somebody sends what is about themselves, and not about the ledger."""


Shown: TypeAlias = Mapping[str, Sequence[tuple[str, Element]]]
"""The pages that each role sees, with their addresses."""


class Form(NamedTuple):
    """A form of a page with one of its buttons, as a browser sends it."""

    action: str
    fields: Mapping[str, str]
    is_multipart: bool
    button: str

    @property
    def path(self) -> str:
        """Where it is sent to."""
        return urlsplit(self.action).path

    @property
    def kind(self) -> tuple[str, str, str]:
        """What tells it from other forms, but for the thing that it is about."""
        return self.path, self.fields.get("form", ""), self.button


class Noted(NamedTuple):
    """The mutations that forms led to, by whether the API would take them."""

    taken: set[str]
    refused: set[str]


def is_taken(mutation: str, permissions: Permission) -> bool:
    """Whether the API takes a named mutation from who has these permissions."""
    needed = schema.rules["Mutation"][mutation[:1].lower() + mutation[1:]]
    return any(permission in permissions for permission in needed)


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> Noted:
    """Notes mutations instead of running them."""
    found, run = Noted(set(), set()), Operations.run
    mutations = {
        name: text for name, text in operation_texts().items() if "mutation " in text
    }

    async def noted_run(
        self: Operations, name: str, variables: Mapping[str, Any], context: Context
    ) -> dict[str, Any]:
        if name not in mutations or variables.get("input", {}).get("dryRun"):
            return await run(self, name, variables, context)
        may = is_taken(name, context.caller.permissions)
        (found.taken if may else found.refused).add(name)
        code = "INVALID_VALUE" if may else "FORBIDDEN"
        raise OperationFailed(name, [OperationError(code, "not done", ())])

    monkeypatch.setattr(Operations, "run", noted_run)
    return found


def pages_of(everybody: Everybody, name: str) -> Iterator[tuple[str, Element]]:
    """The pages that somebody sees, by their addresses."""
    addresses = [
        address_of(path, load)
        for needed, loads in LOADS.items()
        if needed is not None and everybody.may(name, needed)
        for path, load in loads.items()
    ]
    for address in [*addresses, *FURTHER_PAGES]:
        if urlsplit(address).path.endswith(PARTS):
            continue
        answer = everybody.ask(name, address)
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        if answer.status_code == 200 and is_page:
            yield address, parse(answer.text)


@pytest.fixture(scope="module")
def shown(everybody: Everybody) -> Shown:
    """What each of them sees."""
    return {name: [*pages_of(everybody, name)] for name in PEOPLE}


def forms_of(address: str, page: Element) -> Iterator[Form]:
    """The forms of a page that change something, once for each of their buttons."""
    for form in page.all("form"):
        action = form.attributes.get("action") or address
        if form.attributes.get("method") != "post":
            continue
        its_id = form.attributes.get("id", "")
        outside = page.all(form=its_id) if its_id else []
        fields = dict(_typed([*form.walk(), *outside]))
        is_multipart = form.attributes.get("enctype") == "multipart/form-data"
        for button in [*form.all("button"), *outside]:
            attributes = button.attributes
            if button.tag != "button" or attributes.get("type") == "button":
                continue
            its = {}
            if "name" in attributes:
                its = {attributes["name"]: attributes.get("value", "")}
            where = attributes.get("formaction", action)
            yield Form(where, {**fields, **its}, is_multipart, button.text)


def _typed(elements: list[Element]) -> Iterator[tuple[str, str]]:
    for element in elements:
        attributes = element.attributes
        name, kind = attributes.get("name"), attributes.get("type", "text")
        if name is None or "disabled" in attributes:
            continue
        if element.tag == "select":
            options = [option.attributes["value"] for option in element.all("option")]
            yield name, next(filter(None, options), "")
        elif element.tag == "textarea":
            yield name, "some words"
        elif element.tag == "input" and kind != "file":
            yield name, attributes.get("value") or TYPED.get(kind, "some words")


def send(everybody: Everybody, name: str, form: Form) -> Response:
    """The answer to a form, as somebody sends it."""
    return everybody.client.post(
        form.action,
        data=dict(form.fields),
        files={"file": ("some.csv", b"words")} if form.is_multipart else None,
        headers=dict(everybody.headers[name]),
        follow_redirects=False,
    )


def test_pages_show_each_role_the_forms_that_it_may_send(
    everybody: Everybody, shown: Shown, noted: Noted
) -> None:
    taken = dict[str, set[str]]()
    for name in PEOPLE:
        sent = set[tuple[str, ...]]()
        for address, page in shown[name]:
            for form in forms_of(address, page):
                if form.path in THEIR_OWN or form.kind in sent:
                    continue
                sent.add(form.kind)
                status = send(everybody, name, form).status_code
                assert status != 403, f"{name} at {address} may not {form.kind}"
        assert not noted.refused, f"pages show {name} forms for these"
        taken[name] = {*noted.taken}
        noted.taken.clear()

    all_taken = taken["admin"]
    assert len(all_taken) > 30, "an admin sees forms for nearly everything"
    for name, its in taken.items():
        may = {
            mutation for mutation in all_taken if is_taken(mutation, PERMISSIONS[name])
        }
        assert its == may, f"what {name} may do has a form, and nothing else"


@pytest.mark.parametrize("name", PEOPLE)
def test_pages_show_each_role_the_links_that_it_may_follow(
    everybody: Everybody, shown: Shown, name: str
) -> None:
    links = dict[str, str]()
    for address, page in shown[name]:
        for link in page.all("a"):
            url = urlsplit(urljoin(address, link.attributes.get("href", "")))
            if not url.netloc and not url.scheme:
                kind = re.sub(r"[0-9]+|/[A-Za-z0-9_-]{12,}", "…", url.path)
                links.setdefault(kind, f"{url.path}?{url.query}")
    seen = {urlsplit(address).path for address, _ in shown[name]}

    assert len(links) > 30, "there are links"
    refused = {
        url
        for url in links.values()
        if urlsplit(url).path not in seen
        and everybody.ask(name, url).status_code == 403
    }
    assert not refused, f"pages show {name} links to these"
