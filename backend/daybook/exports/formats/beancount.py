"""Plain-text double entry for Beancount, which `bean-check` accepts.

A transaction is a journal on one day, or a group on its own; debits are positive,
credits negative, and each sums to 0. Nothing is netted: a line of the generic CSV is a
posting here. Beancount sorts by date itself, so the accounts are opened at the end of
the file, when the first date is known.

An account may be opened once only, and not after its first entry. So files that are
loaded together are one that opens all accounts, at a day before all others, and others
that open none (`Opens`).
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias

from daybook.calendar import FIRST_DAY, Day, day_text
from daybook.exports.formats.contract import FileFacts, Format, Opens, Renderer
from daybook.exports.rules import (
    ExportGroup,
    ExportLine,
    ExportMovement,
    Movements,
    Units,
)
from daybook.ledger.rules import AccountNames, Role
from daybook.money import decimal_text

ROOTS = {
    Role.BILLED: "Assets",
    Role.UNBILLED: "Assets",
    Role.DEFERRED: "Liabilities",
    Role.RECOGNIZED: "Income",
}
"""Beancount's type of each account."""

_ESCAPED = str.maketrans(
    {
        "\\": "\\\\",
        '"': '\\"',
        "\n": "\\n",
        "\t": "\\t",
        "\r": "\\r",
        # The others have no escape in Beancount, and no meaning in a name.
        **dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), " "),
    }
)


_Entry: TypeAlias = tuple[str, str]
"""What a movement is on a day: its narrative, and the lines of its postings."""


class AccountPaths:
    """Beancount's names of accounts, each of one role and one name.

    The ledger's names are numbered in the order of role and name, so that an account
    has the same path in each file, whatever else the file holds. Earlier versions of
    the names come first, as in the files that a difference goes on from.
    """

    def __init__(self, *versions: AccountNames) -> None:
        self._paths: dict[tuple[Role, str], str] = {}
        self._taken: set[str] = set()
        for names in versions:
            known = {(role, named.name) for (role, _), named in names.named.items()}
            known |= {(role, names.of(role).name) for role in Role}
            for role, name in sorted(known):
                self.of(role, name)

    def of(self, role: Role, name: str) -> str:
        """The path of an account: `Liabilities:Deferred-Revenue`."""
        path = self._paths.get((role, name))
        if path is None:
            path = self._paths[role, name] = self._free(role, name)
        return path

    def every(self) -> set[str]:
        """The paths of all accounts that were named so far."""
        return {*self._paths.values()}

    def _free(self, role: Role, name: str) -> str:
        """A path that no other account has: `…-2` if two names differ in signs only."""
        path = plain = ":".join([ROOTS[role], *_components(role, name)])
        number = 1
        while path in self._taken:
            number += 1
            path = f"{plain}-{number}"
        self._taken.add(path)
        return path


def _components(role: Role, name: str) -> list[str]:
    """A name's parts between colons, in letters, digits and hyphens.

    A part begins with a capital or a digit: else the role stands in front of it.
    """
    parts = []
    for text in unicodedata.normalize("NFC", name).split(":"):
        legal = "".join(char if _is_legal(char) else "-" for char in text)
        words = [word for word in legal.split("-") if word]
        if not words:
            continue
        first, rest = words[0][0].upper(), words[0][1:]
        words[0] = first + rest
        if unicodedata.category(first[0]) not in {"Lu", "Nd"}:
            words.insert(0, role.name.title())
        parts.append("-".join(words))
    return parts or [role.name.title()]


def _is_legal(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] == "L" or category == "Nd"


@lru_cache(maxsize=4_096)
def quoted(text: str) -> str:
    """Text as a string in one line, which it can't end."""
    return f'"{text.translate(_ESCAPED)}"'


class _Renderer(Renderer):
    """Keeps the accounts that were used, and the first date."""

    def __init__(self, facts: FileFacts) -> None:
        self._currency, self._decimals = facts.currency, facts.decimals
        self._paths = AccountPaths(*facts.earlier, facts.accounts)
        self._opens, self._used = facts.opens, set[str]()
        self._first: Day | None = None

    def header(self) -> Iterable[bytes]:
        """The currency that reports are in."""
        currency = self._currency
        return (
            f"; Journals of the {currency} ledger\n"
            f'option "operating_currency" "{currency}"\n\n'.encode(),
        )

    def render(self, units: Units) -> Iterator[bytes]:
        """A piece for each journal or group."""
        if isinstance(units, Movements):
            for _, journal in groupby(units.units, attrgetter("journal")):
                yield self._daily(list(journal))
        else:
            for group in units.units:
                yield self._group(group)

    def footer(self) -> Iterable[bytes]:
        """The accounts that the file opens."""
        if self._opens is Opens.NONE:
            return
        opened, first = self._used, self._first
        if self._opens is Opens.ALL:
            opened, first = opened | self._paths.every(), FIRST_DAY
        if first is not None:
            for path in sorted(opened):
                yield f"{day_text(first)} open {path} {self._currency}\n".encode()

    def kept(self) -> Any:
        """The accounts that were used, and the first date."""
        return {"used": sorted(self._used), "first": self._first}

    def merge(self, kept: Any) -> None:
        """Use those accounts too, from that date on."""
        self._used.update(kept["used"])
        if kept["first"] is not None:
            self._note_date(kept["first"])

    def _daily(self, journal: Sequence[ExportMovement]) -> bytes:
        """A transaction for each day of a journal, with its movements in order."""
        days: dict[Day, tuple[_Entry, ...]] = {}
        for movement in journal:
            span, last = movement.last_day - movement.first_day, movement.last_day
            share = movement.last_share
            if movement.daily and span:
                entry = (movement.narrative, self._entry(movement, movement.daily))
                for day in range(movement.first_day, last):
                    days[day] = (*days.get(day, ()), entry)
            if share:
                entry = (movement.narrative, self._entry(movement, share))
                days[last] = (*days.get(last, ()), entry)
        about = _about(journal[0], str(journal[0].journal), journal[0].document)
        texts: list[str] = []
        # Most days of a journal differ in nothing else, so their text is made once.
        known: dict[tuple[_Entry, ...], str] = {}
        for day in sorted(days):
            entries = days[day]
            if entries not in known:
                title = _title(journal[0], [narrative for narrative, _ in entries])
                lines = "".join(lines for _, lines in entries)
                known[entries] = f"{title}{about}{lines}\n"
            texts += (day_text(day), known[entries])
        if days:
            self._note_date(min(days))
        return "".join(texts).encode()

    def _entry(self, movement: ExportMovement, amount: int) -> str:
        """The two postings of a movement on a day."""
        debit = self._posting(movement.debit, movement.debit_account, amount)
        return debit + self._posting(movement.credit, movement.credit_account, -amount)

    def _group(self, group: ExportGroup) -> bytes:
        """The transaction of a group, with a posting for each line."""
        self._note_date(group.day)
        lines = "".join(
            self._posting(
                line.role, line.account, line.amount if line.is_debit else -line.amount
            )
            + _described(line)
            for line in group.lines
        )
        about = _about(group, group.key, group.document if group.is_entered else "")
        title = _title(group, (group.narrative,))
        return f"{day_text(group.day)}{title}{about}{lines}\n".encode()

    def _posting(self, role: Role, name: str, amount: int) -> str:
        path = self._paths.of(role, name)
        self._used.add(path)
        return f"  {path}  {decimal_text(amount, self._decimals)} {self._currency}\n"

    def _note_date(self, day: Day) -> None:
        self._first = day if self._first is None else min(self._first, day)


def _described(line: ExportLine) -> str:
    """The metadata of a posting: what differs from its transaction's."""
    values = {"description": line.description, "product": line.product_name}
    return "".join(
        f"    {name}: {quoted(value)}\n" for name, value in values.items() if value
    )


def _title(unit: ExportMovement | ExportGroup, narratives: Sequence[str]) -> str:
    """Payee and narration: the customer, and what is told, each text once."""
    narration = quoted("; ".join(dict.fromkeys(narratives)))
    payee = f"{quoted(unit.customer_name)} " if unit.customer_name else ""
    return f" * {payee}{narration}\n"


def _about(unit: ExportMovement | ExportGroup, key: str, document: str) -> str:
    """The metadata of a transaction; what is absent has no line."""
    values = {
        "journal": key,
        "customer": unit.customer_id,
        "product": unit.product_name,
        "document": document,
        "invoice": unit.invoice_number,
    }
    return "".join(
        f"  {name}: {quoted(value)}\n" for name, value in values.items() if value
    )


BEANCOUNT = Format(
    name="BEANCOUNT",
    number=5,
    description="Plain-text double entry for Beancount: a transaction for each journal"
    " and day, or for each journal or group of a month.",
    suffix="beancount",
    media_type="text/plain; charset=utf-8",
    version=2,
    renderer=_Renderer,
    renders_apart=True,
    opens_accounts=True,
)
