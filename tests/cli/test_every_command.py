"""Every command with each broken setting: one line that says what to do."""

import asyncio
import shutil
import socket
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest
from sqlalchemy import URL

from daybook.settings import Settings
from daybook_commands import ARGUMENTS, FILES, call, called, every_command, write_files
from daybook_services.database import NewDatabase
from daybook_services.server import Server
from daybook_site import free_port

SECRET = "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3A"
OWN_DATABASE = {"demo"}
"""Makes a database of its own, whatever DAYBOOK_DATABASE_URL says."""

BROKEN_VALUES: Mapping[str, tuple[str, str] | None] = {
    "fast": ("perhaps", "true or false"),
    "weak_passwords": ("perhaps", "true or false"),
    "data": None,  # any text names a folder: below
    "database_url": None,  # below
    "now": ("tomorrow", "a time such as 2026-01-31T12:00:00Z"),
    "organisation": ("Acme", "an organisation's number"),
    "import_bytes_max": ("1GB", "a whole number"),
    "query_seconds_max": ("soon", "a number"),
    "query_cost_max": ("0", "greater than 0"),
    "requests_at_once": ("-1", "greater than 0"),
    "requests_per_minute": ("many", "a whole number"),
    "sockets_per_caller": ("0", "greater than 0"),
    "subscriptions_per_caller": ("", "a whole number"),
    "sockets_per_organisation": ("x", "a whole number"),
    "subscriptions_per_organisation": ("x", "a whole number"),
    "exports": ("afile", "is not a folder"),
    "storage_url": ("s3://Books", "must name a bucket of 3 to 63 lower-case letters"),
    "uploads_max": ("x", "a whole number"),
    "uploads_bytes_max": ("x", "a whole number"),
    "evidence": ("afile", "is not a folder"),
    "evidence_bytes_max": ("5GB", "a whole number"),
    "gl_inputs": ("afile", "is not a folder"),
    "gl_segments": ("afile", "is not a folder"),
    "exports_at_once": ("-1", "greater than or equal to 0"),
    "redis_url": ("redis://", "redis://HOST:PORT/NUMBER"),
    "exports_per_organisation": ("0", "greater than 0"),
    "export_processes": ("65", "less than or equal to 64"),
    "export_days": ("never", "a whole number"),
    "stream_rows_max": ("0", "greater than 0"),
    "export_lease_seconds": ("0", "greater than 0"),
    "allowed_hosts": ("https://books.example.com", "host names without scheme"),
    "secret": None,  # only a server signs: below
    "public_url": ("books.example.com", "such as https://books.example.com"),
    "oidc_issuer": ("accounts.example.com", "such as https://accounts.example.com"),
    "oidc_client_id": None,  # any text is one
    "oidc_client_secret": None,
    "oidc_name": None,
    "smtp_url": ("mail.example.com", "smtp://USER:PASSWORD@HOST:587"),
    "mail_from": ("books", "such as books@example.com"),
    "webhooks_allow": ("https://hooks.lan", "host names, addresses or networks"),
    "xero_client_id": None,  # any text is one
    "xero_client_secret": None,
    "xero_scopes": None,
    "xero_authorize_url": ("login.xero.com", "such as https://api.example.com/v2/"),
    "xero_token_url": ("", "such as https://api.example.com/v2/"),
    "xero_connections_url": ("ftp://api.xero.com", "such as https://api.example.com"),
    "xero_revoke_url": ("https://u:p@xero.com", "such as https://api.example.com/v2/"),
    "xero_sync_hour": ("24", "an hour of the day from 0 to 23, or off"),
    "xero_api_url": ("api.xro/2.0", "such as https://api.example.com/v2/"),
    "ecb_url": ("www.ecb.europa.eu", "must be the address of a file"),
    "graphiql": ("perhaps", "true or false"),
    "trusted_documents": None,  # only a server reads them: below
    "trusted_only": ("perhaps", "true or false"),
}
"""A value that each setting can't have, and what is said about it."""
FOLDERS = {"exports", "evidence", "gl_inputs", "gl_segments"}
"""These are looked at once all settings have values that they can have."""


class Broken(NamedTuple):
    """Settings that can't be used, what is said about them, and who needs none."""

    settings: Mapping[str, str]
    told: str
    without: frozenset[str] = frozenset()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the files that commands name and `afile`."""
    write_files(tmp_path)
    (tmp_path / "afile").write_text("not a database, and not a folder either\n" * 99)
    (tmp_path / "afolder").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refuse(broken: Broken) -> None:
    """Every command ends with status 1 or 2, and one line, the same for all."""
    for name in ARGUMENTS.keys() - broken.without:
        ended = call(name, broken.settings, free_port())
        lines = ended.err.splitlines()
        assert (ended.status in {1, 2}, ended.out, len(lines)) == (True, "", 1), (
            name,
            ended,
        )
        assert lines[0].startswith("daybook: "), (name, ended)
        assert broken.told in lines[0], (name, ended)


def test_the_commands_here_are_all_there_are() -> None:
    assert set(every_command()) == set(ARGUMENTS)


def test_each_setting_has_a_broken_value_here() -> None:
    assert set(BROKEN_VALUES) == set(Settings.model_fields)


@pytest.mark.parametrize(
    "setting", [name for name, broken in BROKEN_VALUES.items() if broken]
)
def test_a_value_that_a_setting_cant_have(setting: str) -> None:
    broken = BROKEN_VALUES[setting]
    assert broken is not None
    value, told = broken
    name = f"DAYBOOK_{setting.upper()}"

    if setting in FOLDERS:
        refuse(Broken({name: value}, told))
    ended = call("journals", {name: value})

    assert (ended.status in {1, 2}, ended.out) == (True, ""), ended
    assert ended.err.startswith(f"daybook: {name}")
    assert ended.err.count("\n") == 1
    assert told in ended.err


def test_every_command_names_all_values_that_settings_cant_have() -> None:
    """Each command says in its line all that `journals` says of each alone."""
    broken = {
        f"DAYBOOK_{setting.upper()}": its
        for setting, its in BROKEN_VALUES.items()
        if its is not None and setting not in FOLDERS
    }
    settings = {name: value for name, (value, _) in broken.items()}
    line = call("journals", settings).err.strip()

    assert all(f"{name} must" in line for name in broken)
    assert all(told in line for _, told in broken.values())
    refuse(Broken(settings, line))


def test_an_option_that_a_command_doesnt_have() -> None:
    for name in ARGUMENTS:
        ended = called([*name.split(), "--xyzzy"], {})

        assert (ended.status, ended.out) == (2, ""), (name, ended)
        assert ended.err == (
            f"daybook: no such option: --xyzzy (daybook {name} --help)\n"
        )


def test_a_variable_that_is_nearly_a_setting() -> None:
    told = "DAYBOOK_ORGANIZATION is no setting: rename it to DAYBOOK_ORGANISATION"

    refuse(Broken({"DAYBOOK_ORGANIZATION": "2"}, told))


def test_several_broken_settings_are_all_named() -> None:
    ended = call("journals", {"DAYBOOK_ORGANISATION": "0", "DAYBOOK_FAST": "x"})

    assert ended.err == (
        "daybook: DAYBOOK_FAST must be true or false, not 'x';"
        " DAYBOOK_ORGANISATION must be greater than 0, not '0'\n"
    )


@pytest.mark.parametrize(
    ("hosts", "read"),
    [
        ("books.example.com", ("books.example.com",)),
        ("a.example.com, b.example.com", ("a.example.com", "b.example.com")),
        ('["a.example.com", "[::1]"]', ("a.example.com", "[::1]")),
        ("[::1],localhost,127.0.0.1", ("[::1]", "localhost", "127.0.0.1")),
        ("[::1]", ("[::1]",)),
        ("", ()),
    ],
)
def test_hosts_are_a_comma_list_or_json(
    hosts: str, read: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_ALLOWED_HOSTS", hosts)

    assert Settings().allowed_hosts == read


@pytest.mark.parametrize("hosts", ["*", "a b", "books.example.com:443", "a,,b/", "[1"])
def test_hosts_that_are_none(hosts: str) -> None:
    assert "must be host names" in call("serve", {"DAYBOOK_ALLOWED_HOSTS": hosts}).err


def test_an_env_file_that_is_no_text(folder: Path) -> None:
    (folder / ".env").write_bytes(b"\xff\xfeDAYBOOK_DATA=x")

    refuse(Broken({}, ".env is not a text in UTF-8"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("daybook.db", "DAYBOOK_DATABASE_URL is no such URL: use sqlite:///FILE or"),
        ("sqlite://", "names no file"),
        ("mysql://db/books", "names 'mysql': use sqlite:///FILE or postgresql://"),
        ("postgresql://db:port/books", "is no such URL"),
        ("postgresql://db/books?colour=red", "has colour after its question mark"),
        ("postgresql://db/books?sslmode=sometimes", "write one of disable, allow, pr"),
        ("postgresql://nobody@127.0.0.1:1/books", "nothing answers at 127.0.0.1, port"),
        ("postgresql://nobody@books.invalid/books", "there is no host books.invalid"),
        ("sqlite:///afile", "afile is damaged (file is not a database): restore it"),
        ("sqlite:///.", "names no file"),
        ("sqlite:///afolder", "afolder is a folder: name a file in it"),
        ("sqlite:///afile/daybook.db", ""),
    ],
)
def test_a_database_that_cant_be_opened(url: str, told: str) -> None:
    settings = {"DAYBOOK_DATABASE_URL": url, "DAYBOOK_SECRET": SECRET}

    refuse(Broken(settings, told, frozenset(OWN_DATABASE)))


def test_a_data_folder_that_is_a_file() -> None:
    refuse(Broken({"DAYBOOK_DATA": "afile"}, "DAYBOOK_DATA: afile is not a folder"))


@pytest.mark.parametrize("table", ["alembic_version", "runtime_version"])
def test_sqlite_files_of_a_later_version(
    table: str, sqlite_template: Path, folder: Path
) -> None:
    make_later(sqlite_template, folder / "daybook.db", table)

    settings = {"DAYBOOK_DATABASE_URL": "sqlite:///daybook.db"}
    told = "was made by a later version of Daybook (revision 9999, this is 00"
    refuse(Broken(settings, told, frozenset(OWN_DATABASE)))


def make_later(template: Path, path: Path, table: str) -> None:
    """Copy a database, and say in one of its files that it is of a later version."""
    for suffix in (".db", ".runtime.db"):
        shutil.copyfile(template.with_suffix(suffix), path.with_suffix(suffix))
    suffix = ".runtime.db" if table == "runtime_version" else ".db"
    with closing(sqlite3.connect(path.with_suffix(suffix))) as connection, connection:
        connection.execute(f"UPDATE {table} SET version_num = '9999'")  # noqa: S608


def test_an_organisation_that_there_is_not(sqlite_template: Path, folder: Path) -> None:
    for suffix in (".db", ".runtime.db"):
        copied = folder / f"daybook{suffix}"
        shutil.copyfile(sqlite_template.with_suffix(suffix), copied)
    for_all = {name for name in ARGUMENTS if name.split()[0] in {"db", "secrets"}}
    for_all |= {"fx rate", "fx refresh"}
    for_all |= (servers := {"demo", "serve", "worker"})
    for_all |= {f"organisation {name}" for name in ("add", "rename", "list")}

    settings = {
        "DAYBOOK_DATABASE_URL": "sqlite:///daybook.db",
        "DAYBOOK_ORGANISATION": "7",
    }
    told = "DAYBOOK_ORGANISATION is 7, and there is no such organisation: there are 1"
    refuse(Broken(settings, told, frozenset(for_all)))
    for name in for_all - servers:
        assert call(name, settings).status == 0


class Guarded(NamedTuple):
    """A server with a role that has a password, and databases to refuse."""

    server: Server
    empty: URL
    later: URL
    foreign: URL


@pytest.fixture(scope="module")
def guarded(postgresql_server: Server) -> Iterator[Guarded]:
    """Lets `guarded` in by its password `right`."""
    server = postgresql_server
    path = Path(ask(server.url.set(database="postgres"), "SHOW hba_file"))
    before = path.read_text()
    path.write_text(f"local all guarded scram-sha-256\n{before}")
    server.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    server.execute("SELECT pg_reload_conf()")
    later = server.create("later_tables")
    foreign = server.create("foreign_tables")
    empty = server.create("nothing_yet", template=None)
    ask(later, "UPDATE alembic_version SET version_num = '9999'")
    yield Guarded(server, empty, later, foreign)
    path.write_text(before)
    server.execute("SELECT pg_reload_conf()")
    for url in (later, foreign, empty):
        server.drop(url)


def ask(url: URL, statement: str) -> str:
    """What a database answers to a statement."""

    async def run() -> str:
        text = url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(text)
        try:
            return str(await connection.fetchval(statement))
        finally:
            await connection.close()

    return asyncio.run(run())


def text_of(url: URL) -> dict[str, str]:
    """The settings of a database."""
    text = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return {"DAYBOOK_DATABASE_URL": text, "DAYBOOK_SECRET": SECRET}


def test_what_postgresql_refuses(guarded: Guarded) -> None:
    own = frozenset(OWN_DATABASE)
    by_name = guarded.foreign.set(username="guarded")
    wrong, right = (text_of(by_name.set(password=word)) for word in ("wrong", "right"))
    nowhere = text_of(guarded.foreign.set(database="nowhere"))

    told = 'password authentication failed for user "guarded": check user and password'
    refuse(Broken(wrong, told, own))
    refuse(Broken(right, "permission denied for table", own))
    told = 'database "nowhere" does not exist: create it, then run `daybook db upgrade`'
    refuse(Broken(nowhere, told, own))


def test_postgresql_databases_of_another_version(guarded: Guarded) -> None:
    own = frozenset(OWN_DATABASE)

    told = "the database was made by a later version of Daybook (revision 9999, this"
    refuse(Broken(text_of(guarded.later), told, own | {"db compact"}))
    told = "run `daybook db upgrade`, or restore a backup into it first"
    refuse(Broken(text_of(guarded.empty), told, own | {"db compact", "db upgrade"}))


def test_a_server_that_is_older_than_those_that_are_tested(
    new_postgresql: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daybook.db.migrate.OLDEST_TESTED", 99)

    told = "and 99 is the oldest that Daybook is tested with: upgrade the server"
    refuse(Broken(text_of(new_postgresql()), told, frozenset(OWN_DATABASE)))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"DAYBOOK_SECRET": "short"}, "has 5 characters, and 32 random bytes take 43"),
        ({"DAYBOOK_SECRET": "a" * 50}, "repeats a few characters"),
        ({"DAYBOOK_TRUSTED_DOCUMENTS": "afile"}, "there is no folder afile"),
        ({"DAYBOOK_OIDC_ISSUER": "https://a.example.com"}, "set DAYBOOK_OIDC_CLIENT_I"),
    ],
)
def test_what_only_a_server_needs(settings: dict[str, str], told: str) -> None:
    others = ARGUMENTS.keys() - {"serve"}

    refuse(Broken(settings, told, frozenset(others)))


def test_a_port_that_is_in_use() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]

        ended = call("serve", {}, port)

    assert (ended.status, ended.out) == (1, "")
    assert ended.err == (
        f"daybook: port {port} is in use by another program: stop that, or choose"
        " another port with --port\n"
    )


@pytest.mark.parametrize(
    "name",
    [name for name in ARGUMENTS if any(file in ARGUMENTS[name] for file in FILES)],
)
def test_a_file_that_there_is_not(name: str, folder: Path) -> None:
    for file in FILES:
        (folder / file).unlink()

    ended = call(name, {})

    (line,) = ended.err.splitlines()
    assert (ended.status, ended.out) == (2, "")
    assert any(file in line for file in FILES)
    assert "no such file" in line.lower()
