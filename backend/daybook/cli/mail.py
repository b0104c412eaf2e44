"""`daybook mail`: what became of messages, and which mail people get."""

from typing import Annotated

import typer

from daybook.access.mail_preferences import mail_preferences_of, set_mail_preferences
from daybook.access.mail_rules import MailEvents, MailFormat, MailPreferences
from daybook.access.queries import users_by_email
from daybook.access.rules import checked_email
from daybook.cli.command_groups import Commands
from daybook.cli.running import (
    Failed,
    load_settings,
    out,
    with_database,
    writing,
)
from daybook.cli.terminal_tables import plain_table
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.errors import did_you_mean
from daybook.mail.commands import send_again
from daybook.mail.models import MailMessage
from daybook.mail.queries import find_messages
from daybook.mail.recipients import addresses_in
from daybook.mail.rules import MessageKind, MessageState
from daybook.paging import PageRequest

app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Messages, and which mail people get."
)
EVENTS = {
    "ready": MailEvents.EXPORT_READY,
    "failed": MailEvents.EXPORT_FAILED,
    "expiring": MailEvents.EXPORT_EXPIRING,
}
"""The events that people get mail about, by their names on the command line."""
EVENT_NAMES = ", ".join(EVENTS)
FORMAT_NAMES = ", ".join(form.name.lower() for form in MailFormat)
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")]


@app.command("list")
def list_mail(limit: Limit = 100) -> None:
    """Show the organisation's messages of the last 30 days, newest first.

    Example: `daybook mail list`
    """
    settings = load_settings()

    async def work(database: Database) -> list[tuple[MailMessage, str]]:
        organisation_id = settings.organisation
        async with database.runtime.reads() as session:
            page = await find_messages(session, organisation_id, PageRequest(limit))
        user_ids = {message.user_id for message in page.items}
        addresses = await addresses_in(database, organisation_id, user_ids)
        return [
            (message, addresses.get(message.user_id, "(has left)"))
            for message in page.items
        ]

    table = plain_table(
        *("No.", "Message", "Export", "For", "Queued (UTC)", "State", "Tried", "Why"),
        wraps=True,
    )
    for message, address in with_database(settings, work):
        table.add_row(
            str(message.number),
            MessageKind(message.kind).name.lower().replace("_", " "),
            *(message.subject, address, f"{message.queued_at:%Y-%m-%d %H:%M}"),
            MessageState(message.state).name.lower(),
            *(str(message.attempts), message.last_error or ""),
        )
    out.print(table, markup=False)


@app.command("again")
@writing
def mail_again(
    number: Annotated[int, typer.Argument(min=1, help="The message's number.")],
) -> None:
    """Send a message again that was given up; a running server sends it.

    Example: `daybook mail again 7`
    """
    settings = load_settings()
    with_database(
        settings,
        lambda database: send_again(
            database.runtime, settings.organisation, number, now=real_now()
        ),
    )
    out.print(f"Message {number} is queued: a running server sends it.", markup=False)


@app.command("prefer")
@writing
def prefer_mail(
    email: Annotated[str, typer.Argument(help="A member's address.")],
    form: Annotated[
        str | None, typer.Option("--format", help=f"One of {FORMAT_NAMES}.")
    ] = None,
    events: Annotated[
        str | None,
        typer.Option(
            help="Exports that they get mail about, with commas between:"
            f" {EVENT_NAMES}; or none."
        ),
    ] = None,
) -> None:
    """Show which mail a member gets, or change that.

    Example: `daybook mail prefer ada@example.com --format text --events ready,failed`
    """
    settings = load_settings()
    wanted_format, wanted_events = _format(form), _events(events)

    async def work(database: Database) -> MailPreferences:
        address = checked_email(email)
        async with database.reads() as session:
            found = await users_by_email(session, settings.organisation, {address})
        if not found:
            raise Failed(f"{address} is not a member: `daybook user list` shows them")
        before = await mail_preferences_of(database, found[0].id)
        wanted = MailPreferences(
            before.format if wanted_format is None else wanted_format,
            before.events if wanted_events is None else wanted_events,
        )
        if wanted != before:
            await set_mail_preferences(database, found[0].id, wanted)
        return wanted

    wanted = with_database(settings, work)
    names = ", ".join(name for name, event in EVENTS.items() if event in wanted.events)
    form_words = "plain text" if wanted.format is MailFormat.TEXT else "text and HTML"
    words = f"mail about exports: {names}; as {form_words}"
    out.print(
        f"{email} gets {words if names else 'no mail about exports'}.", markup=False
    )


def _format(text: str | None) -> MailFormat | None:
    if text is None:
        return None
    if text.upper() not in MailFormat.__members__:
        near = did_you_mean(text, [form.name.lower() for form in MailFormat])
        raise Failed(f"--format {text!r} is not one of {FORMAT_NAMES}{near}")
    return MailFormat[text.upper()]


def _events(text: str | None) -> MailEvents | None:
    if text is None:
        return None
    wanted = MailEvents(0)
    for name in text.split(",") if text != "none" else ():
        if name not in EVENTS:
            near = did_you_mean(name, EVENTS)
            raise Failed(f"--events {name!r} is not one of {EVENT_NAMES}, none{near}")
        wanted |= EVENTS[name]
    return wanted
