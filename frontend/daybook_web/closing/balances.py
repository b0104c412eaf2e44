"""Balances of the general ledger: the list, the form, and the file that is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.access.rules import Permission
from daybook.errors import Problem as InputProblem
from daybook.errors import ProblemCode
from daybook.problem_groups import grouped
from daybook.reports.journals.filter_kinds import AnyDay
from daybook.reports.trail.names import person_name
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.closing.results import (
    BalanceLedger,
    BalancesPage,
    Entered,
    EnteredBalance,
    MappedSystem,
)
from daybook_web.closing.verdict import Verdict, verdict
from daybook_web.closing.view import PATH
from daybook_web.journals.results import ROLES
from daybook_web.kit.amounts import AMOUNT_CHARACTERS_MAX, summed_amount
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forbidden import forbidden
from daybook_web.kit.formats import count, day
from daybook_web.kit.forms import Problem, UnreadableFile, form_with_file
from daybook_web.kit.guard import caller_of
from daybook_web.kit.links import Link, Pager
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import Money
from daybook_web.kit.running import InputFault, Refused, Running
from daybook_web.kit.times import moment
from daybook_web.kit.where import note_where
from daybook_web.reports.address import is_currency, why_unfit

BALANCES = f"{PATH}/balances"
ROWS = 50
MAPPED_MAX = 6
"""How many mapped accounts of a field are named."""
TOO_LONG = f"An amount has at most {AMOUNT_CHARACTERS_MAX} characters."
TO_CLOSE = Link("Go to the close", PATH)


@dataclass(frozen=True, slots=True)
class AccountField:
    """The field of an account's balance, with what was typed.

    `wanted` says which figure it is: over which time, and on which side it is positive.
    `mapped` names the general ledger's accounts that are its: `Xero 4000 and 4010`.
    """

    name: str
    text: str
    wanted: str
    mapped: str
    value: str


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """A balance that was entered."""

    account: str
    on: str
    balance: Money
    label: str
    note: str
    by: str
    at: str
    is_replaced: bool

    @classmethod
    def of(cls, balance: EnteredBalance) -> "BalanceRow":
        """A balance as the list shows it."""
        return cls(
            account=balance.account.name,
            on=day(balance.on),
            balance=balance.balance,
            label=balance.label,
            note=balance.note,
            by=person_name(balance.by),
            at=moment(balance.at),
            is_replaced=balance.is_replaced,
        )


@dataclass(frozen=True, slots=True)
class BalancesView(View):
    """The balances that were entered, and the forms that enter more."""

    page: ClassVar[str] = "closing/balances.html"

    title: str
    currency: str
    status: str
    verdict: Verdict
    ledgers: Sequence[Link]
    rows: Sequence[BalanceRow]
    pager: Pager | None
    fields: Sequence[AccountField]
    typed: Mapping[str, str]
    problems: Sequence[Problem]
    action: str
    tie_out_url: str


class BalancesRequest:
    """One request for the page of balances, or for one of its forms."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running
        self.currency = request.query_params.get("currency", "").upper()
        day = request.query_params.get("on", "")
        self.on = "" if why_unfit(AnyDay(), day) else day

    async def show(
        self,
        typed: Mapping[str, str] | None = None,
        problems: Sequence[Problem] = (),
    ) -> Response:
        """The list and the forms; after problems, with what was typed."""
        try:
            found = await self._load()
            if found.ledgers and not self.currency:
                self.currency = found.ledgers[0].currency
                found = await self._load()
        except OperationFailed as failed:
            if failed.codes & {"INVALID_CURSOR", "NOT_FOUND"}:
                return self._missing()
            raise
        balances = found.entered_balances
        if balances is None:
            return self._missing()
        ledger = next(its for its in found.ledgers if its.currency == self.currency)
        note_where(self.request, self.currency, self.on[:7] or None)
        given = {"on": self.on} if typed is None else typed
        view = BalancesView(
            title=f"Balances of the general ledger, {self.currency}",
            currency=self.currency,
            status=self._status(balances.total_count),
            verdict=verdict(found.tie_out, self.on),
            ledgers=[
                Link(its.currency, _url(its.currency, on=self.on))
                for its in found.ledgers
            ],
            rows=[BalanceRow.of(balance) for balance in balances.nodes],
            pager=Pager.of(
                balances.page_info, partial(_url, self.currency, on=self.on)
            ),
            fields=_fields(ledger, found.integrations, given),
            typed={name: given.get(name, "") for name in TYPED},
            problems=problems,
            action=_url(self.currency, on=self.on),
            tie_out_url=_address(
                "/reports/tie-out", currency=self.currency, on=self.on
            ),
        )
        return respond(self.request, view, status=422 if problems else 200)

    async def enter(self) -> Response:
        """Enter what a form has and redirect, or show its problems."""
        # Asked before the form is read, since a long one takes time.
        if not caller_of(self.request).may(Permission.CLOSE):
            return await forbidden(self.request, Permission.CLOSE)
        if not is_currency(self.currency):
            return self._missing()
        try:
            form = await form_with_file(self.request)
        except UnreadableFile as unreadable:
            message = "The file isn't text in UTF-8."
            return await self.show({}, [Problem(unreadable.field, message)])
        is_file = form.get("form") == "import"
        try:
            entered = await (self._import(form) if is_file else self._enter(form))
        except Refused as refused:
            problems = (
                _problems_of_file(refused.faults)
                if is_file
                else _problems(refused.faults, form)
            )
            return await self.show(form, problems)
        said = {
            "entered": str(entered.entered_count),
            "unchanged": str(entered.unchanged_count),
        }
        on = form.get("on", "").strip() or self.on
        url = _url(self.currency, on=on, **said)
        return RedirectResponse(url, status_code=303)

    async def _enter(self, form: Mapping[str, str]) -> Entered:
        too_long = [
            InputFault(field, "TOO_LARGE", TOO_LONG)
            for _, field in _typed_accounts(form)
            if len(form[field]) > AMOUNT_CHARACTERS_MAX
        ]
        if too_long:
            raise Refused(too_long)
        balances = [
            {
                "account": role,
                "on": form.get("on", "").strip(),
                "balance": summed_amount(form[field]),
                "label": form.get("label", "").strip() or None,
            }
            for role, field in _typed_accounts(form)
        ]
        if not balances:
            raise Refused([InputFault("", "MISSING", "Fill in at least one balance.")])
        day_given = form.get("on", "").strip()
        message = "Give the day at the end of which the balances stand."
        if day_given:
            message = why_unfit(AnyDay(), day_given)
        if message:
            raise Refused([InputFault("on", "INVALID_DATE", message)])
        return await self._change(
            "EnterBalances", {"balances": balances, "note": _note(form)}
        )

    async def _import(self, form: Mapping[str, str]) -> Entered:
        return await self._change(
            "ImportBalances", {"csv": form.get("csv", ""), "note": _note(form)}
        )

    async def _change(self, name: str, variables: dict[str, Any]) -> Entered:
        variables["ledgerId"] = encode(LedgerId(self.currency))
        return await self.running.change(name, variables, Entered)

    async def _load(self) -> BalancesPage:
        query = self.request.query_params
        page: dict[str, Any] = {"first": ROWS, "after": query.get("after")}
        if query.get("before"):
            page = {"last": ROWS, "before": query["before"]}
        has_ledger = is_currency(self.currency)
        variables = {
            "ledgerId": encode(LedgerId(self.currency)) if has_ledger else "",
            "withBalances": has_ledger,
            "on": self.on or None,
            "withVerdict": has_ledger and bool(self.on) and "entered" in query,
            **page,
        }
        return await self.running.run(BalancesPage, variables)

    def _status(self, total: int) -> str:
        query = self.request.query_params
        entered, unchanged = query.get("entered", ""), query.get("unchanged", "")
        if _is_count(entered) and _is_count(unchanged) and not query.get("after"):
            words = count(int(entered), "balance", "balances")
            same = f", {unchanged} stood so already" if unchanged != "0" else ""
            return f"{words} entered{same}."
        return f"{count(total, 'balance', 'balances')} entered so far"

    def _missing(self) -> Response:
        message = (
            "There is no ledger in that currency, or the address was cut or changed."
        )
        return error_page(self.request, 404, "No balances here", message, [TO_CLOSE])


def _is_count(text: str) -> bool:
    """Whether the page itself may have put a text into its address."""
    return text.isascii() and text.isdecimal() and len(text) < 10


WANTED = {
    "BILLED": "Since the first entry: what files debited, without what invoices credit",
    "UNBILLED": "Balance on the day: a debit",
    "DEFERRED": "Balance on the day: a credit",
    "RECOGNIZED": "Since the first entry: credits less debits",
}
"""Which figure the field of an account wants."""
TYPED = ("on", "label", "note")
"""The fields of the form beside the balances."""


def _fields(
    ledger: BalanceLedger, systems: Sequence[MappedSystem], typed: Mapping[str, str]
) -> list[AccountField]:
    return [
        AccountField(
            name := f"balance_{account.role.lower()}",
            account.name,
            WANTED[account.role],
            _mapped(systems, account.role),
            typed.get(name, ""),
        )
        for account in ledger.accounts
    ]


def _mapped(systems: Sequence[MappedSystem], role: str) -> str:
    """The accounts that one is mapped to in the systems that are enabled."""
    words = []
    for system in systems:
        accounts = list(
            dict.fromkeys(
                its.account
                for its in system.mappings
                if its.role == role and its.account
            )
        )
        if not system.is_enabled or not accounts:
            continue
        more = len(accounts) - MAPPED_MAX
        named = accounts[:MAPPED_MAX] + ([f"{more} more"] if more > 0 else [])
        words.append(f"{system.title} {' + '.join(named)}")
    return "; ".join(words)


def _typed_accounts(form: Mapping[str, str]) -> list[tuple[str, str]]:
    """The accounts of which a balance was typed, each with its field."""
    fields = [(role, f"balance_{role.lower()}") for role in ROLES]
    return [(role, field) for role, field in fields if form.get(field, "").strip()]


def _note(form: Mapping[str, str]) -> str | None:
    return form.get("note", "").strip() or None


def _problems(faults: Sequence[InputFault], form: Mapping[str, str]) -> list[Problem]:
    """The problems of what was typed, each at its field."""
    typed = _typed_accounts(form)
    found: dict[tuple[str, str], Problem] = {}
    for fault in faults:
        field = fault.field
        if fault.path[:1] == ("balances",) and len(fault.path) > 1:
            _, field = typed[int(fault.path[1])]
            if fault.path[-1] in TYPED:
                field = fault.path[-1]
        if field not in {*TYPED, *(name for _, name in typed)}:
            field = ""
        # The day and the label of all balances are the same: so is what is wrong.
        found[field, fault.message] = Problem(field, fault.message)
    return list(found.values())


def _problems_of_file(faults: Sequence[InputFault]) -> list[Problem]:
    """The problems of a file, those of one kind together with their lines."""
    # People read the message; a code only tells problems apart that it tells apart too.
    code = ProblemCode.INVALID_VALUE
    groups = grouped(
        InputProblem(code, fault.message, line=fault.line) for fault in faults
    )
    return [Problem("csv", group.words) for group in groups]


def _url(currency: str, **others: str) -> str:
    return _address(BALANCES, currency=currency, **others)


def _address(path: str, **parameters: str) -> str:
    given = {name: text for name, text in parameters.items() if text}
    return f"{path}?{urlencode(given)}"
