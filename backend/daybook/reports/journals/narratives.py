"""The narratives of movements, journals and groups: one line each, for people. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from daybook.adjustments.rules import Part, label
from daybook.calendar import (
    Day,
    Month,
    date_of,
    day_words,
    first_day_of,
    range_words,
)
from daybook.ledger.rules import (
    ACCOUNT_NAMES,
    AccountPair,
    Role,
    SourceKind,
    net_change,
)
from daybook.money import grouped_text

B, U, D, R = Role.BILLED, Role.UNBILLED, Role.DEFERRED, Role.RECOGNIZED


class Story(IntEnum):
    """The kinds of movements that narratives distinguish."""

    SALE = 1
    REDUCTION = 2
    CREDIT = 3
    REBUILT_CREDIT = 4
    LONE_CREDIT = 5
    USAGE = 6
    MILESTONE = 7
    PREPAYMENT = 8
    BURNDOWN = 9
    ACCRUAL = 10
    BILLED_ACCRUAL = 11
    MANUAL = 12


NO_SIDES = ("", "")
"""Both sides have the movement's own product."""


class Moved(NamedTuple):
    """Service days that a lock moved, their posting date, and the lock's last day."""

    first_day: Day
    last_day: Day
    posted_on: Day
    locked_through: Day


class MovementSubject(NamedTuple):
    """What a movement's narrative is about: its product, document and days.

    `first_day … last_day` are the service period; for dated usage and milestones they
    are the movement's own days. `change` says what changed the schedule after it was
    made, and `milestone` is a milestone's name. `sides` are the product names of a
    manual movement's two sides, if they differ. `product` is empty if there is none.
    `entered` is what somebody told of a manual journal, in place of all the rest.
    """

    product: str
    document: str
    first_day: Day | None
    last_day: Day | None
    story: Story = Story.SALE
    change: str = ""
    moved: Moved | None = None
    milestone: str = ""
    sides: tuple[str, str] = NO_SIDES
    entered: str = ""


_BILLED = {
    (B, D): "billed in advance and deferred",
    (B, U): "billed what was earned before",
    (B, R): "billed and recognized",
}
_SALE = {**_BILLED, (D, R): "recognized{when}", (U, R): "earned before billing{when}"}
_CREDIT = {
    (D, B): "credited, out of deferred revenue",
    (U, B): "credited, out of unbilled revenue",
    (R, B): "credited, out of recognized revenue",
}

_WORDS: Mapping[Story, Mapping[AccountPair, str]] = {
    Story.SALE: _SALE,
    Story.REDUCTION: {
        (D, B): "billed as a reduction and deferred",
        (U, B): "billed as a reduction of what was earned before",
        (R, B): "billed and recognized as a reduction",
        (R, D): "recognized as a reduction{when}",
        (R, U): "reduced before billing{when}",
    },
    Story.CREDIT: _CREDIT,
    Story.REBUILT_CREDIT: {
        (D, B): "credited as if sold net, out of deferred revenue",
        (R, B): "credited as if sold net, out of recognized revenue",
        (B, D): "credited as if sold net, back into deferred revenue",
        (B, R): "credited as if sold net, back into recognized revenue",
    },
    Story.LONE_CREDIT: {
        **_CREDIT,
        (D, B): "credited and deferred",
        (R, D): "credit recognized{when}",
        (R, U): "credit earned before it was billed{when}",
    },
    Story.USAGE: {
        **_BILLED,
        (D, R): "used{when}",
        (U, R): "used before billing{when}",
    },
    Story.MILESTONE: {
        **_BILLED,
        (D, R): "milestone{name} reached{when}",
        (U, R): "milestone{name} reached before billing{when}",
    },
    Story.PREPAYMENT: {
        **_BILLED,
        (B, D): "billed as prepaid credits",
        (D, R): "unused prepaid credits expired{when}",
    },
    Story.BURNDOWN: {
        (D, R): "used and paid from prepaid credits{when}",
        (U, R): "used{when}, before the prepaid credits were billed",
        (D, U): "paid from prepaid credits what was used before",
    },
    Story.ACCRUAL: {(U, R): "accrued before billing{when}"},
    Story.BILLED_ACCRUAL: {
        **_SALE,
        (B, U): "billed what was accrued",
        (B, R): "billed more than was accrued",
        (R, U): "billed less than was accrued",
    },
}


def narrative(debit: Role, credit: Role, subject: MovementSubject) -> str:
    """Why an amount moves, in one line: `Platform: recognized over … (INV-1)`.

    It is the same for all days of a movement, so rendering it once is enough.
    """
    if subject.story is Story.MANUAL:
        return subject.entered or _manual_narrative(debit, credit, subject)
    words = phrase(debit, credit, *subject[2:-2])
    return f"{subject.product}: {words} ({subject.document})"


def _manual_narrative(debit: Role, credit: Role, subject: MovementSubject) -> str:
    """`Manual journal: deferred revenue debited, … credited (MJ-1)`."""
    sides = [
        f"{_ACCOUNTS[role]}{f' of {product}' if product else ''}"
        for role, product in zip((debit, credit), subject.sides, strict=True)
    ]
    words = f"{sides[0]} debited, {sides[1]} credited{subject.change}"
    begins = "Manual journal"
    if subject.product and subject.sides == NO_SIDES:
        begins = f"{subject.product}: manual journal"
    return f"{begins}: {words} ({subject.document})"


_ACCOUNTS = {role: name.lower() for role, name in ACCOUNT_NAMES.items()}


@lru_cache(maxsize=16_384)
def plain_phrase(
    debit: int, credit: int, first_day: Day | None, last_day: Day | None
) -> str:
    """The phrase of a sale; its roles are numbers, which hash faster."""
    story = Story.SALE
    return phrase(Role(debit), Role(credit), first_day, last_day, story, "", None, "")


@lru_cache(maxsize=16_384)
def phrase(  # noqa: PLR0913, PLR0917  (a subject's fields, which make it cacheable)
    debit: Role,
    credit: Role,
    first_day: Day | None,
    last_day: Day | None,
    story: Story,
    change: str,
    moved: Moved | None,
    milestone: str,
) -> str:
    """A narrative between product and document; cached, since exports repeat it."""
    words = _words(story, (debit, credit))
    name = f" {milestone}" if milestone else ""
    if moved is None:
        return words.format(when=_when(first_day, last_day), name=name) + change
    moved_words = words.format(when="", name=name)
    return (
        f"{moved_words[0].upper()}{moved_words[1:]} for"
        f" {range_words(moved.first_day, moved.last_day)},"
        f" posted {day_words(moved.posted_on)}:"
        f" period locked through {day_words(moved.locked_through)}{change}"
    )


def _words(story: Story, pair: AccountPair) -> str:
    """The story's words, or those of the opposite, taken back; else a sale's words."""
    there, back = pair, pair[::-1]
    for words in (_WORDS[story], _SALE):
        if there in words:
            return words[there]
        if back in words:
            return f"taken back: {words[back]}"
    raise AssertionError(f"no movement goes from {pair[1]} to {pair[0]}")


def _when(first_day: Day | None, last_day: Day | None) -> str:
    if first_day is None or last_day is None:
        return ""
    if first_day == last_day:
        return f" on {day_words(first_day)}"
    return f" over {range_words(first_day, last_day)}"


_TAKEN_BACK: Mapping[Part, str] = {
    Part.REVERSAL: "Reversal of {}: ",
    Part.UNDO: "{} undone: ",
    Part.UNDO_OF_REVERSAL: "Reversal of {} undone: ",
}


def entered_text(number: int, part: Part, text: str) -> str:
    """A narrative or description as it was entered, after what takes it back.

    `Audit fee`; in the journal that reverses it `Reversal of MJ-7: Audit fee`.
    """
    return _TAKEN_BACK.get(part, "").format(label(number)) + text


VOIDED, REVISED = ", voided", ", as revised"
"""The changes of a movement that its own document made."""


class Occasion(NamedTuple):
    """Why a journal has a movement: its document's kind, a change of it, a lock."""

    kind: int
    change: str
    moved: Moved | None


class JournalSubject(NamedTuple):
    """What a journal's narrative is about; absent names are empty.

    `entered` is what somebody told of a manual journal, in place of all the rest.
    `occasions` are those of its movements; None is an unchanged sale's.
    """

    product: str
    customer: str
    month: Month
    document: str
    entered: str = ""
    occasions: Sequence[Occasion | None] = ()


def journal_narrative(
    subject: JournalSubject, pairs: Mapping[AccountPair, int], currency: str
) -> str:
    """What a journal did: `Platform for Acme, Jan 2025: 1.00 USD billed (INV-1)`.

    `pairs` are the amounts of its movements between each pair of accounts. After the
    document stands what became of it, and which days a lock moved here.
    """
    if subject.entered:
        return subject.entered
    whose = f" for {subject.customer}" if subject.customer else ""
    occasions = list(filter(None, subject.occasions))
    changes = dict.fromkeys(
        occasion.change for occasion in occasions if occasion.change
    )
    kind = occasions[0].kind if occasions else int(SourceKind.INVOICE)
    said = _said(pairs, currency, *_billed_words(kind, is_changed=bool(changes)))
    told = f"{subject.document}{''.join(changes)}{_locked_words(subject.occasions)}"
    return (
        f"{subject.product or 'Manual journal'}{whose}, {month_words(subject.month)}:"
        f" {said} ({told})."
    )


def _billed_words(kind: int, *, is_changed: bool) -> tuple[str, str]:
    """What a journal says of an amount that Billed gains, and of one that it loses."""
    if kind == SourceKind.CREDIT_NOTE and is_changed:
        return "of credit taken back", "credited"
    if kind in _CREDITING:
        return "billed", "credited"
    return "billed", TAKEN_BACK if is_changed else "billed as a reduction"


_CREDITING = {SourceKind.CREDIT_NOTE, SourceKind.STANDALONE}
TAKEN_BACK = "of billing taken back"


def _locked_words(occasions: Sequence[Occasion | None]) -> str:
    """`; of 1–31 Jan 2026, locked`, where a lock moved movements; else empty."""
    moved = [occasion.moved for occasion in occasions if occasion and occasion.moved]
    if not moved:
        return ""
    first_day = min(part.first_day for part in moved)
    last_day = max(part.last_day for part in moved)
    share = "" if len(moved) == len(occasions) else "partly "
    return f"; {share}of {range_words(first_day, last_day)}, locked"


def group_narrative(
    names: Iterable[str],
    period: str,
    pairs: Mapping[AccountPair, int],
    currency: str,
) -> str:
    """What a group of journals did, as `Acme, Oct 2025: 1.00 USD billed.` does."""
    subject = ", ".join([*names, period])
    return f"{subject}: {_said(pairs, currency, 'billed', TAKEN_BACK)}."


def _said(
    pairs: Mapping[AccountPair, int], currency: str, billed: str, credited: str
) -> str:
    parts = [
        _part(net_change(pairs, B), currency, billed, credited),
        _part(
            net_change(pairs, R),
            currency,
            "recognized",
            "of recognized revenue taken back",
        ),
    ]
    within = sum(amount for (debit, credit), amount in pairs.items() if debit is credit)
    parts.append(_part(within, currency, "moved between products", ""))
    return ", ".join(part for part in parts if part) or "nothing billed or recognized"


def _part(amount: int, currency: str, gained: str, lost: str) -> str:
    if amount == 0:
        return ""
    verb = gained if amount > 0 else lost
    return f"{grouped_text(abs(amount), currency)} {currency} {verb}"


@lru_cache(maxsize=1_200)
def month_words(month: Month) -> str:
    """A month for people: `Jan 2025`; cached, since exports repeat it."""
    return f"{date_of(first_day_of(month)):%b %Y}"
