"""What movements and journals say to the person who reads them."""

import pytest

from daybook.calendar import month_of, parse_day
from daybook.ledger.rules import Role, SourceKind
from daybook.reports.journals.narratives import (
    REVISED,
    VOIDED,
    JournalSubject,
    Moved,
    MovementSubject,
    Occasion,
    Story,
    group_narrative,
    journal_narrative,
    narrative,
)
from daybook_oracle import PAIRS

B, U, D, R = Role.BILLED, Role.UNBILLED, Role.DEFERRED, Role.RECOGNIZED
YEAR = MovementSubject(
    "Platform", "INV-1", parse_day("2025-01-01"), parse_day("2025-12-31")
)
DAY = YEAR._replace(last_day=parse_day("2025-01-01"))
NO_PERIOD = YEAR._replace(first_day=None, last_day=None)
MOVED = Moved(*map(parse_day, ("2025-12-01", "2025-12-31", "2026-01-01", "2025-12-31")))


ALL_PAIRS = [*PAIRS, *((credit, debit) for debit, credit in PAIRS)]


@pytest.mark.parametrize(
    ("story", "pair"),
    [
        (story, pair)
        for story in Story
        for pair in ALL_PAIRS
        # Only credits that were billed late pay for what waits in Unbilled.
        if set(pair) != {D, U} or story is Story.BURNDOWN
    ],
)
@pytest.mark.parametrize("subject", [YEAR, DAY, NO_PERIOD])
@pytest.mark.parametrize("moved", [None, MOVED])
def test_every_movement_has_its_sentence(
    pair: tuple[Role, Role], subject: MovementSubject, story: Story, moved: Moved | None
) -> None:
    text = narrative(*pair, subject._replace(story=story, moved=moved))

    assert text.startswith("Platform: ")
    assert text.endswith(" (INV-1)")
    assert "{" not in text and "moved" not in text
    opposite = narrative(pair[1], pair[0], subject._replace(story=story, moved=moved))
    assert text != opposite


@pytest.mark.parametrize(
    ("debit", "credit", "subject", "said"),
    [
        (D, R, YEAR, "recognized over 1 Jan – 31 Dec 2025"),
        (U, R, DAY, "earned before billing on 1 Jan 2025"),
        (R, D, NO_PERIOD, "taken back: recognized"),
        (B, D, YEAR, "billed in advance and deferred"),
        (B, R, YEAR, "billed and recognized"),
    ],
)
def test_sentences_of_a_sale(
    debit: Role, credit: Role, subject: MovementSubject, said: str
) -> None:
    assert narrative(debit, credit, subject) == f"Platform: {said} (INV-1)"


@pytest.mark.parametrize(
    ("story", "pair", "subject", "said"),
    [
        (Story.CREDIT, (D, B), YEAR, "credited, out of deferred revenue"),
        (Story.CREDIT, (R, B), YEAR, "credited, out of recognized revenue"),
        (
            *(Story.REBUILT_CREDIT, (D, B), YEAR),
            "credited as if sold net, out of deferred revenue",
        ),
        (Story.LONE_CREDIT, (R, D), DAY, "credit recognized on 1 Jan 2025"),
        (Story.REDUCTION, (R, D), DAY, "recognized as a reduction on 1 Jan 2025"),
        (Story.USAGE, (U, R), DAY, "used before billing on 1 Jan 2025"),
        (Story.USAGE, (D, R), DAY, "used on 1 Jan 2025"),
        (
            *(Story.MILESTONE, (D, R), DAY._replace(milestone="Go-live")),
            "milestone Go-live reached on 1 Jan 2025",
        ),
        (
            *(Story.MILESTONE, (R, D), DAY._replace(milestone="Go-live")),
            "taken back: milestone Go-live reached on 1 Jan 2025",
        ),
        (Story.PREPAYMENT, (B, D), YEAR, "billed as prepaid credits"),
        (
            *(Story.PREPAYMENT, (D, R), DAY),
            "unused prepaid credits expired on 1 Jan 2025",
        ),
        (
            *(Story.BURNDOWN, (D, R), DAY),
            "used and paid from prepaid credits on 1 Jan 2025",
        ),
        (
            *(Story.BURNDOWN, (U, R), DAY),
            "used on 1 Jan 2025, before the prepaid credits were billed",
        ),
        (
            *(Story.BURNDOWN, (D, U), DAY),
            "paid from prepaid credits what was used before",
        ),
        (
            *(Story.ACCRUAL, (U, R), YEAR),
            "accrued before billing over 1 Jan – 31 Dec 2025",
        ),
        (Story.BILLED_ACCRUAL, (B, U), YEAR, "billed what was accrued"),
        (Story.BILLED_ACCRUAL, (B, R), YEAR, "billed more than was accrued"),
        (Story.BILLED_ACCRUAL, (R, U), YEAR, "billed less than was accrued"),
        (
            *(Story.SALE, (R, D), DAY._replace(change=", voided")),
            "taken back: recognized on 1 Jan 2025, voided",
        ),
        (
            *(Story.SALE, (D, R), DAY._replace(change=", after CN-1")),
            "recognized on 1 Jan 2025, after CN-1",
        ),
    ],
)
def test_sentences_of_other_stories(
    story: Story, pair: tuple[Role, Role], subject: MovementSubject, said: str
) -> None:
    text = narrative(*pair, subject._replace(story=story))

    assert text == f"Platform: {said} (INV-1)"


def test_what_a_lock_moved_is_told_as_rule_5_words_it() -> None:
    text = narrative(D, R, YEAR._replace(moved=MOVED))

    assert text == (
        "Platform: Recognized for 1–31 Dec 2025, posted 1 Jan 2026: period locked"
        " through 31 Dec 2025 (INV-1)"
    )


def test_a_journal_tells_what_it_billed_and_recognized() -> None:
    subject = JournalSubject("Platform", "Acme", month_of(MOVED.first_day), "INV-1")
    pairs = {(B, D): 120_000, (D, R): 10_000}

    assert journal_narrative(subject, pairs, "USD") == (
        "Platform for Acme, Dec 2025: 1,200.00 USD billed, 100.00 USD recognized"
        " (INV-1)."
    )
    assert journal_narrative(subject, {(R, B): 5}, "USD") == (
        "Platform for Acme, Dec 2025: 0.05 USD billed as a reduction, 0.05 USD of"
        " recognized revenue taken back (INV-1)."
    )
    assert journal_narrative(subject, {}, "USD") == (
        "Platform for Acme, Dec 2025: nothing billed or recognized (INV-1)."
    )


INVOICE, CREDIT_NOTE, MANUAL = (
    int(kind)
    for kind in (SourceKind.INVOICE, SourceKind.CREDIT_NOTE, SourceKind.STANDALONE)
)


@pytest.mark.parametrize(
    ("occasions", "pair", "said"),
    [
        (
            [Occasion(INVOICE, VOIDED, MOVED), Occasion(INVOICE, VOIDED, MOVED)],
            (R, B),
            (
                "0.05 USD of billing taken back, 0.05 USD of recognized revenue taken"
                " back (INV-1, voided; of 1–31 Dec 2025, locked)."
            ),
        ),
        (
            [None, Occasion(INVOICE, REVISED, MOVED), Occasion(INVOICE, REVISED, None)],
            (B, R),
            (
                "0.05 USD billed, 0.05 USD recognized (INV-1, as revised; partly of"
                " 1–31 Dec 2025, locked)."
            ),
        ),
        (
            [Occasion(INVOICE, REVISED, None), Occasion(INVOICE, VOIDED, None)],
            (R, B),
            (
                "0.05 USD of billing taken back, 0.05 USD of recognized revenue taken"
                " back (INV-1, as revised, voided)."
            ),
        ),
        (
            [
                Occasion(INVOICE, "", MOVED),
                Occasion(INVOICE, "", MOVED._replace(first_day=MOVED.first_day - 61)),
            ],
            (B, R),
            (
                "0.05 USD billed, 0.05 USD recognized (INV-1; of 1 Oct – 31 Dec 2025,"
                " locked)."
            ),
        ),
        (
            [Occasion(CREDIT_NOTE, "", None)],
            (R, B),
            "0.05 USD credited, 0.05 USD of recognized revenue taken back (INV-1).",
        ),
        (
            [Occasion(CREDIT_NOTE, VOIDED, None)],
            (B, R),
            "0.05 USD of credit taken back, 0.05 USD recognized (INV-1, voided).",
        ),
        (
            [Occasion(MANUAL, "", None)],
            (R, B),
            "0.05 USD credited, 0.05 USD of recognized revenue taken back (INV-1).",
        ),
    ],
)
def test_a_journal_tells_what_became_of_its_document_and_what_a_lock_moved(
    occasions: list[Occasion | None], pair: tuple[Role, Role], said: str
) -> None:
    subject = JournalSubject(
        *("Platform", "Acme", month_of(MOVED.posted_on), "INV-1"), occasions=occasions
    )

    told = journal_narrative(subject, {pair: 5}, "USD")

    assert told == f"Platform for Acme, Jan 2026: {said}"


def test_a_group_tells_the_same_of_whom_it_names() -> None:
    assert group_narrative(["Acme", "Platform"], "Dec 2025", {(B, R): 100}, "USD") == (
        "Acme, Platform, Dec 2025: 1.00 USD billed, 1.00 USD recognized."
    )
    assert group_narrative(["Acme"], "Dec 2025", {(R, B): 100}, "USD") == (
        "Acme, Dec 2025: 1.00 USD of billing taken back, 1.00 USD of recognized revenue"
        " taken back."
    )
    assert group_narrative([], "1 Dec 2025", {}, "USD") == (
        "1 Dec 2025: nothing billed or recognized."
    )
