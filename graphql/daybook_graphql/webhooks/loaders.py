"""The loader of attempts to deliver messages."""

from collections import defaultdict
from collections.abc import Sequence

from daybook.webhooks.models import WebhookAttempt
from daybook.webhooks.queries import attempts_of
from daybook_graphql.context import Context, loader


@loader(cache=False)
async def attempts_by_delivery(
    context: Context, numbers: list[int]
) -> Sequence[list[WebhookAttempt]]:
    """The attempts of deliveries, oldest first."""
    found: dict[int, list[WebhookAttempt]] = defaultdict(list)
    async with context.database.runtime.reads() as session:
        for attempt in await attempts_of(session, context.organisation_id, numbers):
            found[attempt.delivery].append(attempt)
    return [found[number] for number in numbers]
