"""Changes that are made only if nothing was recorded since their sender looked."""

from collections.abc import Iterator
from contextlib import contextmanager

from daybook.errors import Problem, ProblemCode, Rejected

EXPECTED = "expected_audit_record"
"""Where the problem is of a change that was expected to follow another record."""


class _RecordedSince(Exception):
    """Leaves the transaction of a change whose sender looked at an earlier record."""


def check_expected(expected: int | None, last: int) -> None:
    """Leave the transaction unless the trail's last record is the expected one.

    Call it with the organisation locked, inside `recorded_since_refused`. Without an
    expected record, any is right; 0 is before the first.
    """
    if expected not in {None, last}:
        raise _RecordedSince(last)


@contextmanager
def recorded_since_refused() -> Iterator[None]:
    """Raise Rejected where `check_expected` left.

    Wrap it around the log of failures: nothing was looked at, so nothing failed.
    """
    try:
        yield
    except _RecordedSince as since:
        message = (
            f"something was recorded since: the audit trail is at record {since} now;"
            " look again at what it would do"
        )
        problem = Problem(ProblemCode.CONFLICT, message, (EXPECTED,))
        raise Rejected([problem]) from None
