"""The numbers of synthetic journals."""

from unittest import mock

import pytest

from daybook.gl.rules import lines as lines_module
from daybook.gl.rules.journal_types import ExposureKind, JournalType
from daybook.gl.rules.lines import SyntheticLine, TooManyJournals, numbered

DRAFT, FORECAST = JournalType.DRAFT_INVOICE, JournalType.FORECAST_INVOICE
FX, BUDGET = JournalType.FX_EXPOSURE, JournalType.FORECAST_BUDGET


def line(
    type_: JournalType,
    day: int,
    group: str = "",
    net: int = 0,
    kind: ExposureKind | None = None,
) -> SyntheticLine:
    return SyntheticLine(type_, day, group, "a", "1", net, net, day, "GBP", kind)


def test_each_type_has_its_range_and_drafts_and_forecasts_share_theirs() -> None:
    made = numbered(
        [
            line(BUDGET, 1, "x"),
            line(FORECAST, 1, "r"),
            line(DRAFT, 2, "b", 1),
            line(FX, 2, kind=ExposureKind.REVERSAL),
            line(DRAFT, 2, "a", 2),
            line(DRAFT, 1, "z"),
            line(DRAFT, 2, "b", -1),
            line(FX, 2, kind=ExposureKind.UNREALISED),
            line(BUDGET, 2, "x"),
        ]
    )

    assert [
        (number, position, its.type, its.day, its.group, its.net)
        for number, position, its in made
    ] == [
        (800_000_000, 0, DRAFT, 1, "z", 0),
        (800_000_001, 0, DRAFT, 2, "a", 2),
        (800_000_002, 0, DRAFT, 2, "b", 1),
        (800_000_002, 1, DRAFT, 2, "b", -1),
        (800_000_003, 0, FORECAST, 1, "r", 0),
        (900_000_000, 0, FX, 2, "", 0),
        (900_000_001, 0, FX, 2, "", 0),
        (910_000_000, 0, BUDGET, 1, "x", 0),
        (910_000_001, 0, BUDGET, 2, "x", 0),
    ]


def test_the_lines_of_a_day_and_kind_are_one_fx_journal() -> None:
    kind = ExposureKind.UNREALISED
    made = [*numbered([line(FX, 1, net=net, kind=kind) for net in (1, -1, 2, -2)])]

    assert [(number, position) for number, position, _ in made] == [
        (900_000_000, position) for position in range(4)
    ]


def test_a_type_that_runs_out_of_numbers_is_refused() -> None:
    fewer = {800_000_000: 800_000_001}
    lines = [line(DRAFT, day) for day in range(3)]

    with (
        mock.patch.object(lines_module, "LAST_NUMBERS", fewer),
        pytest.raises(TooManyJournals, match=r"DRAFT INVOICE .* from 800,000,000"),
    ):
        list(numbered(lines))
