"""What a failed test has left open stays so, instead of failing another test.

Its databases would be closed as garbage, with warnings in the test that runs then.
"""

from collections.abc import Generator

import pytest

_kept: list[BaseException] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the failure, and by its traceback all that the test had."""
    report = yield
    if report.failed and call.excinfo is not None:
        _kept.append(call.excinfo.value)
    return report
