"""`daybook export --verify`: makes a file again from its record, and compares."""

from pathlib import Path

import typer

from daybook.cli.export_end import closing_lines
from daybook.cli.export_places import printable
from daybook.cli.running import Failed, out, unread, with_database
from daybook.db.engine import Database
from daybook.exports.manifests.verifying import Verdict, verify_file
from daybook.exports.writing.streaming import collect_seldom
from daybook.settings import Settings


def verify_export(settings: Settings, path: Path, record: int | None) -> None:
    """Compare a file with what its record makes now; exit with 1 if they differ."""
    if not path.is_file():
        raise Failed(f"--verify {path}: there is no such file")
    collect_seldom()

    async def work(database: Database) -> Verdict:
        return await verify_file(database, settings.organisation, path, record)

    try:
        verdict = with_database(settings, work)
    except OSError as error:
        raise unread(path, error, status=1) from None
    name = printable(str(path))
    outcome = "is what" if verdict.is_same else "differs from what"
    out.print(f"{name} {outcome} {verdict.claim.name} makes", markup=False)
    for finding in verdict.findings:
        out.print(f"  {finding}", markup=False)
    if not verdict.is_same:
        raise typer.Exit(1)
    for line in closing_lines(verdict.tally, verdict.facts):
        out.print(line, markup=False)
    out.print(f"SHA-256: {verdict.sha256.hex()}")
