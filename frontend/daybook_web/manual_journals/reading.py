"""What was typed, as the API's input; problems of both by the form's fields. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from daybook.calendar import parse_day
from daybook.numbers import read_number
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import encode, read_currency, read_external_id
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_web.kit.forms import Problem
from daybook_web.manual_journals.arithmetic import Unreadable
from daybook_web.manual_journals.entry import SIDES, Entry, TypedLine, amount_of

FIELDS = {
    "ledgerId": "ledger",
    "kind": "kind",
    "date": "date",
    "reversesOn": "reverses_on",
    "narrative": "narrative",
    "customerId": "customer",
    "productId": "product",
    "adjustsId": "adjusts",
    "mode": "mode",
}
"""The form's fields by the input's."""
LINE_FIELDS = {
    "account": "account",
    "description": "description",
    "customerId": "customer",
    "productId": "product",
}
"""The same of a line; its amount is on one of two sides."""
ID_MAX = 500
"""More characters than any own id has, and fewer than the API reads."""
WRAPPERS = {"input", "journal"}


@dataclass(frozen=True, slots=True)
class Reading:
    """The API's input, unless something can't be read; then the problems say what.

    `sent` has the lines of the input with their numbers in the form.
    """

    variables: dict[str, Any] | None
    problems: list[Problem]
    sent: Sequence[tuple[int, TypedLine]]

    def field_of(self, path: Sequence[str]) -> str:
        """The form's field that a problem's path leads to; empty if there is none."""
        rest = [part for part in path if part not in WRAPPERS]
        if not rest:
            return ""
        if rest[0] != "lines":
            return FIELDS.get(rest[0], "")
        if len(rest) == 1 or not rest[1].isdigit() or int(rest[1]) >= len(self.sent):
            return ""
        number, line = self.sent[int(rest[1])]
        name = LINE_FIELDS.get(rest[2] if len(rest) > 2 else "account")
        return f"line-{number}-{name or _side_of(line)}"


def read_entry(entry: Entry) -> Reading:
    """Read all fields, and find all that is unreadable at once."""
    problems = [*_header_problems(entry)]
    lines = []
    for number, line in entry.sent:
        found = list(_line_problems(number, line, entry.ledger))
        problems += found
        if not found:
            lines.append(_line(line, entry.ledger))
    if problems:
        return Reading(None, problems, entry.sent)
    variables = {
        "ledgerId": encode(LedgerId(entry.ledger)),
        "kind": entry.kind,
        "date": entry.date,
        "reversesOn": entry.reverses_on or None,
        "narrative": entry.narrative,
        "customerId": _customer(entry.customer),
        "productId": _product(entry.product),
        "adjustsId": journal_id(entry) if entry.adjusts else None,
        "mode": entry.mode if entry.adjusts else None,
        "lines": lines,
    }
    return Reading(variables, [], entry.sent)


def readable(entry: Entry, problems: Iterable[Problem], date: str) -> Entry:
    """What is left without the fields and lines that have problems, to be checked.

    An unreadable date is replaced by `date`; lines keep their numbers.
    """
    fields = {problem.field for problem in problems}
    optional = ("reverses_on", "customer", "product", "adjusts")
    changes = {name: "" for name in optional if name in fields}
    if "date" in fields:
        changes["date"] = date
    lines = tuple(
        TypedLine() if _has_problem(number, fields) else line
        for number, line in enumerate(entry.lines, 1)
    )
    return replace(entry, **changes, lines=lines)


def _has_problem(number: int, fields: Iterable[str]) -> bool:
    return any(field.startswith(f"line-{number}-") for field in fields)


def journal_id(entry: Entry) -> str | None:
    """The API's id of the journal that is adjusted; None for what is no number."""
    try:
        currency = read_currency(entry.ledger)
        return encode(JournalId(currency, read_number(entry.adjusts)))
    except ValueError:
        return None


def party_of(account: str) -> str:
    """The product of an account's choice; empty for the account itself."""
    return account.partition(" ")[2]


def together(problems: Iterable[Problem]) -> list[Problem]:
    """Problems with those of one field joined, as the form shows them."""
    of_fields: dict[str, list[str]] = {}
    rest = []
    for problem in problems:
        if problem.field:
            of_fields.setdefault(problem.field, []).append(problem.message)
        else:
            rest.append(problem)
    return [
        *rest,
        *(Problem(field, "; ".join(said)) for field, said in of_fields.items()),
    ]


def _header_problems(entry: Entry) -> Iterable[Problem]:
    if not entry.date:
        yield Problem("date", "the date is missing: when is it to be posted?")
    elif not _is_day(entry.date):
        yield Problem("date", f"“{entry.date}” is not a date such as 2026-10-31")
    if entry.reverses_on and not _is_day(entry.reverses_on):
        yield Problem(
            "reverses_on", f"“{entry.reverses_on}” is not a date such as 2026-11-01"
        )
    if entry.adjusts and journal_id(entry) is None:
        yield Problem(
            "adjusts",
            f"“{entry.adjusts}” is not a journal's number: the journal report has it",
        )

    for field, text in (("customer", entry.customer), ("product", entry.product)):
        if text and not _is_id(text):
            yield Problem(
                field, f"this is no id of a {field}: it is too long or broken"
            )


def _line_problems(number: int, line: TypedLine, currency: str) -> Iterable[Problem]:
    if not line.account:
        yield Problem(f"line-{number}-account", f"line {number} has no account")
    if not line.has_amount:
        yield Problem(
            f"line-{number}-debit",
            f"line {number} has no amount: fill in a side, or remove the line",
        )
    if line.debit and line.credit:
        yield Problem(
            f"line-{number}-credit",
            f"line {number} has a debit and a credit: use a line for each",
        )
    for side in SIDES:
        try:
            if getattr(line, side):
                amount_of(getattr(line, side), currency)
        except Unreadable as unreadable:
            yield Problem(f"line-{number}-{side}", f"line {number}: {unreadable}")
    for party in ("customer", "product"):
        text = getattr(line, party)
        if text and not _is_id(text):
            yield Problem(
                f"line-{number}-{party}",
                f"line {number}: this is no id of a {party}: it is too long or broken",
            )
    of_account = party_of(line.account)
    if of_account and line.product not in {"", of_account}:
        yield Problem(
            f"line-{number}-product",
            f"line {number}: its account is that of product {of_account}, so its"
            f" product can't be {line.product}",
        )


def _line(line: TypedLine, currency: str) -> dict[str, Any]:
    side = _side_of(line)
    role, _, product = line.account.partition(" ")
    return {
        "account": role,
        "direction": side.upper(),
        "amount": amount_of(getattr(line, side), currency),
        "description": line.description,
        "customerId": _customer(line.customer),
        "productId": _product(product or line.product),
    }


def _side_of(line: TypedLine) -> str:
    return "credit" if line.credit and not line.debit else "debit"


def _customer(external_id: str) -> str | None:
    return encode(CustomerId(external_id)) if external_id else None


def _product(external_id: str) -> str | None:
    return encode(ProductId(external_id)) if external_id else None


def _is_day(text: str) -> bool:
    try:
        parse_day(text)
    except ValueError:
        return False
    return True


def _is_id(text: str) -> bool:
    try:
        read_external_id(text)
    except ValueError:
        return False
    return len(text) <= ID_MAX
