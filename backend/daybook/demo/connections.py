"""Programs that the demo company has connected: their keys and webhooks.

Their secrets are random, and so aren't in what `fill` records for a day.
"""

from datetime import timedelta

from daybook.access.commands import create_api_key
from daybook.access.rules import OPERATOR, Permission
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.demo.people import INES
from daybook.settings import Settings
from daybook.webhooks.commands import (
    Author,
    EndpointPatch,
    create_endpoint,
    update_endpoint,
)
from daybook.webhooks.rules import Events

KEY_LIVES = timedelta(days=90)
WAREHOUSE = "https://warehouse.example.com/daybook"


async def connect(database: Database, settings: Settings) -> None:
    """Make a key of the billing system, and the warehouse's webhook.

    Nobody knows the key. The webhook is disabled: a demo calls nobody.
    """
    organisation_id, now = settings.organisation, real_now()
    await create_api_key(
        database,
        organisation_id,
        name="billing system",
        permissions=Permission.READ | Permission.RECORD,
        expires_at=now + KEY_LIVES,
        now=now,
        made_by=INES.email,
        authority=OPERATOR,
    )
    author = Author(organisation_id, INES.email, now)
    created = await create_endpoint(
        *(database, settings, author),
        url=WAREHOUSE,
        description="The warehouse copies what was exported",
        events=Events.EXPORT_READY | Events.LOCK_CHANGED,
    )
    await update_endpoint(
        *(database, settings, author, created.number), EndpointPatch(is_enabled=False)
    )
