"""The history of a journal: each recording, with the journal as it left it. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from daybook_web.journal_detail.address import Address
from daybook_web.journal_detail.days import ACCOUNTS
from daybook_web.journal_detail.results import Journal, Recording
from daybook_web.kit.formats import money
from daybook_web.kit.results import Money
from daybook_web.kit.times import moment_plain

SHOWN_MAX = 12
"""How many recordings stand on the page; others are folded away."""


class PastJournal(NamedTuple):
    """A recording, the journal's amount after it, and the address that shows it."""

    recording: Recording
    amount: Money
    url: str
    is_shown: bool

    @property
    def words(self) -> str:
        """What the slider says of it: `150.00, recorded 2 Mar 2025, 09:12 GMT`."""
        at = moment_plain(self.recording.recorded_at)
        return f"{money(self.amount)}, recorded {at}"


class History(NamedTuple):
    """The recordings that changed a journal, the newest first."""

    steps: Sequence[PastJournal]
    more: Sequence[PastJournal]
    """Those after the first `SHOWN_MAX`."""
    place: int
    """Which of all recordings is shown, from 1 for the oldest."""
    account: str
    """The account whose gains the amounts are."""

    @property
    def shown(self) -> PastJournal:
        """The recording that is shown."""
        every = [*self.steps, *self.more]
        return every[len(every) - self.place]

    @property
    def length(self) -> int:
        """How many recordings there are."""
        return len(self.steps) + len(self.more)


def history_of(
    journal: Journal, recordings: Sequence[Recording], address: Address
) -> History:
    """The history, of which the journal shows the moment of its own last recording."""
    last = journal.recordings[0].number
    steps = []
    for number, recording in enumerate(recordings):
        # The newest is the journal as it is now, whose address says no recording.
        url = address.after("" if number == 0 else recording.number).url()
        amount = recording.gains.of(journal.sum.account)
        is_shown = recording.number == last
        steps.append(PastJournal(recording, amount, url, is_shown))
    newer = next(number for number, step in enumerate(steps) if step.is_shown)
    return History(
        steps[:SHOWN_MAX],
        steps[SHOWN_MAX:],
        place=len(steps) - newer,
        account=ACCOUNTS[journal.sum.account],
    )
