"""Pages of ledgers alone keep what they read, and show only what is still so.

The oracle is a program that has kept nothing: it shows the same after each change.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Store
from daybook_counted import counted
from daybook_factories import invoice
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.execution.kept_results import KeptResults
from daybook_graphql.execution.operations import Operations
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import ProductId
from daybook_offices import NEW, TYPED, Office, Person, office_of
from daybook_people import answering
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

SEPTEMBER = "/close?currency=USD&month=2025-09"
CLOSING = (SEPTEMBER, "/close", "/close/lock?currency=USD&month=2025-09")
REPORTS = (
    "/journals/USD/1",
    "/reports/deferred-revenue?currency=USD&totals=yes",
    "/reports/waterfall?currency=USD&totals=yes",
    "/reports/cohorts?currency=USD",
    "/reports/roll-forward?currency=USD",
    "/reports/tie-out?currency=USD&totals=yes",
    "/reports/population?currency=USD&totals=yes",
)
LISTS = (
    "/documents?currency=USD&month=2025-01",
    f"/documents/{encode(InvoiceId('inv_1'))}",
    "/manual-journals",
    "/manual-journals/1",
    "/manual-journals/recurring",
)
GENERAL_LEDGER = (
    "/general-ledger",
    "/general-ledger/lines",
    "/general-ledger/exposure",
    "/general-ledger/reconciliation?currency=USD",
)
PAGES = (*CLOSING, *REPORTS, *LISTS, *GENERAL_LEDGER)
ADDRESS = "http://127.0.0.1:8000"
USD, PRODUCT = encode(LedgerId("USD")), encode(ProductId("prod_1"))
CHANGES = {
    "an import": "importDocuments(input: { documents: [{"
    ' type: "invoice", id: "inv_9", status: "FINAL", currency: "USD",'
    ' customer: { id: "cus_9", name: "Late" }, issued_on: "2025-09-01", lines: [{'
    ' id: "1", product: { id: "prod_9", name: "Late" }, amount: "300.00",'
    ' service_from: "2025-09-01", service_to: "2025-11-30" }] }] })',
    "a method": "setProductMethod(input: {"
    f' productId: "{PRODUCT}", method: STRAIGHT_LINE }})',
    "a balance": f'enterBalances(input: {{ ledgerId: "{USD}", balances: ['
    '{ account: DEFERRED, on: "2025-09-30", balance: "300.00" }] })',
    "an integration": "updateIntegration(input: {"
    " integration: XERO, isEnabled: true })",
    "a connection": "addGlConnection(input: {"
    ' name: "Example UK", baseCurrency: "GBP", takesExports: ["USD"] })',
    "a lock": f'setLock(input: {{ ledgerId: "{USD}", method: CUSTOM_DATE,'
    ' lockedThrough: "2025-08-31" })',
}
"""Mutations of a controller that change what the overview says."""


@pytest.fixture
def url(new_database: NewDatabase) -> URL:
    """The database of a test."""
    return new_database()


@pytest.fixture
def office(url: URL) -> Iterator[Office]:
    """People over 1,200.00 for 2025, 100.00 a month, on 15 October 2025."""
    with office_of(url, invoice()) as people:
        yield people


@pytest.fixture
def fresh(url: URL, office: Office) -> Iterator[Person]:
    """Bob at a program that has kept nothing: tests ask it after their changes."""
    with TestClient(answering(settings_for(url)), base_url=ADDRESS) as client:
        yield Person(client, office.bob.session)


def texts_of(person: Person) -> list[str]:
    """The pages as they are sent."""
    return [person.ask(page).text for page in PAGES]


@pytest.mark.parametrize("change", CHANGES)
def test_a_kept_page_is_as_a_fresh_one(
    office: Office, fresh: Person, change: str
) -> None:
    before = texts_of(office.bob)

    office.bob.mutate(f"mutation {{ {CHANGES[change]} {{ userErrors {{ code }} }} }}")

    after = texts_of(office.bob)
    assert after == texts_of(fresh)
    assert after[0] != before[0]


def test_a_draft_is_seen_at_once(office: Office, fresh: Person) -> None:
    texts_of(office.bob)

    office.ann.post(NEW, **{**TYPED, "date": "2025-09-30"}, do="save")

    after = texts_of(office.bob)
    assert after == texts_of(fresh)
    assert "1 manual journal waits" in after[0]


def test_each_step_of_a_manual_journal_is_seen_at_once(
    office: Office, fresh: Person
) -> None:
    edit, before = "/manual-journals/1/edit", texts_of(office.bob)
    first = {**TYPED, "version": "1", "narrative": "Better said"}
    second = {**TYPED, "version": "2"}
    steps = ((NEW, TYPED, "save"), (edit, first, "save"), (edit, second, "submit"))
    for url, typed, do in steps:
        office.ann.post(url, do=do, **typed)

        after = texts_of(office.bob)
        assert after == texts_of(fresh)
        assert after != before
        before = after


def test_a_refused_step_shows_the_journal_as_it_is(
    office: Office, fresh: Person
) -> None:
    """What was kept before another's step isn't what a refusal shows."""
    journal = "/manual-journals/1"
    office.ann.post(NEW, **{**TYPED, "date": "2025-09-30"}, do="save")
    office.ann.get(journal)
    fresh.post(journal, version="1", do="submit")

    refused = office.ann.post(journal, 422, version="1", do="discard")

    assert "Posted" in refused.text


@pytest.mark.parametrize("page", [*REPORTS, *LISTS, *GENERAL_LEDGER])
def test_a_page_that_nothing_changed_reads_its_frame_alone(
    office: Office, url: URL, page: str
) -> None:
    office.ann.post(NEW, **{**TYPED, "date": "2025-09-30"}, do="save")
    app = answering(settings_for(url))
    with (
        TestClient(app, base_url=ADDRESS) as client,
        counted(app.state.site.database) as seen,
    ):
        bob = Person(client, office.bob.session)
        bob.get(page)
        seen.clear()
        bob.get(page)
    assert len(seen) <= 8


def test_what_is_kept_is_of_the_ledgers_alone(
    office: Office, url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the runtime store holds changes without a mark of the organisation."""
    office.ann.post(NEW, **{**TYPED, "date": "2025-09-30"}, do="save")
    app = answering(settings_for(url))
    runtime, kept, wrong = app.state.site.database.runtime, set[str](), set[str]()
    running: ContextVar[str] = ContextVar("running", default="")
    run_kept, in_use = Operations.run_kept, Store.in_use

    async def noted_run(self: Operations, name: str, *others: Any) -> dict[str, Any]:
        token = running.set(name)
        kept.add(name)
        try:
            return await run_kept(self, name, *others)
        finally:
            running.reset(token)

    def noted_use(self: Store) -> AbstractContextManager[None]:
        if self is runtime and running.get():
            wrong.add(running.get())
        return in_use(self)

    monkeypatch.setattr(Operations, "run_kept", noted_run)
    monkeypatch.setattr(Store, "in_use", noted_use)
    with TestClient(app, base_url=ADDRESS) as client:
        texts_of(Person(client, office.bob.session))
    assert wrong == set()
    assert {"ManualJournalPage", "DocumentPage", "GlLinesPage"} <= kept


def test_a_filter_of_ones_own_is_seen_at_once(office: Office, fresh: Person) -> None:
    its_page = "/reports/waterfall?currency=USD&totals=yes"
    before = {person: person.ask(its_page).text for person in (office.bob, office.eve)}

    office.bob.mutate(
        'mutation { saveFilter(input: { page: WATERFALL, name: "Mine alone",'
        ' query: "apart=yes" }) { userErrors { code } } }'
    )

    after = office.bob.ask(its_page).text
    assert after == fresh.ask(its_page).text
    assert "Mine alone" in after
    assert office.eve.ask(its_page).text == before[office.eve]


def test_a_page_is_read_once_while_nothing_changes(office: Office, url: URL) -> None:
    app = answering(settings_for(url))
    numbers = []
    with (
        TestClient(app, base_url=ADDRESS) as client,
        counted(app.state.site.database) as seen,
    ):
        for person in (office.bob, office.bob, office.eve):
            seen.clear()
            Person(client, person.session).get(SEPTEMBER)
            numbers.append(len(seen))
    first, second, of_another = numbers
    # Who asks, their organisations, what waits for them, the ledgers and their mark.
    assert second <= 8
    assert first > 4 * second
    assert of_another > 4 * second


def test_a_page_that_is_too_large_is_read_again(office: Office, url: URL) -> None:
    app = answering(settings_for(url))
    site = app.state.site
    site.operations._kept = KeptResults(values_max=100)  # noqa: SLF001
    numbers, texts = [], set()
    with TestClient(app, base_url=ADDRESS) as client, counted(site.database) as seen:
        for _ in range(3):
            seen.clear()
            texts.add(Person(client, office.bob.session).get(SEPTEMBER).text)
            numbers.append(len(seen))
    assert numbers[1] == numbers[2] > 16, "twice of what a kept page reads"
    assert len(texts) == 1


@pytest.mark.parametrize("page", CLOSING[1:])
def test_what_is_recorded_while_a_page_is_read_is_on_the_next_page(
    office: Office, fresh: Person, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    """A page that was read before a change is never kept as of after it."""
    run_kept = Operations.run_kept
    changed: list[str] = []

    async def changed_in_between(
        operations: Operations, name: str, variables: Any, context: Context
    ) -> Any:
        data = await run_kept(operations, name, variables, context)
        if not changed:
            changed.append(page)
            mutation = (
                f"mutation {{ {CHANGES['an import']} {{ userErrors {{ code }} }} }}"
            )
            await asyncio.to_thread(fresh.mutate, mutation)
        return data

    monkeypatch.setattr(Operations, "run_kept", changed_in_between)
    office.bob.ask(page)

    assert changed
    assert office.bob.ask(page).text == fresh.ask(page).text
