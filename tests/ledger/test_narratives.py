"""What a movement says to the person who reads the journal."""

import pytest

from daybook.calendar import parse_day
from daybook.ledger.narratives import Subject, narrative
from daybook.ledger.rules import Role
from daybook_oracle import PAIRS

YEAR = Subject("Platform", "INV-1", parse_day("2025-01-01"), parse_day("2025-12-31"))
DAY = YEAR._replace(last_day=parse_day("2025-01-01"))
NO_PERIOD = YEAR._replace(first_day=None, last_day=None)


@pytest.mark.parametrize(
    "pair", [*PAIRS, *((credit, debit) for debit, credit in PAIRS)]
)
@pytest.mark.parametrize("subject", [YEAR, DAY, NO_PERIOD])
def test_every_movement_has_its_sentence(
    pair: tuple[Role, Role], subject: Subject
) -> None:
    text = narrative(*pair, subject)

    assert text.startswith("Platform: ")
    assert text.endswith(" (INV-1)")
    others = [narrative(*one, subject) for one in PAIRS if one != pair]
    assert text not in others


@pytest.mark.parametrize(
    ("debit", "credit", "subject", "text"),
    [
        (
            *(Role.DEFERRED, Role.RECOGNIZED, YEAR),
            "Platform: recognized over 1 Jan – 31 Dec 2025 (INV-1)",
        ),
        (
            *(Role.UNBILLED, Role.RECOGNIZED, DAY),
            "Platform: earned before billing on 1 Jan 2025 (INV-1)",
        ),
        (
            *(Role.RECOGNIZED, Role.DEFERRED, NO_PERIOD),
            "Platform: recognition taken back (INV-1)",
        ),
        (
            *(Role.BILLED, Role.DEFERRED, YEAR),
            "Platform: billed in advance and deferred (INV-1)",
        ),
        (
            *(Role.DEFERRED, Role.BILLED, YEAR),
            "Platform: credited, out of Deferred Revenue (INV-1)",
        ),
    ],
)
def test_sentences_tell_what_moved_and_why(
    debit: Role, credit: Role, subject: Subject, text: str
) -> None:
    assert narrative(debit, credit, subject) == text
