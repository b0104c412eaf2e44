"""Processes of jobs are forked from one that has their modules loaded."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

import daybook_telling_process
import daybook_waiting
from daybook.db.engine import Database
from daybook.exports.kind import EXPORTS
from daybook.jobs import forking, forking_process
from daybook.jobs.children import REPORT_BYTES_MAX, Process, begun, ended
from daybook.jobs.forking import Fork, forked
from daybook.jobs.forking_process import title_of
from daybook.jobs.rules import JobStatus
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_children import processes_of
from daybook_counting import SERVICES
from daybook_factories import invoice, record
from daybook_jobs import ask, until
from daybook_jobs import ended as job_ended

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

TELLING = daybook_telling_process.__name__
WAITING = daybook_waiting.__name__


@pytest.fixture(autouse=True)
def _modules_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SERVICES))


@asynccontextmanager
async def running(module: str) -> AsyncIterator[Fork]:
    """A fork that runs a module; it is killed in the end if it still runs."""
    process = await forked(module, REPORT_BYTES_MAX)
    assert process is not None
    try:
        yield process
    finally:
        await ended(process, asyncio.create_task(process.stdout.read()))


async def about(process: Process) -> dict[str, Any]:
    """What a telling process says about itself."""
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(await process.stdout.readline())
    return told


async def end(process: Process, status: int) -> int:
    """Have a telling process end with a status; its exit status."""
    assert process.stdin is not None
    process.stdin.write(f"{status}\n".encode())
    return await process.wait()


def forking_processes() -> list[psutil.Process]:
    """The processes that fork for this one."""
    title = title_of(forking_process.__name__)
    children = psutil.Process().children()
    return [child for child in children if child.name() == title]


async def test_a_fork_is_where_we_are_with_our_environment_and_errors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAYBOOK_NAME", "first\nsecond=\udcff")
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    for number in range(8):
        monkeypatch.setenv(f"LONG_{number}", "x" * 100_000)
    async with running(TELLING) as process:
        told = await about(process)

        assert told["pid"] == process.pid == told["session"] != os.getsid(0)
        assert told["folder"] == str(tmp_path)
        assert told["environment"] == dict(os.environ)
        assert told["arguments"] == [TELLING]
        assert told["zone"] == "+0530"
        assert await end(process, 0) == 0
    assert capfd.readouterr().err == "an error\n"


async def test_the_next_environment_is_not_that_of_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = []
    for name in ("first", "second"):
        monkeypatch.setenv("DAYBOOK_NAME", name)
        async with running(TELLING) as process:
            names.append((await about(process))["environment"]["DAYBOOK_NAME"])
    assert names == ["first", "second"]


@pytest.mark.parametrize("status", [0, 1, 3])
async def test_its_exit_status_is_known(status: int) -> None:
    async with running(TELLING) as process:
        await about(process)
        assert process.returncode is None
        assert await end(process, status) == status
        assert process.returncode == status


async def test_it_is_known_which_signal_ended_it() -> None:
    async with running(WAITING) as process:
        os.kill(process.pid, signal.SIGTERM)
        assert await process.wait() == -signal.SIGTERM


async def test_one_that_is_not_wanted_any_more_is_killed() -> None:
    async with running(WAITING) as process:
        its = psutil.Process(process.pid)
        reading = asyncio.create_task(process.stdout.read())
        assert await ended(process, reading) == -signal.SIGKILL
        assert not its.is_running()


async def test_many_are_forked_at_once_and_leave_nothing_open() -> None:
    async with running(TELLING):
        pass
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  (only a count)

    async def run(status: int) -> int:
        async with running(TELLING) as process:
            await about(process)
            return await end(process, status)

    assert await asyncio.gather(*map(run, range(20))) == [*range(20)]
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


async def test_a_module_that_can_not_be_loaded_says_why(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with running("nowhere") as process:
        assert await process.wait() == 1
    assert "ModuleNotFoundError: No module named 'nowhere'" in capfd.readouterr().err


async def test_an_interpreter_with_other_variables_has_forks_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(TELLING) as process:
        first = psutil.Process(process.pid).ppid()
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    async with running(TELLING) as process:
        second = psutil.Process(process.pid).ppid()
    monkeypatch.delenv("PYTHONOPTIMIZE")
    async with running(TELLING) as process:
        assert psutil.Process(process.pid).ppid() == first != second


async def test_if_what_forks_is_killed_its_forks_go_on_and_another_follows() -> None:
    async with running(TELLING) as process:
        await about(process)
        its = psutil.Process(process.pid)
        parent = its.parent()
        assert parent in forking_processes()
        parent.kill()
        parent.wait()

        assert its.is_running()
        # Nobody is left who could say how it ends.
        assert await process.wait() == -signal.SIGKILL
        async with running(TELLING) as other:
            assert psutil.Process(other.pid).parent() in forking_processes()
    psutil.wait_procs([its])


async def test_all_end_with_the_process_that_wanted_them(tmp_path: Path) -> None:
    program = (
        "import asyncio\n"
        "from daybook.jobs.children import begun\n"
        "async def main():\n"
        f"    process = await begun({WAITING!r})\n"
        "    print(process.pid, flush=True)\n"
        "    await process.wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", program),
        stdout=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    its = psutil.Process(pid).parents()[0], psutil.Process(pid)
    parent.kill()
    await parent.wait()

    psutil.wait_procs(its)


@pytest.mark.parametrize("moment", range(6))
async def test_a_fork_that_nobody_waits_for_any_more_ends(moment: int) -> None:
    async with running(WAITING):
        pass
    asking = asyncio.create_task(begun(WAITING))
    for _ in range(moment):
        await asyncio.sleep(0)
    asking.cancel()
    (result,) = await asyncio.gather(asking, return_exceptions=True)
    assert isinstance(result, asyncio.CancelledError)

    async def are_gone() -> bool:
        return not processes_of(WAITING)

    await until(are_gone)


@pytest.mark.parametrize("failing", ["another system", "no process"])
async def test_where_nothing_can_be_forked_processes_load_their_modules(
    monkeypatch: pytest.MonkeyPatch,
    database: Database,
    settings: Settings,
    failing: str,
) -> None:
    if failing == "another system":
        monkeypatch.setattr(forking, "CAN_FORK", False)
    else:
        # Its forking process ends as soon as it has begun.
        monkeypatch.setattr(forking, "_running", {})
        monkeypatch.setattr(forking_process, "__name__", "nowhere")
    process = await begun(TELLING)
    told = await about(process)
    assert psutil.Process(told["pid"]).ppid() == os.getpid()
    assert process.stdin is not None and process.stdout is not None
    status = await ended(process, asyncio.create_task(process.stdout.read()))
    assert status == -signal.SIGKILL

    await record(database, invoice())
    await ask(database)
    async with running_jobs(database, settings):
        assert (await job_ended(database)).status == JobStatus.READY


async def test_a_runner_has_modules_loaded_before_its_first_job(
    monkeypatch: pytest.MonkeyPatch, database: Database, settings: Settings
) -> None:
    monkeypatch.setattr(forking, "_running", {})
    monkeypatch.setattr("daybook.jobs.runner.PREPARE", timedelta())
    before = forking_processes()

    async def prepared() -> psutil.Process | None:
        new = [its for its in forking_processes() if its not in before]
        return new[0] if new else None

    async with running_jobs(database, settings):
        process = await until(prepared)
    assert EXPORTS.module in process.cmdline()


def test_titles_are_the_ends_of_names() -> None:
    assert title_of("daybook.exports.process") == "exports.process"
    assert title_of("daybook.exports.parts.helping") == "parts.helping"
    assert title_of("a_module_with_a_long_name") == "ith_a_long_name"
