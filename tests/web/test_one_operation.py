"""A page loads what it shows by its one operation, and by nothing else.

Each read of the database is noted with the file of ours that asked for it. What reads
by itself, beside the operations, stands in `READERS` with the reason.
"""

import re
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import daybook_graphql
import daybook_web
from daybook.db.engine import Store
from daybook.db.fast.compiled import CompiledSelect
from daybook_everybody import ADMIN, Everybody
from daybook_graphql.execution.operations import Operations
from daybook_routes import LOADS, address_of, routes_of

PAGES = Path(daybook_web.__file__).parent
API = Path(daybook_graphql.__file__).parent
FRAME = {
    "transport/callers.py": "who asks, before any operation may run",
    "kit/waiting.py": "how much waits for the reader, in the navigation",
    "kit/places.py": "the reader's organisations, in the header",
    "context.py": "the moment that all of its operations read at",
    "kit/where.py": "the ledger that the navigation leads on with",
}
"""What each page reads beside its operation: its frame."""
READERS: Mapping[str, str] = {
    "kit/live.py": "the stream that tells of changes",
    "journals/downloads.py": "a file, which is streamed",
    "journals/list_files.py": "a file, which is streamed",
    "reports/downloads.py": "a file, which is streamed",
    "trail/downloads.py": "a file, which is streamed",
    "evidence/downloads.py": "a file",
    "exports/downloads.py": "a file",
    "exports/linked_files.py": "a file, for anyone with the link",
    "datasets/routes.py": "a file, which is rendered and kept",
    "signing_in/links.py": "signing in",
    "signing_in/invitations.py": "signing in",
}
"""What reads by itself, instead of a page's operation, and what it answers."""
ALONGSIDE: Mapping[str, str] = {"ManualJournalForm": "PreviewManualJournal"}
"""What a page runs beside its operation: a form's preview of what it begins with."""
KEEPS = "importing/runs.py"
"""What begins, keeps and ends the run of a file, which goes on without its page."""
FILE = (
    "type,id,status,currency,customer.id,customer.name,issued_on,line.id,product.id,"
    "product.name,amount,service_from,service_to\n"
    "invoice,inv_sent,FINAL,USD,cus_sent,Sent,2025-11-01,1,p_sent,Sent,310.00,"
    "2025-11-01,2025-11-30\n"
)
"""A file of one invoice."""
IN_A_TASK = ""
"""What reads in a task or a thread of its own, as streams and large files do."""
EXAMPLES = {path: load for group in LOADS.values() for path, load in group.items()}
READS = re.compile(r"\bselect\(|\bsession\.\w+\(|reads\(\)|\bfetch_rows\(")
"""What stands in a module that reads the database."""


@dataclass
class Noted:
    """What happened while a page was made."""

    operations: set[str] = field(default_factory=set)
    readers: set[str] = field(default_factory=set)
    """The files of the pages and of the API that read, outside of operations."""


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> Noted:
    """Notes the operations that run during a test, and what else reads."""
    found = Noted()
    is_inside: ContextVar[bool] = ContextVar("is_inside", default=False)
    run, in_use, short_rows = Operations.run, Store.in_use, CompiledSelect.short_rows

    async def noted_run(self: Operations, name: str, *others: Any) -> dict[str, Any]:
        found.operations.add(name)
        token = is_inside.set(True)
        try:
            return await run(self, name, *others)
        finally:
            is_inside.reset(token)

    def note() -> None:
        if not is_inside.get():
            found.readers.add(_reader())

    def noted_use(self: Store) -> AbstractContextManager[None]:
        note()
        return in_use(self)

    def noted_rows(self: CompiledSelect, *others: Any) -> Any:
        note()
        return short_rows(self, *others)

    monkeypatch.setattr(Operations, "run", noted_run)
    # What is kept from another test would not run again.
    monkeypatch.setattr(Operations, "run_kept", noted_run)
    monkeypatch.setattr(Store, "in_use", noted_use)
    monkeypatch.setattr(CompiledSelect, "short_rows", noted_rows)
    return found


def _reader() -> str:
    """The file that is about to read the database; empty for a task of its own."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  (no other way names it)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        for folder in (PAGES, API):
            if path.is_relative_to(folder):
                return path.relative_to(folder).as_posix()
        frame = frame.f_back
    return ""


def test_every_route_has_an_example(everybody: Everybody) -> None:
    routes = set(routes_of(everybody.app, "GET"))

    assert routes == set(EXAMPLES), (
        "each route needs a line in LOADS of tests/services/daybook_routes.py: missing"
        f" {routes - set(EXAMPLES)}, no longer there {set(EXAMPLES) - routes}"
    )


@pytest.mark.parametrize("path", EXAMPLES)
def test_a_page_reads_by_its_operation_alone(
    everybody: Everybody, noted: Noted, path: str
) -> None:
    load = EXAMPLES[path]

    answer = everybody.ask(ADMIN, address_of(path, load))

    assert answer.status_code == load.status
    beside = {ALONGSIDE[load.operation]} if load.operation in ALONGSIDE else set()
    assert noted.operations == {load.operation, *beside} - {""}
    if load.operation:
        assert noted.readers <= set(FRAME)
    elif noted.readers & set(READERS):
        assert noted.readers <= {*FRAME, *READERS, IN_A_TASK}
    else:
        assert noted.readers <= set(FRAME)


def test_the_page_of_a_file_reads_by_its_operation_alone(
    everybody: Everybody, noted: Noted
) -> None:
    files = {"file": ("one.csv", FILE.encode())}
    headers = dict(everybody.headers[ADMIN])
    sent = everybody.client.post(
        "/documents/import", files=files, headers=headers, follow_redirects=False
    )
    address = sent.headers["location"]
    noted.operations.clear()
    noted.readers.clear()

    # The first page begins the run that looks at the file.
    first = everybody.ask(ADMIN, address)

    assert first.status_code == 200 and "Import 1 document" in first.text
    assert noted.operations == {"UploadPage", "PreviewImport"}
    assert noted.readers <= {*FRAME, KEEPS}
    assert KEEPS in noted.readers
    noted.operations.clear()
    noted.readers.clear()

    # The next ones show what it found, by its number or because it is still true.
    for query in ("&read=1", ""):
        page = everybody.ask(ADMIN, address + query)
        assert page.status_code == 200 and "Import 1 document" in page.text
    assert noted.operations == {"UploadPage"}
    assert noted.readers <= set(FRAME)


def test_what_reads_by_itself_is_known() -> None:
    found = {
        path.relative_to(PAGES).as_posix()
        for path in PAGES.rglob("*.py")
        if READS.search(path.read_text())
    }

    assert found <= {*READERS, "kit/where.py"}, "pages read by their operations"
    assert all((PAGES / name).is_file() for name in READERS)
