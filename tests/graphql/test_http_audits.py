"""GraphQL over HTTP by the audits of the public package `graphql-http`: all of them."""

import json
import subprocess
from pathlib import Path

from daybook_services.database import NewDatabase
from daybook_site import serving

SECONDS = 60
AUDITS_MIN = 61
"""How many there were when this was written: none may get lost."""


def test_every_audit_passes(
    new_sqlite: NewDatabase, node: Path, node_modules: Path
) -> None:
    script = node_modules.parent / "http_audits.mjs"

    with serving(new_sqlite()) as site:
        completed = subprocess.run(
            [node, script, f"{site.address}/graphql", site.authorization],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )

    audits = json.loads(completed.stdout)
    assert len(audits) >= AUDITS_MIN
    assert [audit for audit in audits if audit["status"] != "ok"] == []
