"""Ctrl+C ends a command without a traceback, also while its modules are loaded."""

import signal
import subprocess
import sys

import pytest

INTERRUPTED = """
import os, signal, sys
sys.argv = ["daybook", "--help"]
class Finder:
    def find_spec(self, name, *rest):
        if name == "{module}":
            os.kill(os.getpid(), signal.{signal})
sys.meta_path.insert(0, Finder())
{before}
from daybook.__main__ import main
main()
"""


def interrupted(
    name: str, module: str, before: str = ""
) -> subprocess.CompletedProcess[str]:
    """`daybook --help`, which gets a signal once it is about to load a module."""
    code = INTERRUPTED.format(signal=name, module=module, before=before)
    return subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("SIGINT", "daybook.cli"),
        ("SIGINT", "daybook.exports"),
        ("SIGTERM", "daybook.cli"),
    ],
)
def test_a_signal_while_modules_are_loaded_ends_a_command_and_says_nothing(
    name: str, module: str
) -> None:
    ended = interrupted(name, module)

    # The system ended it; a shell shows that as 128 and the signal's number.
    assert ended.returncode == -signal.Signals[name]
    assert (ended.stdout, ended.stderr) == ("", "")


def test_a_signal_that_is_ignored_stays_so() -> None:
    ignored = "signal.signal(signal.SIGINT, signal.SIG_IGN)"

    ended = interrupted("SIGINT", "daybook.cli", ignored)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Usage: daybook")
