"""The storages of a database's settings."""

from pathlib import Path

from daybook.bucket_url import read_bucket_url
from daybook.db.engine import (
    EVIDENCE_SUFFIX,
    EXPORTS_SUFFIX,
    GL_INPUTS_SUFFIX,
    GL_SEGMENTS_SUFFIX,
    Database,
)
from daybook.settings import Settings
from daybook.storage.local import LocalStorage
from daybook.storage.rules import Storage, StorageKey

UPLOADS = "uploads"
SCHEME = "s3://"
"""How the address of a bucket begins; any other is a folder's path."""


def exports_storage(database: Database, settings: Settings) -> Storage:
    """Exports: in the folder of the settings, beside the SQLite file, or in `data`."""
    if settings.storage_url:
        return _in_bucket(settings, "exports")
    folder = settings.exports or _beside(database, EXPORTS_SUFFIX)
    return LocalStorage(folder or settings.data / "exports")


def uploads_storage(database: Database, settings: Settings) -> Storage:
    """Uploads: in their own folder."""
    return storage_of(database, settings, UPLOADS)


def evidence_storage(database: Database, settings: Settings) -> Storage:
    """Evidence: in the folder of the settings, beside the SQLite file, or in `data`.

    Never among the exports, whose folder may be emptied.
    """
    if settings.storage_url:
        return _in_bucket(settings, "evidence")
    folder = settings.evidence or _beside(database, EVIDENCE_SUFFIX)
    return LocalStorage(folder or settings.data / "evidence")


def gl_inputs_storage(database: Database, settings: Settings) -> Storage:
    """What came in of the general ledger, as evidence: each refresh reads it again."""
    if settings.storage_url:
        return _in_bucket(settings, "gl-inputs")
    folder = settings.gl_inputs or _beside(database, GL_INPUTS_SUFFIX)
    return LocalStorage(folder or settings.data / "gl-inputs")


def gl_segments_storage(database: Database, settings: Settings) -> Storage:
    """What refreshes made of that: it can be made again, but takes a while."""
    if settings.storage_url:
        return _in_bucket(settings, "gl-segments")
    folder = settings.gl_segments or _beside(database, GL_SEGMENTS_SUFFIX)
    return LocalStorage(folder or settings.data / "gl-segments")


def storage_of(database: Database, settings: Settings, name: str) -> Storage:
    """A feature's own storage: below the exports' set folder, or beside the exports.

    Keys only have an organisation and a number, so each kind of job needs a storage.
    """
    if settings.storage_url:
        return _in_bucket(settings, name)
    if settings.exports is not None:
        return LocalStorage(settings.exports / name)
    return LocalStorage(_beside(database, f".{name}") or settings.data / name)


def storage_at(address: str) -> Storage:
    """The storage with an address (`Storage.address`)."""
    if address.startswith(SCHEME):
        from daybook.storage.s3.storage import S3Storage  # noqa: PLC0415  (it takes a second)

        return S3Storage.at(address)
    return LocalStorage(Path(address))


def place_of(storage: Storage) -> str:
    """Where a storage is, for people: a folder's path, or a bucket's address."""
    # After its address, a bucket's storage has the path of its scratch folder.
    return storage.address.partition("#")[0] if is_bucket(storage) else storage.address


def folder_of(storage: Storage) -> Path | None:
    """The folder of this machine that a storage's files are in; None for a bucket."""
    return None if is_bucket(storage) else Path(storage.address)


def path_of(storage: Storage, key: StorageKey) -> Path | None:
    """Where a complete file is on this machine, if it is; None for a bucket's."""
    folder = folder_of(storage)
    return None if folder is None else folder.joinpath(*key)


def is_bucket(storage: Storage) -> bool:
    """Whether files are kept in a bucket, instead of a folder of the server."""
    return storage.address.startswith(SCHEME)


def _in_bucket(settings: Settings, name: str) -> Storage:
    """A folder of the bucket in the settings; the scratch folder is in `data`."""
    from daybook.storage.s3.storage import S3Storage  # noqa: PLC0415  (as above)

    url = read_bucket_url(settings.storage_url).below(name)
    return S3Storage(url, settings.data / "scratch" / name)


def _beside(database: Database, suffix: str) -> Path | None:
    if database.is_sqlite and database.url.database:
        return Path(database.url.database).with_suffix(suffix)
    return None
