"""A file of documents in a real browser: dropped or chosen, looked at, and imported."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

import anyio
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect
from sqlalchemy import URL

from daybook.clock import real_now
from daybook.db.engine import Database, Store
from daybook.db.live import Progress
from daybook.uploads.rules import Stage, UploadId, Work
from daybook.uploads.runs import begin_run, end_run, keep_run
from daybook_axe import Axe, axe
from daybook_services.database import NewDatabase
from daybook_site import Site, serving

IMPORT = "/documents/import"
HEADER = (
    "type,id,status,currency,customer.id,customer.name,issued_on,line.id,product.id,"
    "product.name,amount,service_from,service_to\n"
)
ROWS = "".join(
    f"invoice,inv_{number},FINAL,USD,cus_{number},Company {number},2025-10-01,1,p,"
    "Platform,1200.00,2025-10-01,2026-09-30\n"
    for number in range(1, 4)
)
WRONG = ROWS.replace("2026-09-30", "2026-09-31", 1)
LATE = f"{HEADER}{ROWS}"
DROP = """async ([text, name]) => {
  await import(document.querySelector("script[src*=importing]").src);
  const files = new DataTransfer();
  files.items.add(new File([text], name, { type: "text/csv" }));
  const form = document.querySelector("[data-drop]");
  for (const kind of ["dragenter", "dragover", "drop"])
    form.dispatchEvent(
      new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }),
    );
}"""

__all__ = ["axe"]


@pytest.fixture
def site(new_sqlite: NewDatabase) -> Iterator[Site]:
    """A server over nothing yet."""
    with serving(new_sqlite(), import_bytes_max=5_000_000) as address:
        yield address


def tab_of(browser: Browser, site: Site, **options: Any) -> Page:
    """A tab of somebody who is signed in."""
    context = browser.new_context(base_url=site.address, **options)
    context.add_cookies([site.cookie()])
    context.set_default_timeout(60_000)
    return context.new_page()


def file(text: str, name: str = "late.csv") -> FilePayload:
    """A file as the browser's dialog gives it."""
    return FilePayload(name=name, mimeType="text/csv", buffer=text.encode())


def test_a_file_is_dropped_corrected_and_taken(
    browser: Browser, site: Site, axe: Axe
) -> None:
    tab = tab_of(browser, site)
    tab.goto("/journals")
    tab.get_by_role("link", name="Choose a file").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Import documents")

    tab.evaluate(DROP, [f"{HEADER}{WRONG}", "late.csv"])

    expect(tab.get_by_role("heading", level=1)).to_have_text("late.csv")
    row = tab.get_by_role("row").filter(has_text="2026-09-31")
    expect(row.get_by_role("rowheader")).to_have_text("2")
    expect(tab.get_by_role("button", name="Import the documents")).to_be_disabled()
    assert axe.faults(tab) == []

    tab.evaluate(DROP, [LATE, "corrected.csv"])

    expect(tab.get_by_role("heading", level=1)).to_have_text("corrected.csv")
    expect(tab.get_by_text("Nothing is imported yet")).to_be_visible()
    tab.get_by_label("Control total").fill("3,600.00")
    tab.get_by_label("Control total").press("Enter")
    expect(tab.get_by_label("Control total")).to_have_accessible_description(
        "Agrees with the file"
    )
    assert axe.faults(tab) == []

    tab.get_by_role("button", name="Import 3 documents").click()
    expect(tab.get_by_role("status")).to_contain_text("corrected.csv is imported")
    expect(tab.get_by_role("status")).to_be_focused()
    tab.get_by_role("link", name="Overview").last.click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Close")
    tab.context.close()


def test_a_file_is_chosen_and_taken_without_scripts(
    browser: Browser, site: Site
) -> None:
    tab = tab_of(browser, site, java_script_enabled=False)
    tab.goto(IMPORT)
    tab.get_by_label("Drop a file here").set_input_files([file(LATE)])
    tab.get_by_role("button", name="Read the file").click()
    tab.get_by_role("button", name="Import 3 documents").click()

    expect(tab.get_by_role("status")).to_have_text(
        re.compile(r"late\.csv is imported: 3 documents, 36 journals\.")
    )
    tab.context.close()


def test_a_file_is_chosen_by_keyboard_and_refused_where_it_was_chosen(
    browser: Browser, site: Site
) -> None:
    tab = tab_of(browser, site)
    tab.goto(IMPORT)
    field = tab.get_by_label("Drop a file here")
    field.set_input_files([file("x" * 5_000_001)])
    tab.get_by_role("button", name="Read the file").press("Enter")
    expect(tab.get_by_role("status")).to_contain_text(
        "A file has at most 5.0 MB: split it."
    )
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("A file has at most 5.0 MB: split it.")

    field.set_input_files([file("", "empty.csv")])
    tab.get_by_role("button", name="Read the file").press("Enter")
    expect(tab.locator("#problem-file")).to_have_text("empty.csv is empty.")
    expect(tab.get_by_role("alert")).to_be_focused()

    tab.get_by_label("Drop a file here").set_input_files([file(LATE)])
    tab.get_by_role("button", name="Read the file").press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("late.csv")
    tab.get_by_role("button", name="Discard the file").press("Enter")
    expect(tab.get_by_role("status")).to_contain_text("late.csv is discarded.")
    tab.context.close()


AHEAD = timedelta(hours=1)
LARGE = HEADER + "".join(
    f"invoice,large_{number},FINAL,USD,cus_{number % 90},Company {number % 90},"
    "2025-10-01,1,p,Platform,310.00,2025-10-01,2025-10-31\n"
    for number in range(4_000)
)


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_large_file_is_followed_until_it_is_taken(
    browser: Browser, site: Site, *, has_scripts: bool
) -> None:
    tab = tab_of(browser, site, java_script_enabled=has_scripts)
    tab.goto(IMPORT)
    tab.get_by_label("Drop a file here").set_input_files([file(LARGE, "large.csv")])
    tab.get_by_role("button", name="Read the file").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("large.csv")
    follow(tab, "Import 4,000 documents", has_scripts=has_scripts)
    tab.get_by_role("button", name="Import 4,000 documents").click()
    follow(tab, "", has_scripts=has_scripts)

    expect(tab.get_by_role("status")).to_have_text(
        re.compile(r"large\.csv is imported: 4,000 documents, 4,000 journals\.")
    )
    tab.context.close()


def test_a_page_follows_a_run_of_another_server(
    browser: Browser, new_sqlite: NewDatabase, axe: Axe
) -> None:
    url = new_sqlite()
    with serving(url) as site:
        tab = tab_of(browser, site)
        tab.goto(IMPORT)
        tab.get_by_label("Drop a file here").set_input_files([file(LARGE)])
        tab.get_by_role("button", name="Read the file").click()
        follow(tab, "Import 4,000 documents", has_scripts=True)
        key = re.search("upl_[^?]*", tab.url)
        assert key is not None
        other = OtherServer(url, UploadId(1, key[0]))
        run(other.begin)

        tab.get_by_role("button", name="Import 4,000 documents").click()
        run(other.tell, Stage.READING, Progress(100_000, 34_000))
        expect(tab.get_by_text("34,000 of 100,000 lines")).to_be_visible()
        assert axe.faults(tab) == []
        run(other.tell, Stage.CHECKING, Progress(52_000, 8_000))
        expect(tab.get_by_text("8,000 of 52,000 documents")).to_be_visible()
        expect(tab.get_by_role("status")).to_have_text("Taking its documents")
        run(other.end)
        expect(tab.get_by_role("status")).to_contain_text("52,000 documents")
        tab.context.close()


def run(do: Callable[..., Awaitable[None]], *given: object) -> None:
    """Run something beside the loop that the browser has in this thread."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, do, *given).result()


class OtherServer(NamedTuple):
    """Another server of a database, which takes a file; it is never silent."""

    url: URL
    upload_id: UploadId

    async def begin(self) -> None:
        """Begin to take it."""
        begin = partial(
            begin_run, work=Work.TAKE, runner="other", now=real_now() + AHEAD
        )
        await self._do(lambda store: begin(store, self.upload_id))

    async def tell(self, stage: Stage, progress: Progress) -> None:
        """Tell how far it is."""
        told = (self.upload_id, "other", stage, progress)
        await self._do(lambda store: keep_run(store, *told, now=real_now() + AHEAD))

    async def end(self) -> None:
        """The file is imported."""
        answer = json.dumps({"taken": {"documents": 52_000, "journals": 90_000}})
        await self._do(lambda store: end_run(store, self.upload_id, "other", answer))

    async def _do(self, do: Callable[[Store], Awaitable[object]]) -> None:
        database = Database(self.url)
        try:
            assert await do(database.runtime)
        finally:
            await database.close()


def follow(tab: Page, button: str, *, has_scripts: bool) -> None:
    """Wait for the end of a run: the page shows it, or by its link without scripts."""
    ended = (
        tab.get_by_role("button", name=button)
        if button
        else tab.get_by_role("heading", name="Last imports")
    )
    while not has_scripts and not ended.count():
        tab.get_by_role("link", name="Show how far it is").click()
    expect(ended).to_be_visible(timeout=300_000)
