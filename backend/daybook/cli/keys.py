"""`daybook key`: programs that have access."""

from datetime import timedelta
from typing import Annotated

import typer

from daybook.access.commands import create_api_key, revoke_api_key
from daybook.access.queries import ListedKey, find_keys
from daybook.access.rules import (
    NEVER_A_KEYS,
    OPERATOR,
    Permission,
    permissions_in_words,
)
from daybook.cli.choices import key_number
from daybook.cli.command_groups import Commands
from daybook.cli.running import (
    MADE_BY,
    Failed,
    err,
    load_settings,
    out,
    with_database,
    writing,
)
from daybook.cli.terminal_tables import plain_table
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.errors import did_you_mean
from daybook.paging import PageRequest

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Let programs in: API keys.")

PERMISSION_NAMES = ", ".join(
    str(permission.name) for permission in Permission if permission not in NEVER_A_KEYS
)
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")]


@app.command("create")
@writing
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    may: Annotated[
        list[str],
        typer.Option(help=f"What it may do, repeated: {PERMISSION_NAMES}."),
    ],
    days: Annotated[
        int, typer.Option(min=1, max=36_500, help="How long it holds.")
    ] = 365,
) -> None:
    """Create a key for a program; only the key is printed on standard output.

    Example: `daybook key create billing --may READ --may RECORD --days 90`
    """
    settings = load_settings()
    permissions = Permission(0)
    for text in may:
        if text.upper() not in Permission.__members__:
            near = did_you_mean(text, Permission.__members__)
            raise Failed(f"--may {text!r} is not one of {PERMISSION_NAMES}{near}")
        permissions |= Permission[text.upper()]

    created = with_database(
        settings,
        lambda database: create_api_key(
            database,
            settings.organisation,
            name=name,
            permissions=permissions,
            expires_at=real_now() + timedelta(days=days),
            now=real_now(),
            made_by=MADE_BY,
            authority=OPERATOR,
        ),
    )
    err.print("The key, which is shown only now:", markup=False)
    out.print(created.key, markup=False)


@app.command("list")
def list_keys(limit: Limit = 1_000) -> None:
    """Show the organisation's keys, newest first, including ended ones.

    Example: `daybook key list`
    """
    settings = load_settings()

    async def work(database: Database) -> list[ListedKey]:
        async with database.reads() as session:
            request = PageRequest(limit)
            return (await find_keys(session, settings.organisation, request)).items

    table = plain_table("No.", "Name", "Ends with", "May", "By", "Until (UTC)")
    for key in with_database(settings, work):
        until = f"{key.expires_at:%Y-%m-%d %H:%M}"
        table.add_row(
            *(str(key.number), key.name, key.ending),
            permissions_in_words(key.permissions),
            key.created_by or "",
            until if key.revoked_at is None else "revoked",
        )
    out.print(table, markup=False)


@app.command("revoke")
@writing
def revoke_key(
    number: Annotated[
        int,
        typer.Argument(
            metavar="NUMBER",
            parser=key_number,
            help="The key's number in the list.",
        ),
    ],
) -> None:
    """Revoke a key, at once and for ever.

    Example: `daybook key revoke 3`
    """
    settings = load_settings()
    is_changed = with_database(
        settings,
        lambda database: revoke_api_key(
            database,
            settings.organisation,
            number=number,
            now=real_now(),
            made_by=MADE_BY,
        ),
    )
    out.print(f"Key {number} is revoked{'' if is_changed else ', as before'}.")
