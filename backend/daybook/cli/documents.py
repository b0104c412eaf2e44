"""`daybook import`: documents from files."""

import os
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from daybook.activity.rules import Started
from daybook.cli.changes_file import Changed, changes_file
from daybook.cli.making_maps import make_map
from daybook.cli.problem_file import Told, problem_file
from daybook.cli.running import (
    MADE_BY,
    Failed,
    complain,
    err,
    load_settings,
    out,
    progress_bar,
    show_problems,
    unread,
    with_rejection,
)
from daybook.cli.tables_of_imports import ImportTable
from daybook.cli.whole_files import is_device
from daybook.clock import now
from daybook.db.engine import Database
from daybook.documents.auditing import import_failures_logged
from daybook.documents.commands import import_documents
from daybook.documents.named_documents import kind_words
from daybook.documents.notices.wording import notices_in_lines
from daybook.documents.pace import collector_paused
from daybook.documents.queries import load_defaults
from daybook.documents.reading import PartlyRead, Reading, read_file
from daybook.documents.reading.mapping import Mapping, load_mapping
from daybook.documents.results import ImportResult, named_words
from daybook.documents.rules import Defaults
from daybook.documents.undated import rejection_with_undated
from daybook.errors import Rejected
from daybook.ledger.rules import SourceKind
from daybook.numbers import counted
from daybook.settings import Settings

RENAMINGS_MAX = 20
"""How many customers and products that get another name are shown."""
NICENESS = 10
"""Added to the process's niceness, so that servers come before an import."""


def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="JSON Lines or CSV, plain or gzipped.", metavar="FILE", readable=False
        ),
    ],
    mapping_file: Annotated[
        Path | None,
        typer.Option(
            "--map", help="A mapping of a CSV file's columns (TOML).", readable=False
        ),
    ] = None,
    is_dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and count, but record nothing.")
    ] = False,
    problems_path: Annotated[
        Path | None,
        typer.Option(
            "--problems",
            help="Write every problem and notice to this CSV file.",
            readable=False,
        ),
    ] = None,
    changes_path: Annotated[
        Path | None,
        typer.Option(
            "--changes",
            help="Write every revised and voided document to this CSV file.",
            metavar="FILE",
            readable=False,
        ),
    ] = None,
    new_mapping: Annotated[
        Path | None,
        typer.Option(
            "--make-map",
            help="Write a mapping for FILE to this new file, and import nothing.",
            readable=False,
        ),
    ] = None,
) -> None:
    """Import invoices, billing schedules and credit notes.

    Each file is recorded as a whole or not at all; importing it again changes nothing.
    Changed documents are revised, and voided ones are reversed.

    Example: `daybook import invoices.jsonl.gz`

    Example: `daybook import lines.csv --make-map lines.toml`

    Example: `daybook import lines.csv --map lines.toml --dry-run`
    """
    os.nice(NICENESS)
    settings = load_settings()
    if new_mapping is not None:
        others = {
            "--map": mapping_file is not None,
            "--dry-run": is_dry_run,
            "--problems": problems_path is not None,
            "--changes": changes_path is not None,
        }
        _make_map(files, new_mapping, others, settings)
        return
    reads = [*files, *([mapping_file] if mapping_file else [])]
    for path in reads:
        _check_readable(path)
    told, changes = problem_file(problems_path), changes_file(changes_path)
    told.check(reads)
    changes.check(reads)
    _check_apart(problems_path, changes_path)
    try:
        mapping = load_mapping(mapping_file) if mapping_file else None
    except Rejected as rejected:
        _report(rejected, mapping_file or Path(), told)
        changes.write()
        raise Failed(f"{mapping_file}: the mapping can't be used") from None
    for path in files:
        changed: list[Changed] = []
        try:
            reading, result = _import(
                path, mapping, settings, changed, is_dry_run=is_dry_run
            )
        except Rejected as rejected:
            _report(rejected, path, told)
            changes.write()
            count = counted(rejected.total, "problem")
            raise Failed(f"{path}: {count}, nothing was recorded") from None
        changes.add(changed)
        is_told = not is_dry_run or changes.path is not None
        way_out = "" if is_told else " (--changes FILE names each)"
        _summarise(path, reading, result, way_out, is_dry_run=is_dry_run)
        told.add(Told(notice, path.name) for notice in result.notices)
        told.write()
        changes.write()
        _show_notices(path, result, told, is_dry_run=is_dry_run)
    if told.is_lost or changes.is_lost:
        raise typer.Exit(1)


def _make_map(
    files: Sequence[Path],
    new_mapping: Path,
    others: dict[str, bool],
    settings: Settings,
) -> None:
    """Draft a mapping for one file; raises Failed for options of imports."""
    for option, is_given in others.items():
        if is_given:
            raise Failed(f"--make-map imports nothing: leave out {option}")
    if len(files) > 1:
        raise Failed("--make-map writes a mapping for one file: name one")
    _check_readable(files[0])
    make_map(files[0], new_mapping, settings.import_bytes_max)


def _check_readable(path: Path) -> None:
    """Raise Failed for a path that can't be read as a file."""
    if not path.exists():
        raise Failed(f"{path}: there is no such file")
    if not path.is_file():
        raise Failed(f"{path}: is a folder or a device: name a file")
    try:
        path.open("rb").close()
    except OSError as error:
        raise unread(path, error) from None


def _check_apart(problems_path: Path | None, changes_path: Path | None) -> None:
    """Raise Failed if both files would be the same one."""
    if problems_path is None or changes_path is None:
        return
    if problems_path.resolve() == changes_path.resolve() and not is_device(
        problems_path
    ):
        words = f"--problems and --changes are the same file, {changes_path}"
        raise Failed(f"{words}: name two")


def _import(
    path: Path,
    mapping: Mapping | None,
    settings: Settings,
    changed: list[Changed],
    *,
    is_dry_run: bool,
) -> tuple[Reading, ImportResult]:
    """Read and record a file; raises Rejected, so that all its problems are shown.

    `changed` gets the documents that are revised or voided.
    """

    async def work(database: Database) -> tuple[Reading, ImportResult]:
        async with database.reads() as session:
            defaults = await load_defaults(session, settings.organisation)
        async with import_failures_logged(
            *(database, settings.organisation, Started(now(settings))),
            reason=_reason(path),
            file=path.name,
            made_by=MADE_BY,
            is_dry_run=is_dry_run,
        ):
            try:
                reading = _read(path, mapping, settings, defaults)
            except PartlyRead as read:
                async with database.reads() as session:
                    organisation_id = settings.organisation
                    found = await rejection_with_undated(session, organisation_id, read)
                raise found from None
        result = await _record(
            database, path, reading, settings, changed, is_dry_run=is_dry_run
        )
        return reading, result

    with collector_paused():  # reading makes as many values as recording
        return with_rejection(settings, work)


def _read(
    path: Path, mapping: Mapping | None, settings: Settings, defaults: Defaults
) -> Reading:
    with progress_bar() as bar:
        task = bar.add_task(f"Reading {path.name}", total=path.stat().st_size)
        return read_file(
            path,
            mapping,
            bytes_max=settings.import_bytes_max,
            progress=lambda count: bar.update(task, completed=count),
            defaults=defaults,
        )


async def _record(
    database: Database,
    path: Path,
    reading: Reading,
    settings: Settings,
    changed: list[Changed],
    *,
    is_dry_run: bool,
) -> ImportResult:
    with progress_bar() as bar:
        task = bar.add_task(f"Recording {path.name}", total=reading.count)
        return await import_documents(
            database,
            settings.organisation,
            chain.from_iterable(reading.batches()),
            now=now(settings),
            reason=_reason(path),
            file=path.name,
            made_by=MADE_BY,
            is_dry_run=is_dry_run,
            drafts=reading.draft_places,
            columns=reading.columns,
            named=reading.named,
            progress=lambda count: bar.update(task, advance=count),
            on_change=lambda change: changed.append(Changed(change, path.name)),
        )


def _reason(path: Path) -> str:
    """What the logs call the import of a file."""
    return f"import of {path.name}"


def _report(rejected: Rejected, path: Path, told: ImportTable[Told]) -> None:
    """Show the problems by kind; a long list is cut on the screen, and counted."""
    told.add(Told(problem, path.name) for problem in rejected.problems)
    told.write()
    shown = show_problems(rejected.problems, f"{path.name}: ")
    if rejected.total > shown:
        codes = Counter(problem.code.value for problem in rejected.problems)
        counts = ", ".join(f"{count:,} {code}" for code, count in codes.most_common())
        more = counted(rejected.total - shown, "more problem")
        complain(f"{more}; in all {counts}")
    if len(rejected.problems) > 1 and told.path is None:
        complain("--problems FILE writes each problem with its line")


def _summarise(
    path: Path,
    reading: Reading,
    result: ImportResult,
    way_out: str,
    *,
    is_dry_run: bool,
) -> None:
    """Print what was done; `way_out` says where to read of all changed documents."""
    would = "would be " if is_dry_run else ""
    parts = [
        f"{by_kind(counts)} {would}{done}"
        for done, counts in (
            ("recorded", result.recorded),
            ("revised", result.revised),
            ("voided", result.voided),
        )
        if counts
    ]
    parts.append(f"{result.unchanged:,} unchanged")
    if result.unknown_voids:
        parts.append(f"{by_kind(result.unknown_voids, 'void ')} never recorded")
    parts += [counted(reading.drafts, "draft")]
    journals = counted(result.journals, "journal")
    movements = counted(result.movements, "movement")
    out.print(
        f"{path.name}: {', '.join(parts)}; {journals}, {movements}.",
        markup=False,
    )
    for done, names in result.changes_in_words(way_out=way_out).items():
        out.print(f"  {would}{done}: {names}", markup=False)
    renamings = [renaming.words() for renaming in result.renamings.all()]
    if renamings:
        out.print(f"  {would}changed in all ledgers:", markup=False)
        for words in renamings[:RENAMINGS_MAX]:
            out.print(f"    {words}", markup=False)
        if len(renamings) > RENAMINGS_MAX:
            out.print(f"    {len(renamings) - RENAMINGS_MAX:,} more", markup=False)
    if reading.drafts:
        drafts = [f"{kind_words(kind)} {id_}" for kind, id_ in reading.draft_places]
        words = named_words(drafts, reading.drafts)
        out.print(f"  not recorded, as drafts: {words}", markup=False)
    if reading.left_out:
        rows = counted(reading.rows, "row")
        out.print(f"  of {rows}, the mapping left out:", markup=False)
        for reason, count in sorted(reading.left_out.items()):
            out.print(f"  {count:>9,}  {reason}", markup=False)


def _show_notices(
    path: Path, result: ImportResult, told: ImportTable[Told], *, is_dry_run: bool
) -> None:
    """Show the notices about documents that were recorded, many of a code in a line."""
    lines = notices_in_lines(
        result.notices,
        result.notice_counts,
        result.revenue_taken,
        is_dry_run=is_dry_run,
    )
    for words in lines:
        err.print(f"notice: {path.name}: {words}", markup=False)
    # Once it is recorded, the same file has no notices any more.
    if is_dry_run and len(lines) < result.notices_total and told.path is None:
        complain("--problems FILE writes each notice with its line")


def by_kind(counts: Counter[SourceKind], which: str = "") -> str:
    """Documents by kind: `2 invoices, 1 billing schedule and 1 credit note`."""
    kinds = [
        counted(count, f"{which}{kind_words(kind)}")
        for kind, count in sorted(counts.items())
    ]
    *others, last = kinds
    return f"{', '.join(others)} and {last}" if others else last
