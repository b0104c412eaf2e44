"""The loaders of what came in of connections, and of their live ones."""

from collections import defaultdict
from collections.abc import Sequence

from daybook.gl.live.queries import LiveState, live_states
from daybook.gl.queries import InputState, input_states
from daybook_graphql.context import Context, loader


@loader(cache=False)
async def inputs_by_connection(
    context: Context, numbers: list[int]
) -> Sequence[list[InputState]]:
    """What came in of each kind, by the kinds' numbers; an import may change it."""
    found: dict[int, list[InputState]] = defaultdict(list)
    async with context.database.reads() as session:
        for state in await input_states(session, context.organisation_id):
            found[state.connection].append(state)
    return [found[number] for number in numbers]


@loader(cache=False)
async def live_by_connection(
    context: Context, numbers: list[int]
) -> Sequence[LiveState]:
    """What Xero gave for connections, and their syncs; these change all the time."""
    found = await live_states(context.database.runtime, context.organisation_id)
    return [found.get(number, LiveState(None, None)) for number in numbers]
