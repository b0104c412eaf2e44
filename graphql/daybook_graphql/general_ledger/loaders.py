"""The loader of what came in of connections."""

from collections import defaultdict
from collections.abc import Sequence

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
