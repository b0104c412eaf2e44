"""The figures of fault scenarios: a line for each, at the end of the run."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

FIGURES = "figures"

Note: TypeAlias = Callable[[str], None]
"""Notes a scenario's figures, in words."""


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """Notes a line that the run ends with."""
    return lambda line: record_property(FIGURES, line)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print all lines, in the order of the tests; those of failed tests, too."""
    lines = [
        f"{report.nodeid.rpartition('::')[2]}: {value}"
        for status in ("passed", "failed")
        for report in terminalreporter.stats.get(status, ())
        for name, value in report.user_properties
        if name == FIGURES and report.when == "call"
    ]
    if lines:
        terminalreporter.section("fault scenarios")
        for line in lines:
            terminalreporter.write_line(line)
