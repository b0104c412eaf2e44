"""What was done to connections, their dataset and manual rates, in words. Pure."""

from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.connections.rules import AccountRole, ConnectionSettings
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
    plain,
    spelled,
)


def tell_addition(record: Record, details: Details) -> Told:
    """A new connection, and its base currency."""
    main = ", the main one" if details["isMain"] else ""
    return Told(
        f"Added connection {record.subject_id}, {details['name']} in"
        f" {details['baseCurrency']}{main}",
        changed(
            _settings({**AT_FIRST, "name": details["name"]}),
            _settings(details),
            SETTINGS,
        ),
    )


def tell_update(record: Record, details: Details) -> Told:
    """A connection's settings, from one to another."""
    before, after = details["before"], details["after"]
    return Told(
        f"Changed connection {record.subject_id}, {after['name']}",
        changed(_settings(before), _settings(after), SETTINGS),
    )


def tell_removal(record: Record, details: Details) -> Told:
    """A connection that is no part of the dataset any more."""
    return Told(f"Removed connection {record.subject_id}, {details['name']}")


def tell_connecting(record: Record, details: Details) -> Told:
    """A connection that is an organisation of Xero from now on."""
    return Told(
        f"Connected connection {record.subject_id}, {details['name']}, to"
        f" {details['tenant']} in Xero"
    )


def tell_disconnecting(record: Record, details: Details) -> Told:
    """A connection that takes files alone from now on."""
    return Told(
        f"Disconnected connection {record.subject_id}, {details['name']}, from"
        f" {details['tenant']} in Xero"
    )


def tell_dataset(_record: Record, details: Details) -> Told:
    """The dataset's currency and its main connection."""
    changes = changed(details["before"], details["after"], DATASET)
    return Told("Changed the settings of the general ledger's dataset", changes)


def tell_rate(_record: Record, details: Details) -> Told:
    """A rate that was entered, replaced or withdrawn."""
    what = f"the rate of {details['currency']} for {day(details['day'])}"
    verb = "Withdrew" if details["after"] is None else "Entered"
    change = Change("For 1 EUR", plain(details["before"]), plain(details["after"]))
    return Told(f"{verb} {what}", (change,), str(details["reason"]))


def tell_import(_record: Record, details: Details) -> Told:
    """Journals, or another kind, that came in from files."""
    kind = str(details["kind"]).replace("_", " ").lower()
    names = [str(name) for name in details["names"]]
    more = int(details["files"]) - len(names)
    listed_names = [*names, counted(more, "further file")] if more else names
    first, last = details["firstNumber"], details["lastNumber"]
    numbers = "" if first is None else f", {first} to {last},"
    return Told(
        f"Imported {int(details['documents']):,} {kind} of {details['connection']}"
        f"{numbers} from {listed(listed_names)}"
    )


def tell_refresh(record: Record, details: Details) -> Told:
    """A connection's part of the dataset, and what it was made from."""
    again = details["againOf"]
    verb = "Made refresh" if again is None else f"Made refresh {again} again as refresh"
    return Told(
        f"{verb} {record.subject_id} of {details['connection']}:"
        f" {counted(int(details['lines']), 'line')} in {details['currency']}, from"
        f" imports up to {details['importsThrough']}"
    )


def _settings(details: Details) -> Details:
    """The settings, each account as one of them."""
    accounts = {_account(role): id_ for role, id_ in details["accounts"].items()}
    settings = {name: value for name, value in details.items() if name in SETTINGS}
    return {**settings, **accounts}


def _account(role: str) -> str:
    return f"account of {role}"


def _codes(codes: object) -> str:
    assert isinstance(codes, list), "stored as a list"
    return ", ".join(map(str, codes)) or NONE


SETTINGS: Mapping[str, Field] = {
    "name": Field("Name", plain),
    "yearEnd": Field("Financial year ends", plain),
    "periodLock": Field("Period lock", day),
    "yearLock": Field("Year-end lock", day),
    "takesExports": Field("Takes exports of", _codes),
    "budget": Field("Budget", plain),
    "countsForecasts": Field("Forecasts count against the budget", spelled),
    **{
        _account(role): Field(_account(role).capitalize(), plain)
        for role in AccountRole
    },
}
AT_FIRST = ConnectionSettings("").details()
"""The settings of a connection of which nothing was said."""
DATASET: Mapping[str, Field] = {
    "reportingCurrency": Field("Reporting currency", plain),
    "mainConnection": Field("Main connection", plain),
}
TELLING: Mapping[Action, Tell] = {
    Action.ADD_CONNECTION: tell_addition,
    Action.UPDATE_CONNECTION: tell_update,
    Action.REMOVE_CONNECTION: tell_removal,
    Action.CONNECT_CONNECTION: tell_connecting,
    Action.DISCONNECT_CONNECTION: tell_disconnecting,
    Action.UPDATE_DATASET: tell_dataset,
    Action.SET_MANUAL_RATE: tell_rate,
    Action.IMPORT_GL: tell_import,
    Action.REFRESH_GL: tell_refresh,
}
