"""What became of an exported journal, in words. Pure."""

from collections.abc import Iterator, Sequence

from daybook.calendar import day_text
from daybook.gl.rules.matching import Amounts, BookedJournal, Match, MatchState
from daybook.money import grouped_text
from daybook.numbers import counted

STATES = {
    MatchState.MISSING: "Missing",
    MatchState.CHANGED: "Changed",
    MatchState.DOUBLED: "Doubled",
    MatchState.MATCHED: "Matched",
}


def words_of(match: Match, currency: str) -> str:
    """Why it is in its state; empty if it was booked as it was exported."""
    if match.state is MatchState.MISSING:
        return _missing(match)
    if match.state is MatchState.DOUBLED:
        times = counted(len(match.booked), "time")
        return f"booked {times}, by journals {_numbers(match.booked)}"
    if match.state is MatchState.CHANGED:
        return "; ".join(_changes(match, currency))
    if match.booked[0].number != match.exported.number:
        return (
            "its narration doesn't begin with the exported number: it is the only one"
            " of this day, accounts and amounts"
        )
    return ""


def sides(amounts: Amounts, currency: str) -> str:
    """Amounts by account code: `820 Dr 120.00, 200 Cr 120.00`."""
    return ", ".join(
        f"{code} {'Dr' if amount < 0 else 'Cr'} {grouped_text(abs(amount), currency)}"
        for code, amount in sorted(amounts.items(), key=lambda its: (its[1] > 0, its))
    )


def _missing(match: Match) -> str:
    if match.reversed:
        return f"booked and taken back, by journals {_numbers(match.reversed)}"
    return "it isn't among the journals that came in"


def _changes(match: Match, currency: str) -> Iterator[str]:
    (booked,) = match.booked
    if booked.day != match.exported.day:
        day = day_text(match.exported.day)
        yield f"booked on {day_text(booked.day)}, exported for {day}"
    if match.is_backwards:
        yield "booked backwards: debits and credits are exchanged"
    elif match.difference:
        yield f"differs by {sides(match.difference, currency)}"


def _numbers(booked: Sequence[BookedJournal]) -> str:
    """The accounting system's numbers: `17, 23 and 24`."""
    numbers = [str(number) for journal in booked for number in journal.journals]
    *first, last = numbers or [journal.source_id for journal in booked]
    return f"{', '.join(first)} and {last}" if first else last
