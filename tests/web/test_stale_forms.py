"""A form that another person overtook: it takes back nothing that they changed."""

import re
from collections.abc import Iterator

import pytest

from daybook_graphql.approvals.ids import ChangeRequestId
from daybook_graphql.kit.ids import encode
from daybook_markup import Element
from daybook_offices import HTMX
from daybook_services.database import NewDatabase
from daybook_two_admins import Two, two_admins

pytestmark = pytest.mark.either_database

SETTINGS = "/settings?currency=USD"
ACCOUNTS = "/settings/accounts?currency=USD"
ORGANISATION = "/settings/organisation"
ZOE_LATELY = (
    r"zoe@example\.com changed {} on \d+ \w+ 20\d\d, \d\d:\d\d UTC, after you looked:"
    r" it is {} now; send yours again to replace that"
)


@pytest.fixture
def two(new_database: NewDatabase) -> Iterator[Two]:
    """Two admins over one invoice."""
    with two_admins(new_database()) as people:
        yield people


def fields_of(page: Element, name: str, of: str = "") -> dict[str, str]:
    """What a browser sends of the form `name`, or of the one of them for `of`."""
    (form,) = (
        form
        for form in page.all("form")
        if form.all("input", name="form", value=name)
        and (not of or form.all("input", value=of))
    )
    fields: dict[str, str] = {}
    for node in form.all("input"):
        if node.attributes.get("type") != "checkbox" or "checked" in node.attributes:
            fields[node.attributes["name"]] = node.attributes.get("value", "")
    for select in form.all("select"):
        options = select.all("option")
        chosen = [option for option in options if "selected" in option.attributes]
        fields[select.attributes["name"]] = (chosen or options)[0].attributes["value"]
    return fields


def said_at(page: Element, field: str) -> str:
    return page.one(id=f"problem-{field}").text


def test_the_same_setting_of_two_people_is_refused(two: Two) -> None:
    stale = fields_of(two.amy.get(SETTINGS), "defaults")
    theirs = fields_of(two.zoe.get(SETTINGS), "defaults")
    two.zoe.post(
        SETTINGS, 303, **theirs | {"method": "USAGE", "strategy": "THIRTY_360"}
    )

    page = two.amy.post(SETTINGS, 422, **stale | {"method": "MILESTONE"})

    words = ZOE_LATELY.format("the default method", "usage")
    assert re.fullmatch(words, said_at(page, "method"))
    again = fields_of(page, "defaults")
    assert again["method"] == "MILESTONE", "what was typed is kept"
    assert again["strategy"] == "THIRTY_360", "what wasn't typed is as it is now"
    two.amy.post(SETTINGS, 303, **again)
    now = fields_of(two.zoe.get(SETTINGS), "defaults")
    assert (now["method"], now["strategy"]) == ("MILESTONE", "THIRTY_360")


def test_a_record_that_is_not_there_yet_is_no_excuse(two: Two) -> None:
    form = fields_of(two.amy.get(SETTINGS), "defaults")
    form |= {"method": "USAGE", "shown_record": "100158"}

    page = two.amy.post(SETTINGS, 422, **form)

    assert "the audit trail has no record 100158 yet" in page.text


def test_an_open_page_that_hears_of_it_is_as_stale_as_before(two: Two) -> None:
    open_page = two.amy.get(SETTINGS)
    stale = fields_of(open_page, "defaults")
    two.zoe.post(SETTINGS, 303, **stale | {"method": "USAGE"})
    again = open_page.one(id="as-set").attributes["hx-get"]

    heard = two.amy.ask(again, HTMX).text

    assert "zoe@example.com changed this while the page was open" in heard
    assert "shown_record" not in heard, "the form is not loaded again"
    two.amy.post(SETTINGS, 422, **stale | {"method": "MILESTONE"})


def test_other_settings_of_a_stale_form_are_kept(two: Two) -> None:
    stale = fields_of(two.amy.get(SETTINGS), "defaults")
    theirs = fields_of(two.zoe.get(SETTINGS), "defaults")
    two.zoe.post(SETTINGS, 303, **theirs | {"method": "USAGE", "breakage": "on"})

    two.amy.post(SETTINGS, 303, **stale | {"undated_lines": "ACCOUNTING_DATE"})

    now = fields_of(two.zoe.get(SETTINGS), "defaults")
    assert now["method"] == "USAGE"
    assert now["breakage"] == "on"
    assert now["undated_lines"] == "ACCOUNTING_DATE"


def test_a_stale_form_that_says_the_same_changes_nothing(two: Two) -> None:
    stale = fields_of(two.amy.get(SETTINGS), "defaults")
    theirs = fields_of(two.zoe.get(SETTINGS), "defaults")
    two.zoe.post(SETTINGS, 303, **theirs | {"method": "USAGE"})

    page = two.amy.post(SETTINGS, 303, **stale | {"method": "USAGE"})

    assert len(page.one(id="changes").one("tbody").all("tr")) == 1


def test_anything_else_that_is_recorded_does_not_matter(two: Two) -> None:
    stale = fields_of(two.amy.get(SETTINGS), "defaults")
    theirs = fields_of(two.zoe.get(ORGANISATION), "rename")
    two.zoe.post(ORGANISATION, 303, **theirs | {"organisation_name": "Acme"})

    two.amy.post(SETTINGS, 303, **stale | {"method": "USAGE"})

    assert fields_of(two.zoe.get(SETTINGS), "defaults")["method"] == "USAGE"


OVERTAKEN = {
    "product": (
        *(SETTINGS, "product", {"sold": "prod_1", "sold_method": "MILESTONE"}),
        *({"sold_method": "USAGE"}, "sold_method", "the method of prod_1", "usage"),
    ),
    "account": (
        *(ACCOUNTS, "account", {"role": "RECOGNIZED", "name": "Sales"}),
        *({"name": "Revenue"}, "name", "the name of USD:RECOGNIZED", "Revenue"),
    ),
    "name": (
        *(ORGANISATION, "rename", {"organisation_name": "Acme"}),
        *({"organisation_name": "Apex"}, "organisation_name"),
        *("the organisation's name", "Apex"),
    ),
    "time zone": (
        *(ORGANISATION, "time-zone", {"time_zone": "Europe/Paris"}),
        *({"time_zone": "Etc/UTC"}, "time_zone", "the time zone", "Etc/UTC"),
    ),
}
"""By what is set: where, what Amy types, what Zoe did before, and what Amy is told."""


@pytest.mark.parametrize("what", OVERTAKEN)
def test_what_another_person_set_meanwhile_is_not_replaced(two: Two, what: str) -> None:
    address, form, typed, theirs, field, words, present = OVERTAKEN[what]
    of = typed["sold"] if form == "product" else ""
    stale = fields_of(two.amy.get(address), form, of)
    two.zoe.post(address, 303, **stale | typed | theirs)

    page = two.amy.post(address, 422, **stale | typed)

    assert re.fullmatch(ZOE_LATELY.format(words, present), said_at(page, field))
    again = fields_of(page, form)
    assert again.items() >= typed.items(), "what was typed is kept"
    two.amy.post(address, 303, **again)


def test_four_eyes_that_was_turned_on_and_off_meanwhile(two: Two) -> None:
    address = "/settings/approval"
    stale = fields_of(two.amy.get(address), "four-eyes") | {"four_eyes": "on"}
    two.zoe.post(address, 303, **stale)
    off = fields_of(two.zoe.get(address), "four-eyes") | {"four_eyes": "off"}
    two.zoe.post(address, 303, **off)
    request = encode(ChangeRequestId(1))
    done = two.amy.mutate(
        f'mutation {{ approveChange(input: {{ id: "{request}" }})'
        " { userErrors { message } } }"
    )
    assert done["approveChange"]["userErrors"] == []

    page = two.amy.post(address, 422, **stale)

    assert "changed four eyes on" in page.one("div", role="alert").text
    assert "it is off now" in page.one("div", role="alert").text


def test_a_role_that_another_admin_set_meanwhile(two: Two) -> None:
    bob = {"email": "bob@example.com", "name": "Bob", "role": "VIEWER"}
    two.amy.send("/access", form="invite", **bob)
    page = two.amy.get("/access")
    user = _user_of(page, "bob@example.com")
    stale = fields_of(page, "role", user)
    two.zoe.post("/access", 303, **stale | {"role": "ADMIN"})

    refused = two.amy.post("/access", 422, **stale | {"role": "ACCOUNTANT"})

    said = refused.one("div", role="alert").text
    words = ZOE_LATELY.format(r"the role of bob@example\.com", "admin")
    assert re.search(words, said)
    assert fields_of(two.zoe.get("/access"), "role", user)["role"] == "ADMIN"


def test_a_removal_that_another_admin_overtook(two: Two) -> None:
    bob = {"email": "bob@example.com", "name": "Bob", "role": "VIEWER"}
    two.amy.send("/access", form="invite", **bob)
    page = two.amy.get("/access")
    user = _user_of(page, "bob@example.com")
    removal = page.links()["Take back"]
    stale = fields_of(two.amy.get(removal), "remove")
    theirs = fields_of(page, "role", user)
    two.zoe.post("/access", 303, **theirs | {"role": "CONTROLLER"})

    refused = two.amy.post("/access", 422, **stale)

    assert "it is controller now" in refused.one("div", role="alert").text
    assert _user_of(two.zoe.get("/access"), "bob@example.com") == user


def _user_of(page: Element, email: str) -> str:
    (row,) = (
        row
        for row in page.one(id="users").one("tbody").all("tr")
        if row.one("th").text == email
    )
    return row.one("input", name="user").attributes["value"]


CONNECTIONS = "/general-ledger/connections"


def test_a_connection_that_another_person_changed_is_refused(two: Two) -> None:
    added = {"form": "add", "name": "Northwind", "base_currency": "GBP"}
    two.zoe.post(CONNECTIONS, 303, **added, year_end="12-31")
    page = f"{CONNECTIONS}/1"
    stale = fields_of(two.amy.get(page), "update")
    removal = fields_of(two.amy.get(f"{page}?ask=remove"), "remove")
    theirs = fields_of(two.zoe.get(page), "update")
    two.zoe.post(page, 303, **theirs | {"year_end": "03-31"})

    refused = two.amy.post(page, 422, **stale | {"year_end": "06-30"})

    words = ZOE_LATELY.format("the end of the financial year", "03-31")
    assert re.fullmatch(words, said_at(refused, "year_end"))
    again = fields_of(refused, "update")
    assert again["year_end"] == "06-30", "what was typed is kept"
    kept = two.amy.post(page, 422, **removal)
    assert "zoe@example.com changed Northwind on" in kept.text
    two.amy.post(page, 303, **again)
    assert fields_of(two.zoe.get(page), "update")["year_end"] == "06-30"


def test_the_dataset_s_currency_of_two_people_is_refused(two: Two) -> None:
    added = {"form": "add", "name": "Northwind", "base_currency": "GBP"}
    two.zoe.post(CONNECTIONS, 303, **added, year_end="12-31")
    stale = fields_of(two.amy.get(CONNECTIONS), "dataset")
    theirs = fields_of(two.zoe.get(CONNECTIONS), "dataset")
    two.zoe.post(CONNECTIONS, 303, **theirs | {"reporting": "EUR"})

    refused = two.amy.post(CONNECTIONS, 422, **stale | {"reporting": "USD"})

    words = ZOE_LATELY.format("the reporting currency", "EUR")
    assert re.fullmatch(words, said_at(refused, "reporting"))
