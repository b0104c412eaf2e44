"""Every filter at every door: command line, download, API and page select alike."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from typer.main import get_command

from daybook.cli.app import app
from daybook.db.engine import Database
from daybook.reports.journals.conditions import CONDITIONS
from daybook.reports.journals.filter_kinds import TEXT_MAX, OwnId, Unfit, YesOrNo
from daybook.reports.journals.filters import (
    FILTERS,
    Filter,
    JournalFilter,
    Selection,
)
from daybook_graphql.documents.ids import BillingScheduleId, CreditNoteId, InvoiceId
from daybook_graphql.journals.filters import OWN_IDS, path_of
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_graphql.schema import schema
from daybook_history import make_history
from daybook_markup import Element, parse
from daybook_people import client_of
from daybook_site import settings_for
from daybook_terminal import Terminal

pytestmark = pytest.mark.anyio

NOW = "2025-10-15T12:00:00Z"
USD = encode(LedgerId("USD"))
EVERY_DAY = {"from": "2000-01-01", "to": "2099-12-31"}
JOURNALS = """query($ledger: ID!, $filter: JournalFilter) {
  journals(ledgerId: $ledger, filter: $filter, first: 100) {
    totalCount edges { node { number } } } }"""
API_NAMES = {
    "customer": "customerId",
    "product": "productId",
    "invoice": "invoiceId",
    "credit_note": "creditNoteId",
    "billing_schedule": "billingScheduleId",
    "exclude_fully_recognized": "excludeFullyRecognized",
    "deferred_on": "deferredOn",
    "changed_after": "changedAfterRecording",
    "as_of": "asOf",
    "include_scheduled": "includeScheduled",
    "partly_scheduled": "partlyScheduled",
}
BY_NAME = {declared.name: declared for declared in FILTERS}
LONG = "x" * (TEXT_MAX + 1)


class Case(NamedTuple):
    """A value that narrows the history: as text, and as the API takes it."""

    text: str
    value: Any
    beside: Mapping[str, tuple[str, Any]] = {}


CASES = {
    "from": Case("2025-06-02", "2025-06-02"),
    "to": Case("2025-02-10", "2025-02-10"),
    "customer": Case("Zed", encode(CustomerId("Zed"))),
    "product": Case("p2", encode(ProductId("p2"))),
    "invoice": Case("inv_3", encode(InvoiceId("inv_3"))),
    "credit_note": Case("cn_0", encode(CreditNoteId("cn_0"))),
    "billing_schedule": Case("bs_1", encode(BillingScheduleId("bs_1"))),
    "source": Case("credit-note", ["CREDIT_NOTE"]),
    "type": Case("manual", "MANUAL"),
    "shifted": Case("yes", value=True),
    "revised": Case("yes", value=True),
    "voided": Case("yes", value=True),
    "partly_scheduled": Case("yes", value=True),
    "exclude_fully_recognized": Case(
        "yes", value=True, beside={"on": ("2025-08-15", "2025-08-15")}
    ),
    "account": Case("unbilled", "UNBILLED"),
    "column": Case("voids", "VOIDS", beside={"account": ("deferred", "DEFERRED")}),
    "against": Case("billed", ["BILLED"], beside={"account": ("deferred", "DEFERRED")}),
    "deferred_on": Case("2025-08-15", "2025-08-15"),
    "unscheduled": Case(
        "yes", value=True, beside={"deferred_on": ("2025-08-15", "2025-08-15")}
    ),
    "changed_after": Case("8", "8"),
    "as_of": Case("2025-05-01", "2025-05-01"),
    "on": Case("2025-02-03", "2025-02-03", beside={"include_scheduled": ("no", False)}),
    "include_scheduled": Case("no", value=False),
    "search": Case("große", "große"),
}


class Doors:
    """The doors to one database, at noon of 15 October 2025; each gives numbers."""

    def __init__(self, database: Database, client: TestClient, folder: Path) -> None:
        self.client = client
        self.terminal = Terminal(folder)
        url = database.url.set(drivername=database.url.get_backend_name())
        self.url = url.render_as_string(hide_password=False)

    def run(self, *options: str) -> Any:
        """`daybook export` to standard output."""
        return self.terminal.run(
            *("export", "--currency", "USD", *options, "-o", "-"),
            DAYBOOK_DATABASE_URL=self.url,
            DAYBOOK_NOW=NOW,
        )

    def journals(self, *options: str) -> Any:
        """`daybook journals`."""
        return self.terminal.run(
            *("journals", *options),
            DAYBOOK_DATABASE_URL=self.url,
            DAYBOOK_NOW=NOW,
        )

    def by_command(self, given: Mapping[str, str]) -> str:
        """What the command writes."""
        ended = self.run(*_options(given))
        assert ended.returncode == 0, ended.stderr
        written: str = ended.stdout
        return written

    def by_download(self, given: Mapping[str, str]) -> str:
        """What `/journals.csv` holds, with the ends of lines that a pipe gives."""
        answer = self.client.get("/journals.csv", params={"currency": "USD", **given})
        assert answer.status_code == 200, answer.text
        return answer.text.replace("\r\n", "\n")

    def by_query(self, wanted: Mapping[str, Any]) -> list[int]:
        """The numbers that the API gives."""
        answer = self.asked(wanted)
        assert "errors" not in answer, answer
        found = answer["data"]["journals"]
        numbers = [int(edge["node"]["number"]) for edge in found["edges"]]
        assert found["totalCount"] == len(numbers)
        return numbers

    def asked(self, wanted: Mapping[str, Any]) -> Any:
        """The API's answer."""
        variables = {"ledger": USD, "filter": wanted}
        body = {"query": JOURNALS, "variables": variables}
        return self.client.post("/graphql", json=body).json()

    def by_page(self, given: Mapping[str, str]) -> list[int]:
        """The numbers of all pages of the report."""
        return [number for page in self._pages(given) for number in _numbers(page)]

    def _pages(self, given: Mapping[str, str]) -> Iterator[Element]:
        answer = self.client.get("/journals", params={"currency": "USD", **given})
        while True:
            assert answer.status_code == 200, answer.text
            page = parse(answer.text)
            yield page
            following = [link for link in page.all("a") if _is_next_page(link)]
            if not following:
                return
            answer = self.client.get(following[0].attributes["href"])


def _is_next_page(link: Element) -> bool:
    return "after=" in link.attributes["href"] and link.attributes.get("rel") == "next"


def _numbers(page: Element) -> list[int]:
    heads = page.all("th", scope="row") if page.all("table", class_="journals") else []
    # The month follows a number where there may be several; sums have other words.
    found = [re.fullmatch(r"(\d+)( [A-Z][a-z]{2} \d\d)?", head.text) for head in heads]
    return [int(number[1]) for number in found if number]


def _options(given: Mapping[str, str]) -> list[str]:
    """Filters as options: flags say yes by themselves."""
    options = []
    for name, text in given.items():
        option = name.replace("_", "-")
        if isinstance(BY_NAME[name].kind, YesOrNo):
            options.append(f"--{option}" if text == "yes" else f"--no-{option}")
        else:
            options += [f"--{option}", text]
    return options


def _input(given: Mapping[str, Any]) -> dict[str, Any]:
    """Filters as the API's input."""
    wanted: dict[str, Any] = {"posted": {}}
    for name, value in given.items():
        place = wanted["posted"] if name in EVERY_DAY else wanted
        place[API_NAMES.get(name, name)] = value
    return wanted


def _journals_of(text: str) -> list[int]:
    rows = csv.DictReader(io.StringIO(text))
    return sorted({int(row["Journal Number"]) for row in rows})


@pytest.fixture(scope="module")
async def doors(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Doors]:
    """The doors to a ledger with a history, which no test changes."""
    await make_history(module_database)
    folder = tmp_path_factory.mktemp("doors")
    with client_of(settings_for(module_database.url, data=folder)) as client:
        yield Doors(module_database, client, folder)


async def test_every_filter_selects_the_same_at_every_door(doors: Doors) -> None:
    assert CASES.keys() == BY_NAME.keys()
    for name, (text, value, beside) in CASES.items():
        texts = {**EVERY_DAY, **{one: its[0] for one, its in beside.items()}}
        values = {**EVERY_DAY, **{one: its[1] for one, its in beside.items()}}
        every = doors.by_query(_input(values))
        given = {**texts, name: text}
        lines = {"include_scheduled": "yes", **given}

        numbers = doors.by_query(_input({**values, name: value}))
        page = doors.by_page(given)
        download = doors.by_download(lines)
        command = doors.by_command(lines)

        assert numbers == page, name
        assert numbers == _journals_of(download), name
        assert command == download, name
        assert set(numbers) != set(every), name


def problem_of(page: Response, name: str) -> str:
    """What the page says above its report of a filter, whose field it links to."""
    (its,) = (
        problem.text
        for problem in parse(page.text).one(role="alert").all("p")
        if f"#filter-{name}" in problem.links().values()
    )
    return its


@pytest.mark.either_database
async def test_a_value_that_is_none_is_refused_in_the_same_words(doors: Doors) -> None:
    wrong = {"day": "soon", "choice": "GIFT", "text": LONG, "id": LONG, "flag": "maybe"}
    wrong["number"] = "-1"
    given = {declared.name: wrong[declared.kind.form] for declared in FILTERS}
    typed = {name: its for name, its in given.items() if its != "maybe"}

    command = doors.run(*_options(typed))
    download = doors.client.get("/journals.csv", params=given)
    page = doors.client.get("/journals", params={"currency": "USD", **given})

    assert (command.returncode, command.stdout) == (2, "")
    assert (download.status_code, page.status_code) == (400, 422)
    lines = download.text.splitlines()
    for one, text, line in zip(FILTERS, given.values(), lines, strict=True):
        why = _refusal(one, text)
        assert line == f"{one.name}: {why} [{why.code}]"
        if one.name in typed:
            assert f"--{one.name.replace('_', '-')}: {why}" in command.stderr
        at_the_field = problem_of(page, one.name)
        assert why.words[1:] in at_the_field
        if why.text is not None:
            assert at_the_field.startswith(f"“{text}” ")


def _refusal(one: Filter, text: str) -> Unfit:
    with pytest.raises(Unfit) as unfit:
        one.kind.read(text)
    return unfit.value


@pytest.mark.either_database
async def test_a_value_that_is_none_is_refused_by_the_api(doors: Doors) -> None:
    wrong = {"day": "soon", "choice": "GIFT", "text": LONG, "id": USD, "flag": "maybe"}
    wrong["number"] = "-1"
    for declared in FILTERS:
        value = wrong[declared.kind.form]
        answer = doors.asked(
            _input({declared.name: [value] if declared.is_many else value})
        )

        (error,) = answer["errors"]
        assert ".".join(path_of(declared)) in str(error), declared.name


@pytest.mark.either_database
async def test_an_id_that_nothing_has_is_named_at_every_door(doors: Doors) -> None:
    for declared in FILTERS:
        if not isinstance(declared.kind, OwnId):
            continue
        words = f"there is no {declared.name.replace('_', ' ')}"

        page = doors.client.get(
            "/journals", params={"currency": "USD", declared.name: "no"}
        )
        download = doors.client.get(
            "/journals.csv", params={"currency": "USD", declared.name: "no"}
        )
        answer = doors.asked(
            _input({declared.name: encode(OWN_IDS[declared.name]("no"))})
        )

        problem = problem_of(page, declared.name)
        assert (page.status_code, words.capitalize() in problem) == (422, True)
        assert download.text.startswith(f"{declared.name}: {words} 'no'")
        (error,) = answer["errors"]
        (its,) = error["extensions"]["problems"]
        assert its["message"].startswith(f"{words} 'no'")
        assert its["path"] == ["filter", *path_of(declared)]
    ended = doors.run("--invoice", "no", "--customer", "no")
    assert "--customer: there is no customer 'no'; --invoice: there is" in ended.stderr


@pytest.mark.either_database
async def test_a_second_value_is_refused_at_every_door(doors: Doors) -> None:
    for filter_ in FILTERS:
        # The form leaves a switch out that is off.
        if filter_.is_many or filter_.is_switch:
            continue
        pair = ["2025-01-01", "2025-01-02"]
        if filter_.kind.form == "flag":
            pair = ["yes", "no"]
        if filter_.kind.form == "number":
            pair = ["1", "2"]
        given = {"currency": "USD", filter_.name: pair}

        page = doors.client.get("/journals", params=given)
        download = doors.client.get("/journals.csv", params=given)

        why = f"give one of {pair[0]!r} and {pair[1]!r}"
        assert page.status_code == 422, filter_.name
        assert why[1:] in problem_of(page, filter_.name)
        assert f"{filter_.name}: {why}" in download.text
        if filter_.kind.form != "flag":
            option = f"--{filter_.name.replace('_', '-')}"
            command = doors.run(option, pair[0], option, pair[1])
            assert (command.returncode, command.stdout) == (2, "")
            assert f"{option}: {why}" in command.stderr
    for name in ("currency", "granularity", "format"):
        answer = doors.client.get("/journals.csv", params={name: ["a", "b"]})
        assert (answer.status_code, answer.text.splitlines()[0]) == (
            *(400, f"{name}: give one of 'a' and 'b' [INVALID_VALUE]"),
        )


@pytest.mark.either_database
async def test_an_option_without_a_value_is_refused(doors: Doors) -> None:
    ended = doors.run("--customer", "", "--as-of", " ")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--customer: nothing is given: leave the option out" in ended.stderr
    assert "--as-of: nothing is given" in ended.stderr


@pytest.mark.either_database
async def test_a_journal_of_two_documents_is_refused(doors: Doors) -> None:
    given = {"currency": "USD", "invoice": "inv_1", "credit_note": "cn_0"}

    page = doors.client.get("/journals", params=given)
    download = doors.client.get("/journals.csv", params=given)

    words = "journal belongs to one document: name one"
    assert words in problem_of(page, "credit_note")
    assert page.status_code == 422
    assert f"credit_note: a {words}" in download.text


@pytest.mark.either_database
async def test_names_of_no_filter_are_refused_at_every_door(doors: Doors) -> None:
    for declared in FILTERS:
        name = f"{declared.name}x"
        page = doors.client.get("/journals", params={name: "x"})
        download = doors.client.get("/journals.csv", params={name: "x"})
        answer = doors.asked({f"{path_of(declared)[-1]}x": "x"})

        assert page.status_code == 422, name
        problem, _ = parse(page.text).one(role="alert").all("p")
        suggested = f"did you mean {declared.name}?"
        assert problem.text == f"There is no filter “{name}”; {suggested}"
        assert not problem.all("a")
        assert download.status_code == 400
        assert download.text.startswith(f"{name}: there is no such filter;")
        assert suggested in download.text
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "INVALID_QUERY"
        assert f"'{path_of(declared)[-1]}x'" in error["message"]
    ended = doors.run("--custmer", "x")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--customer" in ended.stderr


@pytest.mark.either_database
async def test_the_page_keeps_what_htmx_and_its_own_pages_send(doors: Doors) -> None:
    own = {"month": "2025-05", "group_by": "customer", "granularity": "daily"}

    answer = doors.client.get(
        "/journals",
        params={"currency": "USD", **own, **dict.fromkeys(BY_NAME, "")},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 200


@pytest.mark.either_database
async def test_the_form_has_a_field_for_every_filter(doors: Doors) -> None:
    given = {
        filter_.name: CASES[filter_.name].text
        for filter_ in FILTERS
        if filter_.kind.form == "id" or not filter_.is_offered
    }
    answer = doors.client.get("/journals", params={"currency": "USD", **given})
    page = parse(answer.text)

    # The field of the search stands beside the menu with the others.
    fields = [
        *page.one(id="filters").walk(),
        *page.all("input", form="filters"),
    ]
    names = {
        field.attributes["name"] for field in fields if field.tag in {"input", "select"}
    }
    assert BY_NAME.keys() <= names


def test_both_commands_have_an_option_for_every_filter() -> None:
    commands: Any = get_command(app)
    for name in ("journals", "export"):
        parameters = commands.get_command(None, name).params
        options = {option for parameter in parameters for option in parameter.opts}
        assert {f"--{its.name.replace('_', '-')}" for its in FILTERS} <= options


def test_the_api_has_a_field_for_every_filter_and_one_of_its_own() -> None:
    types = schema.as_str()
    lines = types.partition("input JournalFilter {")[2].partition("\n}")[0].splitlines()
    names = {
        line.strip().partition(":")[0] for line in lines if line.startswith("  ")
    } - {""}
    its = {line for line in names if line.isidentifier()}
    assert its == {path_of(declared)[0] for declared in FILTERS} | {"documentId"}


def test_declarations_agree_with_what_they_fill() -> None:
    selection = {field.name for field in fields(Selection)}
    # Differences narrow by a field that no interface has; lists are read in parts.
    internal = {"changed_since", "changed_part"}
    conditions = {field.name for field in fields(JournalFilter)} - internal

    assert {declared.field for declared in FILTERS} | {"document"} == selection
    assert {declared.selects for declared in FILTERS} - {None} == conditions
    narrowing = {declared.selects for declared in FILTERS if declared.narrows}
    # These select movements and no journals.
    of_movements = {"account", "against", "deferred_on", "unscheduled"}
    assert narrowing - {None, "search"} - of_movements == CONDITIONS.keys() - internal


@pytest.mark.either_database
async def test_lists_of_what_changed_name_journals_of_which_nothing_is_left(
    doors: Doors,
) -> None:
    given = {**EVERY_DAY, "changed_after": "4"}
    with_one_ledger = ["--currency", "USD", *_options(given)]

    listed = doors.by_query(_input(given))
    left = _journals_of(doors.by_download({**given, "include_scheduled": "yes"}))
    ended = doors.journals(*with_one_ledger, "--csv")
    rows = list(csv.DictReader(io.StringIO(ended.stdout)))
    table = doors.journals(*with_one_ledger)

    gone = sorted(set(listed) - set(left))
    assert gone == [23, 25, 27, 29]
    assert doors.by_page(given) == listed
    assert [int(row["number"]) for row in rows] == listed
    assert [int(row["number"]) for row in rows if row["state"] == "NOTHING"] == gone
    assert ended.stderr == table.stderr == "Go on with --changed-after 11.\n"
    assert "30 journals" in table.stdout
    page = doors.client.get(f"/journals/USD/{gone[0]}")
    assert page.status_code == 200
    assert "all its movements were superseded" in parse(page.text).text


@pytest.mark.either_database
async def test_what_changed_is_refused_where_it_would_miss_something(
    doors: Doors,
) -> None:
    for name in (
        *("billing_schedule", "shifted", "revised", "voided", "partly_scheduled"),
        *("exclude_fully_recognized", "deferred_on", "search"),
    ):
        text, value, _ = CASES[name]
        given = {"changed_after": "4", name: text}

        command = doors.run(*_options(given))
        download = doors.client.get(
            "/journals.csv", params={"currency": "USD", **given}
        )
        page = doors.client.get("/journals", params={"currency": "USD", **given})
        answer = doors.asked(_input({"changed_after": "4", name: value}))

        shown = name.replace("_", " ")
        words = f"a list of what changed would miss journals that left what '{shown}'"
        assert (command.returncode, words in command.stderr) == (2, True)
        assert (download.status_code, words in download.text) == (400, True)
        at_the_field = problem_of(page, name)
        assert (page.status_code, words[1:] in at_the_field) == (422, True)
        (error,) = answer["errors"]
        (problem,) = error["extensions"]["problems"]
        assert problem["path"] == ["filter", *path_of(BY_NAME[name])]


@pytest.mark.either_database
async def test_a_recording_that_is_not_there_yet_is_refused(doors: Doors) -> None:
    words = "there is no recording 99 yet: the USD ledger's last one is 11"

    command = doors.run("--changed-after", "99")
    download = doors.client.get(
        "/journals.csv", params={"currency": "USD", "changed_after": "99"}
    )
    page = doors.client.get(
        "/journals", params={"currency": "USD", "changed_after": "99"}
    )
    answer = doors.asked({"changedAfterRecording": "99"})
    several = doors.journals("--changed-after", "1")

    assert f"--changed-after: {words}" in command.stderr
    assert f"changed_after: {words}" in download.text
    assert words[1:] in problem_of(page, "changed_after")
    assert words in str(answer["errors"])
    assert several.returncode == 2
    assert "choose one by --currency, of EUR, USD" in several.stderr
