"""What a manual journal does, for people: balances, a month's report, posted files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from daybook_web.kit.formats import MINUS, day, money, month
from daybook_web.kit.results import Money
from daybook_web.manual_journals.results import Effect


@dataclass(frozen=True, slots=True)
class EffectRow:
    """An account: its balance, what changes, and its balance after that.

    Its parts, which are sub-accounts, have a change alone.
    """

    name: str
    change: str
    before: str = ""
    after: str = ""
    parts: Sequence["EffectRow"] = ()


@dataclass(frozen=True, slots=True)
class EffectPart:
    """The panel of effects: balances on a day, and what the month's report says."""

    on: str
    rows: Sequence[EffectRow]
    month: str
    before: str
    change: str
    after: str

    @classmethod
    def of(cls, effect: Effect) -> "EffectPart":
        """An effect for people."""
        return cls(
            on=day(effect.date),
            rows=list(_rows(effect)),
            month=month(effect.month),
            before=money(effect.recognized_before),
            change=signed(effect.recognized_change),
            after=money(effect.recognized_after),
        )


def _rows(effect: Effect) -> Iterable[EffectRow]:
    """Each account, with its sub-accounts if any of them changes."""
    for balance in effect.balances:
        account = balance.account
        changes = [
            change for change in effect.changes if change.account.role == account.role
        ]
        has_parts = any(change.name != account.name for change in changes)
        yield EffectRow(
            account.name,
            signed(balance.change),
            before=money(balance.before),
            after=money(balance.after),
            parts=[
                EffectRow(change.name, signed(change.change))
                for change in changes
                if has_parts
            ],
        )


def signed(amount: Money) -> str:
    """A change with its sign: `+500.00`."""
    text = money(amount)
    return text if amount.minor == 0 or text.startswith(MINUS) else f"+{text}"


def good_to_know(effect: Effect, *, is_waiting: bool) -> list[str]:
    """What the lock and the posted files make of it, while it isn't posted."""
    notes = []
    first_open = effect.first_open_day
    if first_open is None or effect.date >= first_open:
        note = f"{day(effect.date)} is open."
        if is_waiting:
            note += (
                " If it is locked before this is approved, approval is refused and the"
                " first open day is offered."
            )
        notes.append(note)
    else:
        notes.append(
            f"{day(effect.date)} is locked: nothing can be posted on it. The first open"
            f" day is {day(first_open)}."
        )
    notes.extend(
        (
            f"File {file.number} ({file.posting.reference}) was posted on"
            f" {day(file.posting.posted_on)} and covers this day: the next difference"
            " of it holds this journal."
        )
        for file in effect.posted_exports
    )
    return notes
