"""A server with a dataset of two connections, and those who ask for it."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from starlette.testclient import TestClient

from daybook.access.organisations import add_organisation
from daybook.access.rules import MemberRole, Permission
from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database, open_database
from daybook.gl.commands import Wanted, import_files
from daybook.gl.kinds import Kind
from daybook.gl.models import GlSegment
from daybook.gl.refreshing import Asked, request_refresh
from daybook.gl.working import work_off
from daybook.settings import Settings
from daybook_gl_imports import account, connected, imported, journal, page
from daybook_gl_refreshes import refreshed, segment_of
from daybook_graphql.transport.callers import COOKIE
from daybook_people import NOON, answering, begin_session, key_of, member
from daybook_services.database import copy_sqlite
from daybook_site import settings_for

CSV, PARQUET, XLSX = (
    f"/datasets/journals.{form}" for form in ("csv", "parquet", "xlsx")
)
HERE = ("127.0.0.1", 50_000)
LOCAL = "http://127.0.0.1:8000"
SALES, BANK = "200", ""
UK_JOURNALS = [
    journal(
        number,
        f"{number}0.00",
        f"-{number}0.00",
        JournalDate=f"2025-09-{number:02}",
        Reference='=1+1, "or so"' if number == 2 else f"Order {number}",
    )
    for number in (1, 2, 3)
]
INC_JOURNALS = [journal(1, "5.00", "-5.00", JournalDate="2025-09-30")]
SECRET = journal(1, "7.00", "-7.00", Reference="Nobody else's")


class Datasets(NamedTuple):
    """Settings of a server with a dataset, the keys of its callers, and a session."""

    settings: Settings
    folder: Path
    keys: Mapping[str, str]
    session: str

    @contextmanager
    def asking(
        self,
        base_url: str = LOCAL,
        client: tuple[str, int] = HERE,
        **settings: Any,
    ) -> Iterator[TestClient]:
        """A client of a server with these settings, from an address."""
        its = self.settings.model_copy(update=settings)
        with TestClient(
            answering(its), base_url=base_url, client=client, follow_redirects=False
        ) as made:
            yield made

    def basic(self, name: str = "DATASET") -> dict[str, str]:
        """What a spreadsheet sends for a key."""
        return basic("anybody", self.keys[name])

    def bearer(self, name: str = "DATASET") -> dict[str, str]:
        """What a program sends for a key."""
        return {"Authorization": f"Bearer {self.keys[name]}"}

    @property
    def scratch(self) -> Path:
        """Where rendered files are kept."""
        return self.settings.data / "scratch" / "datasets"

    def run(self, work: Any) -> Any:
        """Do something with the database."""

        async def run() -> Any:
            database = open_database(self.settings)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())

    def segment(self, number: int) -> GlSegment:
        """The part that a refresh made."""
        found: GlSegment = self.run(lambda database: segment_of(database, number))
        return found

    def bring(self, number: int) -> None:
        """Another journal comes into the first connection, which is refreshed."""

        async def work(database: Database) -> None:
            more = journal(number, "1.00", "-1.00", JournalDate="2025-10-01")
            source = page(self.folder, "Journals", more, name=f"more-{number}.json")
            await imported(database, self.folder, source)
            await refreshed(database, self.folder, 1)

        self.run(work)


def basic(user: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    text = b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


def make_datasets(template: Path, folder: Path) -> Datasets:
    """A dataset of UK (GBP, refresh 1) and Inc (USD, 2), and another organisation's."""
    url = copy_sqlite(template, folder / "daybook.db")
    settings = settings_for(
        url,
        data=folder / "data",
        gl_inputs=folder / "gl-inputs",
        gl_segments=folder / "gl-segments",
    )

    async def fill() -> Datasets:
        database = open_database(settings)
        try:
            await _fill(database, folder)
            other = await _fill_other(database, folder, settings)
            viewer = await member(
                database,
                email="vera@example.com",
                role=MemberRole.VIEWER,
                password=None,
            )
            empty = await add_organisation(database, "Empty", now=NOON, made_by="test")
            signed_in = await begin_session(database, viewer)
            assert signed_in is not None, "they were let in"
            keys = {
                "DATASET": await key_of(database, Permission.DATASET),
                "READ": await key_of(database, Permission.READ),
                "both": await key_of(database, Permission.READ | Permission.DATASET),
                "other": await key_of(
                    database, Permission.DATASET, organisation_id=other
                ),
                "empty": await key_of(
                    database, Permission.DATASET, organisation_id=empty
                ),
            }
        finally:
            await database.close()
        return Datasets(settings, folder, keys, f"{COOKIE}={signed_in.token}")

    return asyncio.run(fill())


async def _fill(database: Database, folder: Path) -> None:
    chart = [account(0, Code=SALES, Type="REVENUE", Name="Sales"), account(1)]
    for number, (name, currency, journals) in enumerate(
        (("UK", "GBP", UK_JOURNALS), ("Inc", "USD", INC_JOURNALS)), 1
    ):
        await connected(database, name, currency)
        for kind, root, documents in (
            (Kind.ACCOUNTS, "Accounts", chart),
            (Kind.JOURNALS, "Journals", journals),
        ):
            source = page(folder, root, *documents, name=f"{name}-{root}.json")
            await imported(database, folder, source, kind=kind, connection=number)
    await refreshed(database, folder)


async def _fill_other(database: Database, folder: Path, settings: Settings) -> int:
    """Another organisation, whose only refresh is its first."""
    other = await add_organisation(database, "Other", now=NOON, made_by="test")
    author = Author(other, "a test", NOON)
    await add_connection(
        database, author, ConnectionSettings("Theirs"), base_currency="GBP"
    )
    source = page(folder, "Journals", SECRET, name="secret.json")
    wanted = Wanted(other, 1, Kind.JOURNALS, [source], made_by="a test")
    await import_files(database, settings, wanted, now=NOON)
    jobs = await request_refresh(database, Asked(other, "a test", NOON), ())
    await work_off(database, settings, jobs)
    return other
