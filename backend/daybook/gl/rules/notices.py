"""What a refresh found that people should know, as it is stored and in words. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from daybook.connections.rules import AccountRole
from daybook.numbers import counted

STORED_MAX = 1_000
"""How many notices a segment keeps."""
ROLES: Mapping[AccountRole, str] = {
    AccountRole.RECEIVABLE: "receivables",
    AccountRole.PAYABLE: "payables",
    AccountRole.TAX: "tax",
    AccountRole.REALISED: "realised currency gains",
    AccountRole.UNREALISED: "unrealised currency gains",
    AccountRole.REVALUATION: "bank revaluations",
}
"""What an account is for, within a sentence."""
LEFT_OUT: Mapping[AccountRole, str] = {
    AccountRole.RECEIVABLE: "drafts, forecasts and currency gains of invoices",
    AccountRole.PAYABLE: "drafts, forecasts and currency gains of bills",
    AccountRole.TAX: "drafts and forecasts with tax",
    AccountRole.REALISED: "currency gains of invoices and bills",
    AccountRole.UNREALISED: "currency gains of invoices and bills",
    AccountRole.REVALUATION: "currency gains of bank accounts",
}
"""What isn't in the dataset while no account is known."""


class NoticeKind(StrEnum):
    """What a notice is about."""

    CLASH = "CLASH"
    """A code that means another class of accounts in the main connection."""
    GAP = "GAP"
    """Journals between two numbers that didn't come in."""
    NO_LINES = "NO_LINES"
    """A draft without lines, which makes no journal."""
    NO_ACCOUNT = "NO_ACCOUNT"
    """No account is known that synthetic journals would post to."""
    OTHER_TRACKING = "OTHER_TRACKING"
    """A tracking category for which the dataset has no columns."""


class Notice(NamedTuple):
    """A notice, and what it is about.

    `subject` is an account's code, a range of numbers, a document's number, a role or a
    category. `about` tells more of a clash: the account's name and class, and those of
    the main connection; empty where it isn't known.
    """

    kind: NoticeKind
    subject: str
    words: str
    about: Sequence[str] = ()


def clash(code: str, name: str, class_: str, main_name: str, main_class: str) -> Notice:
    """An account whose own name stays, since its code means something else in main."""
    words = (
        f"account {code} is {name} ({class_ or 'of no class'}) here, and {main_name}"
        f" ({main_class}) in the main connection: it keeps its own name"
    )
    about = (name, class_, main_name, main_class)
    return Notice(NoticeKind.CLASH, code, words, about)


def gap(first: int, last: int) -> Notice:
    """Journals that are missing, from the first to the last."""
    count = last - first + 1
    numbers = str(first) if count == 1 else f"{first} to {last}"
    verb = "is" if count == 1 else "are"
    words = f"{counted(count, 'journal')} {verb} missing: {numbers}"
    return Notice(NoticeKind.GAP, numbers, words)


def no_lines(name: str) -> Notice:
    """A draft, by its number or its ID, that makes no journal."""
    words = f"draft {name} has no lines, so it is not in the dataset"
    return Notice(NoticeKind.NO_LINES, name, words)


def no_account(role: AccountRole) -> Notice:
    """A role without an account, though there is something to post to it."""
    words = (
        f"no account is known for {ROLES[role]}: {LEFT_OUT[role]} are left out until"
        " the connection's settings name one"
    )
    return Notice(NoticeKind.NO_ACCOUNT, role.value, words)


def other_tracking(name: str, shown: Sequence[str]) -> Notice:
    """A tracking category beyond those that the dataset has columns for."""
    words = (
        f"tracking category {name} is not in the dataset, which has columns for two:"
        f" {' and '.join(shown)}"
    )
    return Notice(NoticeKind.OTHER_TRACKING, name, words)


def notices_text(notices: Iterable[Notice]) -> str:
    """Notices as JSON, to store them."""
    return json.dumps([notice._asdict() for notice in notices][:STORED_MAX])


def notices_of(text: str) -> Sequence[Notice]:
    """The notices of a text by `notices_text`."""
    return [
        Notice(
            NoticeKind(stored["kind"]),
            stored["subject"],
            stored["words"],
            tuple(stored.get("about", ())),
        )
        for stored in json.loads(text)
    ]
