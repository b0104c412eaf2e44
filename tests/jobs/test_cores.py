"""A machine's cores are taken by one process each."""

import subprocess
import sys
from contextlib import ExitStack
from uuid import uuid4

import pytest

from daybook.jobs.cores import cores, take_core

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems don't know which cores are taken"
)

TAKES = """\
import sys
from daybook.jobs.cores import take_core
core = take_core(sys.argv[1])
print(core is not None, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def purpose() -> str:
    """What nobody else takes cores for."""
    return uuid4().hex


def test_there_are_as_many_as_this_process_may_use(purpose: str) -> None:
    with ExitStack() as taken:
        for _ in range(cores()):
            core = take_core(purpose)
            assert core is not None
            taken.enter_context(core)
        assert take_core(purpose) is None

        other = take_core(f"not {purpose}")
        assert other is not None
        other.close()
    again = take_core(purpose)
    assert again is not None
    again.close()


def test_a_killed_process_gives_its_core_back(purpose: str) -> None:
    with ExitStack() as taken:
        for _ in range(cores() - 1):
            core = take_core(purpose)
            assert core is not None
            taken.enter_context(core)
        with subprocess.Popen(
            [sys.executable, "-c", TAKES, purpose],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "True\n"
            assert take_core(purpose) is None
            process.kill()
        core = take_core(purpose)
        assert core is not None
        core.close()
