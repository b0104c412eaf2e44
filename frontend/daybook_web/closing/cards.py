"""The cards of the ledgers: how far each is with its month."""

from dataclasses import dataclass

from daybook.calendar import Month, day_of, last_day_of
from daybook.reports.trail.names import person_name
from daybook_web.closing.results import CloseLedger
from daybook_web.kit.formats import day

LAST_STEPS = {"LOCK": "lock", "EXPORT": "export", "TIE_OUT": "tie-out"}
"""What is done once everything else is."""


@dataclass(frozen=True, slots=True)
class LedgerCard:
    """A ledger of the month: how many of its steps are done, and what is next."""

    currency: str
    url: str
    done: int
    steps: int
    words: str
    is_locked: bool
    is_current: bool

    @property
    def is_closed(self) -> bool:
        """Whether the month is locked, and nothing of it is to be done."""
        return self.is_locked and self.steps > 0 and self.done == self.steps


def ledger_card(
    ledger: CloseLedger, url: str, month: Month, *, is_current: bool
) -> LedgerCard:
    """A ledger's card, which leads to its close."""
    return LedgerCard(
        currency=ledger.currency,
        url=url,
        done=sum(not step.is_due for step in ledger.steps),
        steps=len(ledger.steps),
        words=_words(ledger, month),
        is_locked=is_locked(ledger, month),
        is_current=is_current,
    )


def is_locked(ledger: CloseLedger, month: Month) -> bool:
    """Whether all days of the month are locked."""
    through = ledger.locked_through
    return through is not None and day_of(through) >= last_day_of(month)


def _words(ledger: CloseLedger, month: Month) -> str:
    """How far it is locked, and what is still to be done."""
    to_do = _to_do([step.kind for step in ledger.steps if step.is_due])
    if not is_locked(ledger, month):
        return to_do or ("Everything is done" if ledger.steps else "")
    assert ledger.locked_through is not None, "a locked month has a last locked day"
    locked = f"Locked through {day(ledger.locked_through)}"
    made_by = [lock.made_by for lock in ledger.locks.nodes] if ledger.locks else []
    by = "".join(f" by {person_name(name)}" for name in made_by if name)
    return f"{locked}{by}{f'. {to_do}' if to_do else ''}"


def _to_do(due: list[str]) -> str:
    before = [kind for kind in due if kind not in LAST_STEPS]
    if before and "LOCK" in due:
        return f"{len(before)} to do before the lock"
    if before:
        return f"{len(due)} to do"
    last = [LAST_STEPS[kind] for kind in due]
    if not last:
        return ""
    first = ", ".join(last[:-1])
    return f"To do: {f'{first} and ' if first else ''}{last[-1]}"
