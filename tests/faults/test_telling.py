"""The mail server and a webhook's endpoint are down for hours; all is sent later."""

import pytest
from sqlalchemy import func, select

from daybook.mail.models import MailMessage
from daybook.webhooks.models import WebhookAttempt
from daybook_installation import PATIENCE, Installation, NewInstallation
from daybook_jobs import until
from daybook_outcomes import outcome_of
from daybook_receiver import Receiver, receiving
from daybook_services.figures import Note
from daybook_services.smtp import MailServer
from daybook_site import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

HOURS = 24
EVERY = 3
"""Hours between the exports of that day."""


async def a_day(installation: Installation) -> None:
    """Let a day pass with some exports; the server is killed in the middle of it."""
    server = await installation.start_server()
    await installation.start_worker()
    for hour in range(HOURS):
        installation.let_pass(hours=hour)
        if hour % EVERY == 0:
            await installation.request()
            # Nothing that can't be told keeps a file from being made.
            await installation.ended()
        if hour == HOURS // 2:
            await server.kill()
            server = await installation.start_server()


async def tried(installation: Installation, attempts: object) -> int:
    """How many attempts were made, once there is one for each export."""

    async def counted() -> int | None:
        async with installation.database.runtime.reads() as session:
            count = await session.scalar(select(attempts))  # type: ignore[call-overload]
        return count if (count or 0) >= installation.requested else None

    return await until(counted, PATIENCE)


async def test_the_mail_server_is_down_for_a_day(
    new_installation: NewInstallation, mail_server: MailServer, note: Note
) -> None:
    mail_server.stop()
    async with new_installation() as installation:
        await a_day(installation)
        # It is left alone for a minute at a time, so not every message is tried.
        attempts = await tried(installation, func.sum(MailMessage.attempts))
        mail_server.start()
        installation.let_pass(hours=HOURS + 24)
        outcome = await outcome_of(installation)

    assert (outcome.ready, outcome.mails) == (HOURS // EVERY, HOURS // EVERY)
    assert outcome.mail_copies == 0
    note(f"down for {HOURS} hours, {attempts} attempts, a killed server: {outcome}")


async def test_an_endpoint_is_down_for_a_day(
    new_installation: NewInstallation, note: Note
) -> None:
    installation = new_installation()
    port = free_port()
    installation.services.receiver = Receiver("127.0.0.1", port)
    async with installation:
        await a_day(installation)
        attempts = await tried(installation, func.count(WebhookAttempt.number))
        with receiving(port=port) as installation.services.receiver:
            installation.let_pass(hours=HOURS + 24)
            outcome = await outcome_of(installation)

    assert (outcome.ready, outcome.hooks) == (HOURS // EVERY, HOURS // EVERY)
    assert outcome.hook_copies == 0
    note(f"down for {HOURS} hours, {attempts} attempts, a killed server: {outcome}")
