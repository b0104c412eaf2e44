"""The accounts that lines show: the main connection's names where codes agree."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from daybook.columnar.engine import create_table
from daybook.gl.building.pinned import MainAccount
from daybook.gl.rules.chart import CLASSES, Account, AccountClass

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Clash(NamedTuple):
    """An account code that means another class of accounts in the main connection."""

    code: str
    name: str
    class_: str
    main_name: str
    main_class: str


def read_accounts(connection: "DuckDBPyConnection") -> list[Account]:
    """The chart of accounts; accounts that only journals name are among them."""
    rows = connection.execute(
        "SELECT account_id, code, name, type, class, system_account FROM accounts"
        " UNION ALL SELECT account_id, any_value(account_code),"
        " any_value(account_name), any_value(account_type), '', '' FROM journals"
        " ANTI JOIN accounts USING (account_id) GROUP BY account_id ORDER BY 2, 1"
    ).fetchall()
    return [
        Account(account_id, code, name, type_, _class_of(type_, class_), system)
        for account_id, code, name, type_, class_, system in rows
    ]


def read_main_accounts(connection: "DuckDBPyConnection") -> list[MainAccount]:
    """The chart of accounts of the main connection, for the others."""
    return [
        MainAccount(account.code, account.name, account.class_ or "")
        for account in read_accounts(connection)
    ]


def _class_of(type_: str, class_: str) -> AccountClass | None:
    """The class of an account as it is named, else that of its type."""
    if class_ in {*AccountClass}:
        return AccountClass(class_)
    return CLASSES.get(type_)


def create_shown_accounts(
    connection: "DuckDBPyConnection", main: Sequence[MainAccount]
) -> Sequence[Clash]:
    """A table `shown_accounts` of all accounts; gives those that clash with `main`."""
    by_code = {account.code: account for account in main if account.code}
    clashes, rows = [], []
    for account in read_accounts(connection):
        own = account.class_ or ""
        of_main = by_code.get(account.code)
        is_same = of_main is not None and of_main.class_ == own
        if of_main is not None and not is_same:
            clash = (account.code, account.name, own, of_main.name, of_main.class_)
            clashes.append(Clash(*clash))
        name = of_main.name if of_main is not None and is_same else account.name
        rows.append((account.id, account.code, name, account.type, own))
    columns = ("account_id", "code", "name", "type", "class")
    create_table(connection, "shown_accounts", dict.fromkeys(columns, "VARCHAR"), rows)
    return clashes
