"""The processor time of pages, in process: an application without a server.

That is the report's page of several months, or the page of an address. With `layers`,
where that time goes, by the parts of the program that take it.
"""

import asyncio
import cProfile
import gc
import json
import pstats
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.in_process import ask
from benchmarks.page_requests import OF_DEMO
from daybook.asgi import create_app
from daybook.cli.server import OBJECTS_BETWEEN
from daybook.settings import Settings

WARM_UP = 60
"""Five times each month: statements, templates and plans are compiled by then."""
LAYERS = "layers"
SHOWN = 60
"""How many functions are printed."""
OURS = {"pages", "API", "domain and statements", "Jinja"}
PARTS = {
    "daybook_web": "pages",
    "daybook_graphql": "API",
    "daybook": "domain and statements",
    "templates": "Jinja",
    "jinja2": "Jinja",
    "graphql": "graphql-core",
    "strawberry": "Strawberry",
    "sqlalchemy": "SQLAlchemy",
    "aiosqlite": "aiosqlite",
    "pydantic": "pydantic",
    "starlette": "Starlette",
    "asyncio": "asyncio",
}
"""Folders of the paths of functions, and what each is called."""


def main() -> None:
    """`python -m benchmarks.page_costs TOKEN PAGES [layers] [ADDRESS]`.

    Prints the milliseconds of each page as JSON, or a table of layers. The database is
    that of the settings.
    """
    token, pages = sys.argv[1], int(sys.argv[2])
    has_layers = LAYERS in sys.argv[3:]
    asked = [address for address in sys.argv[3:] if address != LAYERS]
    measured = asyncio.run(
        _measure(token, asked or OF_DEMO, pages, has_layers=has_layers)
    )
    if not has_layers:
        print(json.dumps(measured))


async def _measure(
    token: str, addresses: Sequence[str], pages: int, *, has_layers: bool
) -> list[float]:
    app = create_app(Settings())
    gc.freeze()  # as the server does
    gc.set_threshold(OBJECTS_BETWEEN)
    of_pages = cycle(addresses)
    async with app.router.lifespan_context(app):
        for address in islice(of_pages, WARM_UP):
            await ask(app, address, token)
        if has_layers:
            # This thread's processor time: others share the machine.
            profile = cProfile.Profile(time.thread_time)
            with profile:
                for address in islice(of_pages, pages):
                    await ask(app, address, token)
            _print_layers(pstats.Stats(profile), pages)
        measured = []
        for address in islice(of_pages, pages):
            start = time.process_time()
            await ask(app, address, token)
            measured.append(1_000 * (time.process_time() - start))
    return measured


def _print_layers(stats: Any, pages: int) -> None:
    """Print what layers take, what our functions take, and which take most themselves.

    What our functions take is with all that they call.
    """
    layers, ours, functions = Counter[str](), Counter[str](), Counter[str]()
    for (file, line, name), (_, _, own, whole, _) in stats.stats.items():
        place = f"{'/'.join(Path(file).parts[-3:])}:{line} {name}"
        layers[_layer(file)] += own
        functions[place] += own
        if _layer(file) in OURS:
            ours[place] += whole
    print("By the profiler's account, which makes all of it slower: ms a page")
    for table in (layers, ours, functions):
        print()
        for name, seconds in table.most_common(SHOWN):
            print(f"{1_000 * seconds / pages:8.3f}  {name}")


def _layer(file: str) -> str:
    return next(_parts_of(file), "Python")


def _parts_of(file: str) -> Iterator[str]:
    """The names of the layers whose folder a file is in, the innermost first."""
    folders = Path(file).parts
    if file.endswith(".html") or file == "<template>":
        yield PARTS["templates"]
    for folder in reversed(folders[:-1]):
        if folder in PARTS:
            yield PARTS[folder]


if __name__ == "__main__":
    main()
