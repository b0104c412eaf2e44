"""`daybook serve` as an operator starts it: a process of its own, on a free port."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from daybook_services.processes import forked
from daybook_site import START_SECONDS, await_answer, free_port


class Served(NamedTuple):
    """A server that runs."""

    port: int
    process: subprocess.Popen[bytes]
    said: Path
    complained: Path

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def daybook_serving(folder: Path, *arguments: str, **settings: str) -> Iterator[Served]:
    """Serve from a folder until the block ends; its data is in `data` there."""
    port = free_port()
    said, complained = folder / f"said-{port}", folder / f"complained-{port}"
    environment = {**os.environ, "DAYBOOK_DATA": "data", **settings}
    environment["DAYBOOK_WEAK_PASSWORDS"] = "no"  # a server warns of them
    with said.open("wb") as out, complained.open("wb") as err:
        process = subprocess.Popen(
            [*forked("daybook", "serve", "--port", str(port), *arguments)],
            cwd=folder,
            env=environment,
            stdout=out,
            stderr=err,
        )
    served = Served(port, process, said, complained)
    try:
        await_answer(f"{served.address}/healthz", process, complained)
        yield served
    finally:
        process.terminate()
        process.wait(START_SECONDS)
