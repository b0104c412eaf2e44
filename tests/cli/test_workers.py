"""Processes of a server that end before they serve."""

import os
import subprocess
import sys
from pathlib import Path

from daybook.cli.workers import TRIES

SCRIPT = """\
import os, socket
from uvicorn import Config
from daybook.cli.workers import Workers

def app():
    os._exit(9)

if __name__ == "__main__":
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = Config("ending:app", factory=True, workers=2, log_level="warning")
        workers = Workers(config, [listening], lambda: print("it serves"))
        workers.run()
        print(workers.is_hopeless, workers.has_served)
"""


def test_a_server_whose_workers_end_at_their_start_ends(tmp_path: Path) -> None:
    (tmp_path / "ending.py").write_text(SCRIPT)

    ended = subprocess.run(
        [sys.executable, "ending.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert ended.stdout == "True False\n"
    assert ended.stderr.count("ended before it served (status 9)") == TRIES
