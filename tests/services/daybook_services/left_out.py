"""Skips what a missing program makes impossible, and says so at the end of the run."""

from collections import Counter
from typing import NoReturn

import pytest

MARK = "left out: "


def leave_out(reason: str) -> NoReturn:
    """Skip the test; `reason` says what to install."""
    pytest.skip(MARK + reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the tests that were left out, one line for each reason."""
    reasons = Counter(
        report.longrepr[2].partition(MARK)[2]
        for report in terminalreporter.getreports("skipped")
        if isinstance(report.longrepr, tuple) and MARK in report.longrepr[2]
    )
    if not reasons:
        return
    terminalreporter.section("left out")
    for reason, tests in sorted(reasons.items()):
        noun = "test" if tests == 1 else "tests"
        terminalreporter.line(f"{tests} {noun}: {reason}")
