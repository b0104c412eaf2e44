"""Lighthouse's scores of pages, the median of three runs: only `make audit` runs it."""

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from daybook_graphql.transport.callers import COOKIE
from daybook_services.left_out import leave_out
from daybook_site import Site
from daybook_states import SIGNED_OUT, demo_site, first_states

pytestmark = pytest.mark.audit

FOLDER = Path(__file__).parents[1] / "lighthouse"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Lighthouse starts a whole browser: the headless shell has no tracing of its own."""
RUNS = 3
AIM = 95
SECONDS_MAX = 900
PAGES = {name: its for name, its in first_states().items() if name != "not-found"}
"""Lighthouse measures no page of an error."""
SIGN_IN = "sign-in"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of the demo company."""
    with demo_site(tmp_path_factory.mktemp("lighthouse")) as site:
        yield site


@pytest.fixture(scope="module")
def chrome() -> str:
    """Path of a whole Chromium."""
    if not (FOLDER / "node_modules").is_dir():
        leave_out("Lighthouse is not installed: run make audit")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or leave_out("no Chromium found: install it (Debian: chromium)")


@pytest.mark.parametrize("form", ["desktop", "mobile"])
@pytest.mark.parametrize("name", [*PAGES, SIGN_IN])
def test_scores_reach_the_aim(
    name: str, form: str, site: Site, node: Path, chrome: str
) -> None:
    address = f"{site.address}{({**PAGES, **SIGNED_OUT})[name]}"
    cookie = [f"{COOKIE}={site.let_in.session}"] if name in PAGES else []
    script = FOLDER / "measure.mjs"
    ended = subprocess.run(
        [str(node), str(script), address, form, str(RUNS), *cookie],
        capture_output=True,
        check=False,
        env={**os.environ, "CHROME_PATH": chrome},
        text=True,
        timeout=SECONDS_MAX,
    )
    assert ended.returncode == 0, ended.stderr
    runs = json.loads(ended.stdout)

    assert len(runs) == RUNS
    assert {run["address"] for run in runs} == {address}, "it was sent elsewhere"
    scores = {
        category: statistics.median(run["scores"][category] for run in runs)
        for category in runs[0]["scores"]
    }
    missed = sorted({words for run in runs for words in run["missed"]})
    assert min(scores.values()) >= AIM, (scores, missed)
