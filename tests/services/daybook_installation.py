"""An installation for fault scenarios: a server, workers, and services that may fail.

All programs are processes as an operator starts them, on one machine. The services
beside them belong to the test, which stops them, makes them refuse, and reads what they
got.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias
from uuid import uuid4

import httpx2
import psutil
from sqlalchemy import URL, select

from daybook.access.sessions import SignedIn
from daybook.db.engine import Database
from daybook.db.failures import OUTAGES
from daybook.exports.kind import exports_place
from daybook.exports.models import ExportJob
from daybook.jobs.kinds import Workplace
from daybook.jobs.rules import UNFINISHED, JobStatus
from daybook.reports.journals.group_keys import Granularity
from daybook.settings import Settings
from daybook.webhooks.rules import Events
from daybook_factories import pin
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.transport.callers import COOKIE
from daybook_hooks import an_endpoint
from daybook_jobs import a_large_ledger, rendered, until
from daybook_people import begin_session, member
from daybook_program import SHARED_ROWS
from daybook_receiver import Receiver
from daybook_services.database import AT_ANY_TIME
from daybook_services.redis import RedisServer
from daybook_services.smtp import MailServer
from daybook_site import SECRET, free_port

SHORT_LEASES = {"DAYBOOK_EXPORT_LEASE_SECONDS": "2"}
"""For scenarios in which workers are lost, which needn't wait for long then."""
SHARED = {SHARED_ROWS: "800000", "DAYBOOK_EXPORT_PROCESSES": "1"}
"""For scenarios in which workers render the large export together."""
PATIENCE = 300
"""How long a scenario waits for what should happen, in seconds."""
MARK = "DAYBOOK_TEST_INSTALLATION"
"""The variable by which an installation's processes are found."""
PROGRAM = Path(__file__).with_name("daybook_program.py")
READY, WORKS = "Daybook is at ", "Daybook makes exports here, "
"""What a server and a worker print once they are ready."""
LEDGER = encode(LedgerId("USD"))
EXPORT_EVENTS = Events.EXPORT_READY | Events.EXPORT_FAILED
CREATE = """mutation Create($input: CreateExportInput!) {
  asked: createExport(input: $input) { job { id } userErrors { message } } }"""
RETRY = """mutation Retry($input: RetryExportInput!) {
  asked: retryExport(input: $input) { job { id } userErrors { message } } }"""


class Books(NamedTuple):
    """A ledger with a member: how it is read, and who asks for exports."""

    url: URL
    contents: dict[str, bytes]
    """The files of all of its journals, as text, by their granularity."""
    user_id: int
    """The member who asks for exports."""


async def fill(url: URL, invoices: int) -> Books:
    """Fill a migrated database."""
    database = Database(url, AT_ANY_TIME)
    try:
        await a_large_ledger(database, invoices)
        # As of today, when everything is posted.
        its_pin = await pin(database, on=datetime.now(UTC).date().isoformat())
        daily = await rendered(database, its_pin)
        monthly = await rendered(database, its_pin, Granularity.MONTHLY)
        contents = {str(Granularity.DAILY): daily, str(Granularity.MONTHLY): monthly}
        return Books(url, contents, await member(database, password=None))
    finally:
        await database.close()


@dataclass
class Services:
    """What an installation uses; without a bucket, files are in a folder."""

    redis: RedisServer
    mail: MailServer
    receiver: Receiver
    bucket: str = ""


@dataclass
class Program:
    """A process of the installation, and what it printed."""

    process: Process
    log: Path
    ready: str

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self.process.pid

    async def is_ready(self) -> bool:
        """Whether it says that it is; fails if it has ended."""
        said = await asyncio.to_thread(self.log.read_text)
        assert self.process.returncode is None, said
        return self.ready in said

    async def kill(self) -> None:
        """End it by SIGKILL."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """End it as an operator does; its exit status."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


@dataclass
class Installation:
    """A database with its programs; begin with `async with`."""

    books: Books
    folder: Path
    services: Services
    others: dict[str, str] = field(default_factory=dict)
    """Variables of all programs beside the usual ones."""

    def __post_init__(self) -> None:
        self.name = uuid4().hex
        self.present = datetime.now(UTC)
        self.port = free_port()
        self.requested = 0
        self.logs: list[Path] = []
        self.programs: list[Program] = []
        self.ahead = self.folder / "ahead"
        for path in (self.temporary, self.data):
            path.mkdir()
        self.let_pass(0)

    @property
    def temporary(self) -> Path:
        """The folder of its programs' temporary files."""
        return self.folder / "temporary"

    @property
    def data(self) -> Path:
        """The folder of its programs' data."""
        return self.folder / "data"

    @property
    def address(self) -> str:
        """Where its server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of its programs."""
        url = self.books.url.set(drivername="postgresql")
        return {
            **os.environ,
            MARK: self.name,
            "DAYBOOK_DATABASE_URL": url.render_as_string(hide_password=False),
            "DAYBOOK_DATA": str(self.data),
            "DAYBOOK_STORAGE_URL": self.services.bucket,
            "DAYBOOK_REDIS_URL": self.services.redis.url,
            "DAYBOOK_SMTP_URL": self.services.mail.url,
            "DAYBOOK_MAIL_FROM": "Daybook <books@daybook.example>",
            "DAYBOOK_WEBHOOKS_ALLOW": "127.0.0.1",
            "DAYBOOK_SECRET": SECRET.get_secret_value(),
            "DAYBOOK_NOW": self.present.isoformat(),
            "DAYBOOK_WEAK_PASSWORDS": "no",
            "TMPDIR": str(self.temporary),
            **self.others,
        }

    @property
    def place(self) -> Workplace[ExportJob]:
        """Where its files are."""
        url = self.books.url.set(drivername="postgresql")
        settings = Settings(
            data=self.data,
            database_url=url.render_as_string(hide_password=False),
            storage_url=self.services.bucket,
            now=self.present,
            secret=SECRET,
        )
        return exports_place(self.database, settings)

    async def __aenter__(self) -> Self:
        self.database = Database(self.books.url, AT_ANY_TIME)
        url = self.services.receiver.url
        made = await an_endpoint(self.database, url, events=EXPORT_EVENTS)
        self.secret = made.secret
        return self

    async def __aexit__(self, *_error: object) -> None:
        for program in self.programs:
            if program.process.returncode is None:
                await program.kill()
        await self.database.close()

    def let_pass(self, hours: float) -> None:
        """Have the server's machine be so many hours ahead from now on."""
        self._hours = hours
        self.ahead.write_text(str(hours * 3600))

    async def start_server(self) -> Program:
        """Start the server, and wait until it is ready."""
        program = await self._start(READY, "serve", "--port", str(self.port))
        await until(program.is_ready, PATIENCE)
        return program

    async def start_worker(self, *, is_awaited: bool = True) -> Program:
        """Start a worker."""
        program = await self._start(WORKS, "worker")
        if is_awaited:
            await until(program.is_ready, PATIENCE)
        return program

    async def _start(self, ready: str, *command: str) -> Program:
        log = self.folder / f"{len(self.logs) + 1}-{command[0]}.log"
        self.logs.append(log)
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", str(PROGRAM), str(self.ahead), *command),
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
            )
        program = Program(process, log, ready)
        self.programs.append(program)
        return program

    async def request(self, **given: Any) -> int:
        """Ask for an export as a person does, until it is taken; its number.

        Whatever fails on the way, it is one request: each has a key.
        """
        values = {
            "ledgerId": LEDGER,
            "compress": "GZIP",
            "maxRows": 0,
            "filter": {"includeScheduled": True},
            **given,
        }
        return await self._ask(CREATE, values)

    async def retry(self, number: int) -> int:
        """Ask for a failed export again; the number of the new one."""
        return await self._ask(RETRY, {"id": encode(ExportJobId(number))})

    async def _ask(self, document: str, values: dict[str, Any]) -> int:
        self.requested += 1
        number = self.requested
        given = {**values, "idempotencyKey": f"request {number}"}
        body = {"query": document, "variables": {"input": given}}

        async def taken() -> bool:
            with suppress(httpx2.TransportError):
                answer = await self._post(body)
                if answer.status_code == 503:
                    return False
                data = answer.json().get("data")
                assert data is not None, answer.text
                assert data["asked"]["job"] is not None, answer.text
                return True
            return False

        await until(taken, PATIENCE)
        return number

    async def _post(self, body: dict[str, Any]) -> httpx2.Response:
        headers = await self.signed_in()
        async with httpx2.AsyncClient(timeout=PATIENCE) as client:
            url = f"{self.address}/graphql"
            return await client.post(url, json=body, headers=headers)

    async def signed_in(self) -> dict[str, str]:
        """The headers of the member, signed in by the clock of the server."""
        moment = datetime.now(UTC) + timedelta(hours=self._hours)

        async def begun() -> SignedIn | None:
            with suppress(*OUTAGES):
                user = self.books.user_id
                return await begin_session(self.database, user, now=moment)
            return None

        signed_in = await until(begun, PATIENCE)
        return {"Cookie": f"{COOKIE}={signed_in.token}"}

    async def jobs(self) -> list[ExportJob]:
        """All jobs in the order of their numbers; waits while the database is away."""

        async def found() -> list[ExportJob] | None:
            with suppress(*OUTAGES):
                async with self.database.runtime.reads() as session:
                    order = select(ExportJob).order_by(ExportJob.number)
                    return list(await session.scalars(order)) or None
            return None

        return await until(found, PATIENCE)

    async def job(self, number: int) -> ExportJob:
        """A job."""
        return (await self.jobs())[number - 1]

    async def once(
        self, is_so: Callable[[ExportJob], Any], number: int | None = None
    ) -> ExportJob:
        """A job, by default the last one requested, once something is so."""

        async def found() -> ExportJob | None:
            job = await self.job(number or self.requested)
            return job if is_so(job) else None

        return await until(found, PATIENCE)

    async def ended(self, number: int | None = None) -> ExportJob:
        """A job, by default the last one requested, once it has ended."""
        return await self.once(lambda job: job.status not in UNFINISHED, number)

    async def unfinished(self) -> int:
        """How many jobs wait or run."""
        jobs = await self.jobs() if self.requested else []
        return sum(job.status in UNFINISHED for job in jobs)

    async def job_held_by(self, program: Program) -> ExportJob | None:
        """The job that a worker works on at present."""
        return next(
            (job for job in await self.jobs() if is_held_by(job, program.pid)), None
        )

    def processes(self) -> list[str]:
        """The processes of the installation that run, by their commands."""
        return [" ".join(its.cmdline()) for its in self._running()]

    def _running(self) -> Iterable[psutil.Process]:
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self.name:
                    yield process


NewInstallation: TypeAlias = Callable[..., Installation]
"""Makes the test's installation: the form of its storage, and more variables."""


def is_held_by(job: ExportJob, pid: int) -> bool:
    """Whether a worker's process has a job."""
    holder = str(job.worker).partition("-")[0]
    return job.status == JobStatus.RUNNING and holder == str(pid)
