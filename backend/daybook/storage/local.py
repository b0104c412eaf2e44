"""The folder that exports' files lie in; a file has its name only when it is whole.

FOLDER/<organisation>/<number>/<name>                 a file
FOLDER/<organisation>/<number>/<name>.<worker>.part   one that is being written
"""

import shutil
from pathlib import Path

from daybook.db.engine import EXPORTS_SUFFIX, Database
from daybook.jobs.leasing import Lease
from daybook.jobs.rules import JobId
from daybook.settings import Settings

PART = ".part"


def exports_folder(database: Database, settings: Settings) -> Path:
    """Where files lie: as it is set, beside the SQLite file, or with the data."""
    if settings.exports is not None:
        return settings.exports
    if database.is_sqlite and database.url.database:
        return Path(database.url.database).with_suffix(EXPORTS_SUFFIX)
    return settings.data / "exports"


def file_of(folder: Path, job_id: JobId, name: str) -> Path:
    """Where a job's file lies once it is whole."""
    return folder_of(folder, job_id) / name


def folder_of(folder: Path, job_id: JobId) -> Path:
    """Where all of a job's files lie."""
    return folder / str(job_id.organisation_id) / str(job_id.number)


def part_of(folder: Path, its: Lease) -> Path:
    """Where a worker writes; its folder is made, and others' parts are removed."""
    own = folder_of(folder, its.job_id)
    own.mkdir(parents=True, exist_ok=True)
    for left in own.glob(f"*{PART}"):
        left.unlink(missing_ok=True)
    return own / f"{its.file_name}.{its.worker}{PART}"


def remove(folder: Path, job_id: JobId) -> None:
    """Remove all of a job's files."""
    shutil.rmtree(folder_of(folder, job_id), ignore_errors=True)


def stored(folder: Path) -> dict[JobId, list[Path]]:
    """The jobs that have a folder, and what is half written in it."""
    return {
        JobId(int(own.parent.name), int(own.name)): list(own.glob(f"*{PART}"))
        for own in folder.glob("*/*")
        if own.parent.name.isdecimal() and own.name.isdecimal()
    }


def publish(part: Path, file: Path) -> bool:
    """Give a whole file its name; False if somebody removed the part."""
    try:
        part.replace(file)
    except FileNotFoundError:
        return False
    return True


def is_written_by(part: Path, worker: str | None) -> bool:
    """Whether it is this worker that writes a part."""
    return worker is not None and part.name.endswith(f".{worker}{PART}")
