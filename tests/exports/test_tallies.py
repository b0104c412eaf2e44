"""What is counted of a file is compared with itself."""

import pytest

from daybook.exports.rules import Movements, Totals, slice_totals
from daybook.exports.writing.tallies import PartMade, Tally, TotalsDiffer
from daybook_files import exported

SLICE = Movements([exported(), exported(amount=100, daily=0, journal=8)])


def tally_of(*parts: Totals) -> Tally:
    """A tally of a slice, and of parts with these totals."""
    tally = Tally()
    tally.add(slice_totals(SLICE), SLICE)
    tally.parts += [PartMade("x", totals, 0, b"") for totals in parts]
    return tally


def test_a_file_whose_sums_agree_is_right() -> None:
    whole = slice_totals(SLICE)

    tally_of().check()
    tally_of(Totals(10, 0, 0), whole + Totals(-10, 0, 0)).check()


@pytest.mark.parametrize(
    ("totals", "message"),
    [
        (Totals(0, 1, 1), "by account 9,100 and 9,100"),
        (Totals(0, 0, -1), "debits of 9,100 and credits of 9,099"),
    ],
    ids=["accounts", "sides"],
)
def test_sides_and_accounts_that_differ_are_told(totals: Totals, message: str) -> None:
    tally = tally_of()
    tally.totals += totals

    with pytest.raises(TotalsDiffer, match=message):
        tally.check()


def test_parts_that_are_not_the_whole_are_told() -> None:
    with pytest.raises(TotalsDiffer, match="64 rows were rendered, and 10 into parts"):
        tally_of(Totals(10, 9100, 9100)).check()
