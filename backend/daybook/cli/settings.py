"""`daybook settings`, `product` and `account`: settings and account names."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, NamedTuple, TypeVar

import typer

from daybook.calendar import day_text
from daybook.cli.choices import named_scope, one_of
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    with_database,
)
from daybook.cli.terminal_tables import plain_table
from daybook.clock import now
from daybook.configuration.commands import (
    rename_account,
    set_product_method,
    set_time_zone,
    update_settings,
)
from daybook.db.engine import Database
from daybook.decisions.commands import set_four_eyes
from daybook.four_eyes.queries import is_four_eyes_on
from daybook.ledger.models import Organisation
from daybook.ledger.queries import (
    LedgerNotChosen,
    account_names,
    choose_ledger,
    find_ledgers,
    pin_ledger,
    settings_at,
)
from daybook.ledger.rules import (
    ACCOUNT_NAMES,
    AccountName,
    LedgerSettings,
    LockMethod,
    Role,
    UndatedLines,
)
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method
from daybook.settings import Settings

Member = TypeVar("Member", bound=IntEnum)

Currency = Annotated[
    str | None, typer.Option(help="The ledger, by its currency, if there are several.")
]
METHODS = ", ".join(method.name for method in Method)
STRATEGIES = ", ".join(strategy.name for strategy in Strategy)
ROLES = ", ".join(role.name for role in Role)


class _Shown(NamedTuple):
    """A ledger's settings and names, as they are now."""

    currency: str
    settings: LedgerSettings
    names: dict[tuple[Role, str], AccountName]


def settings(
    currency: Currency = None,
    method: Annotated[str | None, typer.Option(help=f"One of {METHODS}.")] = None,
    strategy: Annotated[str | None, typer.Option(help=f"One of {STRATEGIES}.")] = None,
    breakage: Annotated[
        bool | None,
        typer.Option(
            "--breakage/--no-breakage",
            help="Recognize the rest of a credit grant when it expires.",
        ),
    ] = None,
    undated_lines: Annotated[
        str | None,
        typer.Option(
            help="Lines without the service period that their method needs: REFUSE"
            " them, or recognize them on their ACCOUNTING_DATE."
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(help="The organisation's time zone, such as Europe/Berlin."),
    ] = None,
    four_eyes: Annotated[
        bool | None,
        typer.Option(
            "--four-eyes/--no-four-eyes",
            help="Whether another person approves manual journals, opened locks and"
            " mappings. Turning it off needs that, too.",
        ),
    ] = None,
) -> None:
    """Show the settings, or change those that are given.

    They are defaults for what documents and products don't specify, and apply to later
    recordings only. A change that names a currency makes its ledger if there is none.

    Example: `daybook settings`

    Example: `daybook settings --currency EUR --method USAGE --strategy EXACT_DAYS`
    """
    environment = load_settings()
    wanted_method = _one_of(Method, method, "--method")
    wanted_strategy = _one_of(Strategy, strategy, "--strategy")
    wanted_undated = _one_of(UndatedLines, undated_lines, "--undated-lines")

    async def work(database: Database) -> tuple[str, bool, list[_Shown]]:
        if four_eyes is not None:
            await set_four_eyes(
                *(database, environment.organisation),
                is_on=four_eyes,
                now=now(environment),
                made_by=MADE_BY,
            )
        if time_zone is not None:
            await set_time_zone(
                database,
                environment.organisation,
                time_zone,
                now=now(environment),
                made_by=MADE_BY,
            )
        if any(
            option is not None for option in (method, strategy, breakage, undated_lines)
        ):
            with _naming_the_currency():
                changed = await update_settings(
                    database,
                    environment.organisation,
                    currency,
                    method=wanted_method,
                    strategy=wanted_strategy,
                    breakage=breakage,
                    undated_lines=wanted_undated,
                    makes_ledger=True,
                    now=now(environment),
                    made_by=MADE_BY,
                )
            if changed.is_made:
                out.print(f"{changed.currency} ledger made.")
        return await _shown(database, environment, currency)

    zone, is_four_eyes, shown = with_database(environment, work)
    out.print(f"Days end at 24:00 in {zone}.")
    out.print(f"Four eyes is {'on' if is_four_eyes else 'off'}.")
    for ledger in shown:
        _print(ledger)


def product(
    product_id: Annotated[
        str, typer.Argument(help="The product's own id.", metavar="ID")
    ],
    method: Annotated[str, typer.Option(help=f"One of {METHODS}; NONE removes it.")],
) -> None:
    """Set a product's method, for lines that don't specify one.

    Example: `daybook product prod_1 --method USAGE`
    """
    environment = load_settings()
    chosen_method = None if method == "NONE" else _one_of(Method, method, "--method")
    is_changed = with_database(
        environment,
        lambda database: set_product_method(
            database,
            environment.organisation,
            product_id,
            method=chosen_method,
            now=now(environment),
            made_by=MADE_BY,
        ),
    )
    name = "the ledger's" if chosen_method is None else chosen_method.name
    as_before = "" if is_changed else ", as before"
    out.print(f"Product {product_id}: method {name}{as_before}.", markup=False)


def account(
    role: Annotated[str, typer.Argument(help=f"One of {ROLES}.", metavar="ROLE")],
    name: Annotated[
        str, typer.Option(help="The new name; empty for the built-in one.")
    ],
    code: Annotated[str | None, typer.Option(help="Its code.")] = None,
    product: Annotated[
        str | None, typer.Option(help="For a product's sub-account: the product's id.")
    ] = None,
    category: Annotated[
        str | None, typer.Option(help="For a category's sub-account: the category.")
    ] = None,
    currency: Currency = None,
) -> None:
    """Name an account, or the sub-account of a product or of a category.

    Example: `daybook account DEFERRED --name "Deferred income" --code 2400`

    Example: `daybook account RECOGNIZED --name "Support" --code 4010 --product prod_1`
    """
    environment = load_settings()
    chosen_role = _one_of(Role, role, "ROLE")
    assert chosen_role is not None, "a role was given"
    scope = named_scope(product, category)
    changed = with_database(
        environment,
        lambda database: rename_account(
            database,
            environment.organisation,
            currency,
            role=chosen_role,
            scope=scope,
            name=name,
            code=code,
            now=now(environment),
            made_by=MADE_BY,
        ),
    )
    as_before = "" if changed.recording else ", as before"
    of = f" of {scope}" if scope else ""
    words = (
        f"{changed.currency} {chosen_role.name}{of}: {name or 'no name'}{as_before}."
    )
    out.print(words, markup=False)


@contextmanager
def _naming_the_currency() -> Iterator[None]:
    """If there is no ledger yet, say that naming a currency makes one."""
    try:
        yield
    except LedgerNotChosen as unclear:
        if unclear.currencies:
            raise
        message = f"{unclear.problems[0].message}, or name its currency with --currency"
        raise Failed(message) from None


def _one_of(kind: type[Member], text: str | None, what: str) -> Member | None:
    """The enum member of a name; raises Failed with the valid names."""
    if text is None:
        return None
    return kind[one_of(text, list(kind.__members__), what)]


async def _shown(
    database: Database, environment: Settings, currency: str | None
) -> tuple[str, bool, list[_Shown]]:
    """The organisation's time zone, four eyes, and settings of one ledger or all."""
    async with database.reads() as session:
        organisation = await session.get_one(Organisation, environment.organisation)
        ledgers = list(await find_ledgers(session, environment.organisation))
        if currency is not None:
            ledgers = [await choose_ledger(session, environment.organisation, currency)]
        shown = []
        for ledger in ledgers:
            pin = await pin_ledger(
                session, environment.organisation, ledger.id, today=0
            )
            assert pin is not None, "the ledger was just found"
            names = await account_names(session, pin)
            shown.append(
                _Shown(
                    ledger.currency, await settings_at(session, pin), dict(names.named)
                )
            )
        is_four_eyes = await is_four_eyes_on(session, environment.organisation)
    return organisation.time_zone, is_four_eyes, shown


def _print(shown: _Shown) -> None:
    settings = shown.settings
    locked = "by accounting date"
    if settings.lock_method is LockMethod.CUSTOM_DATE:
        day = settings.locked_through
        locked = "no" if day is None else f"through {day_text(day)}"
    table = plain_table(f"{shown.currency} ledger", "")
    table.add_row("Locked", locked)
    table.add_row("Method", Method(settings.method).name)
    table.add_row("Strategy", Strategy(settings.strategy).name)
    table.add_row("Breakage", "on" if settings.breakage else "off")
    table.add_row("Undated lines", settings.undated_lines.name)
    for role in Role:
        scopes = sorted(scope for its_role, scope in shown.names if its_role is role)
        for scope in sorted({"", *scopes}):
            built_in = AccountName(ACCOUNT_NAMES[role])
            name, code = shown.names.get((role, scope), built_in)
            label = f"{role.name} {scope}".strip()
            table.add_row(label, name if code is None else f"{name} ({code})")
    out.print(table, markup=False)
