"""`daybook webhook`: programs that receive events."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer

from daybook.cli.choices import delivery_number, webhook_number
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
from daybook.errors import Rejected
from daybook.paging import PageRequest
from daybook.secrets import Secrets, SecretUnfit
from daybook.settings import Settings
from daybook.webhooks.commands import (
    Author,
    EndpointPatch,
    create_endpoint,
    delete_endpoint,
    known_endpoint,
    replay_deliveries,
    replay_delivery,
    rotate_secret,
    update_endpoint,
)
from daybook.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from daybook.webhooks.queries import attempts_of, find_deliveries, find_endpoints
from daybook.webhooks.rules import (
    ENDPOINTS_MAX,
    DeliveryState,
    Events,
    MessageKind,
    event_names,
    events_named,
)
from daybook.webhooks.sending import Sender

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Webhooks: notify your own programs of events.",
)

Result = TypeVar("Result")
EVENT_NAMES = ", ".join(event_names(~Events(0)))
Number = Annotated[
    int,
    typer.Argument(
        metavar="NUMBER",
        parser=webhook_number,
        help="The webhook's number in the list.",
    ),
]
EventsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--event", help=f"An event that it receives, repeated: {EVENT_NAMES}."
    ),
]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")]


@app.command("create")
@writing
def create(
    url: Annotated[str, typer.Argument(help="The address to post messages to.")],
    event: EventsOption = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> None:
    """Create a webhook; only its secret is printed on standard output.

    Without --event, it receives all events.

    Example: `daybook webhook create https://hooks.example.com/ --event export.ready`
    """
    events = _events(event) or ~Events(0)

    async def work(database: Database, settings: Settings, author: Author) -> str:
        created = await create_endpoint(
            database, settings, author, url=url, description=description, events=events
        )
        err.print(f"Webhook {created.number} is created.", markup=False)
        assert created.secret is not None, "without a key it is always a new one"
        return created.secret

    _print_secret(_act(work))


@app.command("list")
def list_webhooks() -> None:
    """Show the organisation's webhooks.

    Example: `daybook webhook list`
    """
    settings = load_settings()

    async def work(database: Database) -> list[WebhookEndpoint]:
        async with database.reads() as session:
            request = PageRequest(ENDPOINTS_MAX)
            page = await find_endpoints(session, settings.organisation, request)
            return page.items

    table = plain_table("No.", "Address", "Events", "State", "For")
    for endpoint in with_database(settings, work):
        state = "enabled" if endpoint.enabled_at else "disabled"
        because = endpoint.disabled_because
        table.add_row(
            *(str(endpoint.number), endpoint.url),
            ", ".join(event_names(Events(endpoint.events))),
            f"{state}: {because}" if because else state,
            endpoint.description,
        )
    out.print(table, markup=False)


@app.command("update")
@writing
def update(
    number: Number,
    url: Annotated[str | None, typer.Option(help="Another address.")] = None,
    event: EventsOption = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    enable: Annotated[
        bool | None,
        typer.Option("--enable/--disable", help="Whether it receives events."),
    ] = None,
) -> None:
    """Change a webhook, or enable or disable it.

    Example: `daybook webhook update 1 --disable`
    """
    events = _events(event)
    patch = EndpointPatch(url, description, events, enable)

    async def work(database: Database, settings: Settings, author: Author) -> bool:
        return await update_endpoint(database, settings, author, number, patch)

    is_changed = _act(work)
    out.print(f"Webhook {number} is {'changed' if is_changed else 'as before'}.")


@app.command("delete")
@writing
def delete(number: Number) -> None:
    """Delete a webhook and its secret.

    Example: `daybook webhook delete 1`
    """

    async def work(database: Database, _settings: Settings, author: Author) -> None:
        await delete_endpoint(database, author, number)

    _act(work)
    out.print(f"Webhook {number} is deleted.")


@app.command("rotate")
@writing
def rotate(number: Number) -> None:
    """Give a webhook another secret; for 24 hours, the former one signs too.

    Only the secret is printed on standard output.

    Example: `daybook webhook rotate 1`
    """

    async def work(database: Database, settings: Settings, author: Author) -> str:
        return await rotate_secret(database, settings, author, number)

    _print_secret(_act(work))


@app.command("test")
def test(number: Number) -> None:
    """Send a webhook a test message, and show how it answered.

    Example: `daybook webhook test 1`
    """

    async def work(
        database: Database, settings: Settings, author: Author
    ) -> WebhookAttempt:
        organisation_id = author.organisation_id
        await known_endpoint(database, organisation_id, number)
        made = await Sender(database, settings).test(organisation_id, number)
        async with database.runtime.reads() as session:
            return (await attempts_of(session, organisation_id, [made]))[0]

    attempt = _act(work)
    if not attempt.is_success:
        raise Failed(f"webhook {number} did not accept the test: {attempt.failure}", 1)
    out.print(f"Webhook {number} answered {attempt.status}.")


@app.command("deliveries")
def deliveries(number: Number, limit: Limit = 20) -> None:
    """Show what was sent to a webhook, newest first, and how it answered.

    Example: `daybook webhook deliveries 1`
    """
    settings = load_settings()
    organisation_id = settings.organisation

    async def work(
        database: Database,
    ) -> list[tuple[WebhookDelivery, list[WebhookAttempt]]]:
        await known_endpoint(database, organisation_id, number)
        async with database.runtime.reads() as session:
            page = await find_deliveries(
                session, organisation_id, number, PageRequest(limit)
            )
            numbers = [delivery.number for delivery in page.items]
            attempts = await attempts_of(session, organisation_id, numbers)
        return [
            (each, [its for its in attempts if its.delivery == each.number])
            for each in page.items
        ]

    table = plain_table(
        *("No.", "Type", "Made (UTC)", "State", "Attempts", "Last answer"), wraps=True
    )
    for delivery, attempts in with_database(settings, work):
        last = attempts[-1] if attempts else None
        answer = "" if last is None else last.failure or f"{last.status}"
        table.add_row(
            *(str(delivery.number), MessageKind(delivery.kind).type),
            f"{delivery.made_at:%Y-%m-%d %H:%M}",
            DeliveryState(delivery.state).name.lower(),
            *(str(len(attempts)), answer),
        )
    out.print(table, markup=False)


@app.command("replay")
@writing
def replay(
    number: Number,
    delivery: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", parser=delivery_number, help="One delivery alone."
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"],
            help="All deliveries since a moment, in UTC.",
        ),
    ] = None,
) -> None:
    """Send messages to a webhook again, under their ids; a running server sends them.

    Example: `daybook webhook replay 1 --since 2026-11-01`
    """
    if (delivery is None) == (since is None):
        raise Failed("give either --delivery NUMBER or --since MOMENT")

    async def work(database: Database, _settings: Settings, author: Author) -> int:
        if since is not None:
            moment = since.replace(tzinfo=UTC)
            return await replay_deliveries(database, author, number, moment)
        assert delivery is not None, "one of the two is given"
        await replay_delivery(database, author, delivery, of=number)
        return 1

    count = _act(work)
    noun = "delivery" if count == 1 else "deliveries"
    out.print(f"{count:,} {noun} will be sent again by a running server.")


def _act(
    work: Callable[[Database, Settings, Author], Awaitable[Result]],
) -> Result:
    """Act as the command line in the organisation of the settings."""
    settings = load_settings()

    async def act(database: Database) -> Result:
        database.check_writable()
        try:
            Secrets.of(settings)
        except SecretUnfit as unfit:
            raise Failed(str(unfit)) from None
        author = Author(settings.organisation, MADE_BY, real_now())
        return await work(database, settings, author)

    return with_database(settings, act)


def _events(names: list[str] | None) -> Events | None:
    try:
        return events_named(names) if names else None
    except Rejected as rejected:
        raise Failed(f"--event {rejected.problems[0].message}") from None


def _print_secret(secret: str) -> None:
    err.print("The secret, which is shown only now:", markup=False)
    out.print(secret, markup=False)
