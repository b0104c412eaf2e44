"""What a page says of exports that ended, and how far it says that it has come."""

from dataclasses import replace

import pytest

from daybook.exports.lately import ChangedExport
from daybook.jobs.rules import JobStatus
from daybook_people import caller
from daybook_web.kit.notices import notices_of
from daybook_web.kit.told import Told

TOLD = Told(
    reader="1.0",
    recordings={"GBP": 9, "USD": 412},
    manual="5.3.2.1.0",
    activity="17.240",
    general_ledger="4.212.0123456789abcdef",
    exports="0123456789abcdef",
    last_export=57,
    unfinished=frozenset({49, 51}),
)


def export(number: int, status: JobStatus = JobStatus.READY) -> ChangedExport:
    """An export of Ada's."""
    return ChangedExport(
        number=number,
        requested_by="ada@example.com",
        status=status,
        changes=2,
        rows=1,
        file_name=f"{number}.csv",
        failure="The disk is full." if status is JobStatus.FAILED else None,
        is_downloaded=False,
    )


def test_many_exports_that_ended_together_are_told_one_by_one_and_as_a_number() -> None:
    told = [notice.words for notice in notices_of([export(n) for n in range(1, 8)])]

    assert told[:2] == ["1.csv is ready: 1 line.", "2.csv is ready: 1 line."]
    assert told[5:] == ["2 other exports have ended."]
    assert [notice.words for notice in notices_of([])] == []


@pytest.mark.parametrize("unfinished", [frozenset(), frozenset({3, 12})])
@pytest.mark.parametrize("recordings", [{}, {"USD": 0}, {"GBP": 9, "USD": 412}])
def test_what_was_told_is_read_as_it_was_written(
    recordings: dict[str, int], unfinished: frozenset[int]
) -> None:
    told = replace(TOLD, recordings=recordings, unfinished=unfinished)

    assert Told.read(told.text(), caller()) == told
    assert "\n" not in told.text()
    assert Told.read(told.text(), caller(organisation_id=2)) is None


@pytest.mark.parametrize(
    ("number", "status"),
    [(49, JobStatus.READY), (51, JobStatus.FAILED), (58, JobStatus.READY)],
)
def test_exports_are_told_that_ended_since(number: int, status: JobStatus) -> None:
    assert TOLD.has_ended_since(export(number, status))


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (58, JobStatus.RUNNING),
        (51, JobStatus.CANCELLED),
        (50, JobStatus.READY),  # it had ended before
        (57, JobStatus.READY),
    ],
)
def test_others_are_not(number: int, status: JobStatus) -> None:
    assert not TOLD.has_ended_since(export(number, status))


def test_a_page_never_goes_back() -> None:
    earlier = replace(TOLD, recordings={"GBP": 10, "USD": 411})

    assert TOLD.after(earlier).recordings == {"GBP": 10, "USD": 412}
    assert TOLD.is_behind("GBP", earlier)
    assert not TOLD.is_behind("USD", earlier)
