"""The processor time of the report's page, in process: an application without a server.

With `layers`, where that time goes, by the parts of the program that take it.
"""

import asyncio
import cProfile
import gc
import json
import pstats
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.page_requests import HOST, OF_DEMO, headers_of
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
    """`python -m benchmarks.page_costs TOKEN PAGES [layers]`, at settings' database.

    Prints the milliseconds of each page as JSON, or a table of layers.
    """
    token, pages = sys.argv[1], int(sys.argv[2])
    has_layers = sys.argv[3:] == [LAYERS]
    measured = asyncio.run(_measure(token, pages, has_layers=has_layers))
    if not has_layers:
        print(json.dumps(measured))


async def _measure(token: str, pages: int, *, has_layers: bool) -> list[float]:
    app = create_app(Settings())
    gc.freeze()  # as the server does
    gc.set_threshold(OBJECTS_BETWEEN)
    queries = cycle(OF_DEMO)
    async with app.router.lifespan_context(app):
        for query in islice(queries, WARM_UP):
            await _ask(app, query, token)
        if has_layers:
            # This thread's processor time: others share the machine.
            profile = cProfile.Profile(time.thread_time)
            with profile:
                for query in islice(queries, pages):
                    await _ask(app, query, token)
            _print_layers(pstats.Stats(profile), pages)
        measured = []
        for query in islice(queries, pages):
            start = time.process_time()
            await _ask(app, query, token)
            measured.append(1_000 * (time.process_time() - start))
    return measured


async def _ask(app: Any, query: str, token: str) -> None:
    """Ask for a page as a server would; raises AssertionError without one."""
    headers = [
        (name.lower().encode(), text.encode())
        for name, text in headers_of(token).items()
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/journals",
        "raw_path": b"/journals",
        "root_path": "",
        "query_string": query.encode(),
        "headers": headers,
        "client": (HOST, 50_000),
        "server": (HOST, 8_000),
        "state": {},
    }
    statuses, sizes = list[int](), list[int]()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
        else:
            sizes.append(len(message["body"]))

    await app(scope, receive, send)
    assert statuses == [200], f"{query}: {statuses}"
    assert sum(sizes) > 1_000, "a page is longer"


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
