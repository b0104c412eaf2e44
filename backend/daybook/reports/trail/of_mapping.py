"""What was done to integrations and mapped accounts, in words. Pure."""

from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.ledger.rules import ACCOUNT_NAMES, Role
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

SYSTEMS = {"XERO": "Xero", "QUICKBOOKS": "QuickBooks", "NETSUITE": "NetSuite"}
SETTINGS = {
    "enabled": Field("Enabled", spelled),
    "preset": Field("Preset", plain),
    "dateForm": Field("Dates", plain),
    "closedThrough": Field("Closed through", day),
    "baseCurrency": Field("Base currency", plain),
}


def tell_integration(record: Record, details: Details) -> Told:
    """How a system's files are written; the settings of several ledgers may differ."""
    changes = settings_changes(details.get("ledgers") or {"": details})
    where = _in_ledgers(details)
    return Told(f"Changed the integration {_system(record)}{where}", tuple(changes))


def settings_changes(ledgers: Mapping[str, Details]) -> list[Change]:
    """What differs in the settings of each ledger, by its currency."""
    return [
        Change(_of(name, currency), before, after)
        for currency, its in ledgers.items()
        for name, before, after in changed(its["before"], its["after"], SETTINGS)
    ]


def tell_mapping(record: Record, details: Details) -> Told:
    """Accounts of the ledgers, and the system's accounts that they go to."""
    listed_changes = details.get("changes") or [details]
    number = details.get("mappings", len(listed_changes))
    changes = [mapped(each) for each in listed_changes]
    left_out = number - len(changes)
    more = f", of which {left_out:,} aren't listed" if left_out else ""
    what = counted(number, "account")
    return Told(
        f"Mapped {what} to {_system(record)}{_in_ledgers(details)}{more}",
        tuple(changes),
    )


def mapped(details: Details, currency: str = "") -> Change:
    """A mapping that was changed, in a ledger if its currency is named."""
    role, *scope = str(details["account"]).split(":", 1)
    account = ACCOUNT_NAMES[Role[role]] if role in Role.__members__ else spelled(role)
    name = f"{account} for {' '.join(scope[0].split(':', 1))}" if scope else account
    before, after = _target(details["before"]), _target(details["after"])
    return Change(_of(name, currency), before, after)


def charted(details: Details, currency: str) -> Change:
    """An account of a system's chart that is new, changed or gone."""
    before, after = _account(details["before"]), _account(details["after"])
    return Change(_of(f"Account {details['account']}", currency), before, after)


def _account(fields: Mapping[str, str] | None) -> str:
    """What a chart says of an account: `Sales (Revenue, No VAT)`."""
    said = dict(fields or {})
    said.pop("account", None)
    return _target(said)


def _target(fields: Mapping[str, str]) -> str:
    """A target account by its fields: `200 (Revenue, No VAT)`."""
    first, *others = [str(value) for value in fields.values() if value] or [NONE]
    return f"{first} ({', '.join(others)})" if others else first


def tell_chart(record: Record, details: Details) -> Told:
    """The accounts that a system has."""
    accounts = counted(details["accounts"], "account")
    differing = f"{details['changed']:,} of which are new, changed or gone"
    return Told(
        f"Imported the chart of {_system(record)}{_in_ledgers(details)}: {accounts},"
        f" {differing}"
    )


def _of(name: str, currency: str) -> str:
    return f"{name} in {currency}" if currency else name


def _system(record: Record) -> str:
    return SYSTEMS.get(record.subject_id, spelled(record.subject_id))


def _in_ledgers(details: Details) -> str:
    ledgers = sorted(details.get("recordings", ()))
    return f" in {listed(ledgers)}" if ledgers else ""


TELLING: Mapping[Action, Tell] = {
    Action.UPDATE_INTEGRATION: tell_integration,
    Action.MAP_ACCOUNTS: tell_mapping,
    Action.IMPORT_CHART: tell_chart,
}
