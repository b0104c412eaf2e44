"""What was done to locks, settings and names, in words. Pure."""

from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.calendar import parse_day, range_words
from daybook.ledger.rules import ACCOUNT_NAMES, Role, net_change
from daybook.money import grouped_text, parse_amount
from daybook.numbers import counted
from daybook.reports.trail.changes import (
    NONE,
    Change,
    Details,
    Field,
    Tell,
    Told,
    changed,
    day,
    listed,
    moment,
    plain,
    spelled,
)

MINUS = "\N{MINUS SIGN}"
LOCK_METHODS = {
    "CUSTOM_DATE": "one day for the whole ledger",
    "ACCOUNTING_DATE": "by each document's accounting date",
}
LOCK = {
    "lockMethod": Field("Lock", lambda value: LOCK_METHODS.get(value, spelled(value))),
    "lockedThrough": Field("Locked through", day),
}
UNDATED = {"REFUSE": "refused", "ACCOUNTING_DATE": "recognized on the accounting date"}
DEFAULTS = {
    "method": Field("Method", spelled),
    "strategy": Field(
        "Strategy", lambda value: spelled(value).replace("Thirty 360", "30/360")
    ),
    "breakage": Field("Breakage recognized", spelled),
    "undatedLines": Field(
        "Undated lines", lambda value: UNDATED.get(value, spelled(value))
    ),
}
NAME = {"name": Field("Name", plain), "code": Field("Code", plain)}


def tell_lock(record: Record, details: Details) -> Told:
    """A lock's move, and what it closed or opened."""
    ledger = record.subject_id
    done = [
        f"{verb} {_days(details[key])} in {ledger}: {_figures(details[key], ledger)}"
        for key, verb in (("closed", "closed"), ("opened", "opened"))
        if key in details
    ]
    words = "; ".join(done) or f"changed how {ledger} is locked"
    return Told(
        f"{words[0].upper()}{words[1:]}",
        changed(details["before"], details["after"], LOCK),
        details.get("reason"),
    )


def _days(span: Details) -> str:
    if span["from"] is None:
        return f"all days through {day(span['to'])}"
    return range_words(parse_day(span["from"]), parse_day(span["to"]))


def _figures(span: Details, currency: str) -> str:
    """How many journals have entries on the days, and what the accounts net to."""
    if not span["journals"]:
        return "no journals"
    pairs = {
        (Role[each["debit"]], Role[each["credit"]]): parse_amount(
            each["amount"], currency
        )
        for each in span["amounts"]
    }
    nets = [(role, net_change(pairs, role)) for role in Role]
    amounts = ", ".join(
        f"{role.name.capitalize()} {grouped_text(net, currency).replace('-', MINUS)}"
        for role, net in nets
        if net
    )
    return f"{counted(span['journals'], 'journal')} ({amounts or 'no account changes'})"


def tell_settings(record: Record, details: Details) -> Told:
    """A ledger's defaults of recognition."""
    changes = changed(details["before"], details["after"], DEFAULTS)
    if details.get("made"):
        return Told(f"Made the {record.subject_id} ledger", changes)
    return Told(f"Changed the settings of {record.subject_id}", changes)


def tell_product_method(record: Record, details: Details) -> Told:
    """How lines of a product are recognized that don't say it."""
    method = Change("Method", spelled(details["before"]), spelled(details["after"]))
    verb = "Removed" if details["after"] is None else "Set"
    return Told(f"{verb} the method of product {record.subject_id}", (method,))


def tell_account(record: Record, details: Details) -> Told:
    """The name and code of an account or a sub-account."""
    currency, role, *scope = record.subject_id.split(":", 2)
    is_role = role in Role.__members__
    account = ACCOUNT_NAMES[Role[role]] if is_role else spelled(role)
    of = f" for {' '.join(scope[0].split(':', 1))}" if scope else ""
    changes = changed(details["before"], details["after"], NAME)
    if details["after"]["name"]:
        return Told(f"Named {account}{of} in {currency}", changes)
    return Told(f"Removed the name of {account}{of} in {currency}", changes)


def tell_time_zone(_record: Record, details: Details) -> Told:
    """When the organisation's days end."""
    before, after = str(details["before"]), str(details["after"])
    return Told("Changed when days end", (Change("Time zone", before, after),))


def tell_clock(_record: Record, details: Details) -> Told:
    """A clock that was behind the last recording, and taken as it is."""
    return Told(
        f"Accepted a clock at {moment(details['clock'])}, behind the last recording of"
        f" {moment(details['lastRecordedAt'])}",
        reason=details["reason"],
    )


def tell_digests(_record: Record, details: Details) -> Told:
    """The first digests of rows that were there already."""
    rows = counted(details["rows"], "row")
    return Told(f"Began digests at an upgrade, with {rows} that stood")


def tell_rates(_record: Record, details: Details) -> Told:
    """Reference rates of the European Central Bank, from a file."""
    span = range_words(parse_day(details["from"]), parse_day(details["to"]))
    rates, currencies = counted(details["rates"], "rate"), list(details["currencies"])
    of = listed(currencies) if currencies else NONE
    return Told(f"Added {rates} of {of} for {span} from {details['file']}")


TELLING: Mapping[Action, Tell] = {
    Action.SET_LOCK: tell_lock,
    Action.UPDATE_SETTINGS: tell_settings,
    Action.SET_PRODUCT_METHOD: tell_product_method,
    Action.RENAME_ACCOUNT: tell_account,
    Action.SET_TIME_ZONE: tell_time_zone,
    Action.ACCEPT_CLOCK: tell_clock,
    Action.BEGIN_DIGESTS: tell_digests,
    Action.REFRESH_RATES: tell_rates,
}
