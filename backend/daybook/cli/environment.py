"""The settings of the environment, and what is wrong with them in words."""

import os
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic import SecretStr, ValidationError
from pydantic_settings import DotEnvSettingsSource

from daybook.cli.env_file import EnvFileUnfit, take_env_file
from daybook.settings import ENV_FILE, ENV_FILE_VARIABLE, PREFIX, Settings

OTHERS = frozenset({"ENV_FILE", "KEY", "URL", "POSTGRES_PASSWORD", "STORE_PASSWORD"})
"""Variables that aren't settings: the file of settings, and what clients and the
compose file read."""
OF_TESTS = "TEST_"
"""How variables begin that tests read."""

_NEAR = 0.75
"""How alike a name is to a setting's that is mistyped: `DAYBOOK_PORT` is the user's."""

_WORDS = {
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "datetime_from_date_parsing": "must be a time such as 2026-01-31T12:00:00Z",
    "datetime_parsing": "must be a time such as 2026-01-31T12:00:00Z",
}
"""What a value has to be, by the kind of pydantic's error."""


class SettingsUnfit(Exception):
    """Settings can't be read or used; the message names each, and says what to do."""


def read_settings() -> Settings:
    """The settings of the environment; raises SettingsUnfit."""
    try:
        take_env_file()
        settings = Settings()
    except EnvFileUnfit as unfit:
        raise SettingsUnfit(str(unfit)) from None
    except ValidationError as invalid:
        wrong = "; ".join(_in_words(error) for error in invalid.errors())
        raise SettingsUnfit(wrong) from None
    except UnicodeDecodeError:
        raise SettingsUnfit(f"{ENV_FILE} is not a text in UTF-8") from None
    except OSError as error:
        raise SettingsUnfit(
            f"{ENV_FILE} in this folder can't be read: {error.strerror}; run this as a"
            " user who may read it, or in another folder"
        ) from None
    if "database_url" in settings.model_fields_set and not settings.database_url:
        raise SettingsUnfit(
            "DAYBOOK_DATABASE_URL is empty: name a database, or leave the variable out"
            " for a SQLite file in DAYBOOK_DATA"
        )
    _check_secret(settings)
    _check_folders(settings)
    return settings


class UnknownVariables(NamedTuple):
    """Variables that look like settings and aren't: what is wrong with each, in words.

    One that is `mistyped` is nearly a setting's name, `others` may be the user's own.
    """

    mistyped: list[str]
    others: list[str]


def unknown_variables() -> UnknownVariables:
    """The variables that begin as settings do, and aren't any."""
    known = {name.upper() for name in Settings.model_fields}
    is_read = not os.environ.get(ENV_FILE_VARIABLE)
    in_file = DotEnvSettingsSource(Settings).env_vars if is_read else {}
    # pydantic reads names in either case.
    named = {name.upper() for name in (*os.environ, *in_file)}
    ours = {name.removeprefix(PREFIX) for name in named if name.startswith(PREFIX)}
    found = UnknownVariables([], [])
    for name in sorted(ours - known - OTHERS):
        if name.startswith(OF_TESTS):
            continue
        near = get_close_matches(name, known, 1, _NEAR)
        if near:
            found.mistyped.append(
                f"{PREFIX}{name} is no setting: rename it to {PREFIX}{near[0]} if you"
                " meant that, or remove it"
            )
        else:
            found.others.append(f"{PREFIX}{name} is no setting, and was ignored")
    return found


def _check_secret(settings: Settings) -> None:
    """Raise SettingsUnfit for a secret that could be guessed."""
    if not settings.secret.get_secret_value():
        return
    # Imported here: most commands have no secret to check.
    from daybook.secrets import Secrets, SecretUnfit  # noqa: PLC0415  (takes a while)

    try:
        Secrets.check(settings.secret.get_secret_value())
    except SecretUnfit as unfit:
        raise SettingsUnfit(str(unfit)) from None


def _check_folders(settings: Settings) -> None:
    """Raise SettingsUnfit for paths that can't be used as folders."""
    folders = {
        "DATA": settings.data,
        "EXPORTS": settings.exports,
        "EVIDENCE": settings.evidence,
        "GL_INPUTS": settings.gl_inputs,
        "GL_SEGMENTS": settings.gl_segments,
    }
    for name, path in folders.items():
        try:
            is_unfit = path is not None and path.exists() and not path.is_dir()
        except OSError as error:
            reason = f"can't be used: {error.strerror}"
            raise SettingsUnfit(f"DAYBOOK_{name}: {path} {reason}") from None
        if is_unfit:
            raise SettingsUnfit(f"DAYBOOK_{name}: {path} is not a folder")
    for name in ("EXPORTS", "EVIDENCE", "GL_INPUTS", "GL_SEGMENTS"):
        if settings.storage_url and folders[name] is not None:
            raise SettingsUnfit(
                f"DAYBOOK_{name} and DAYBOOK_STORAGE_URL name two places for the same"
                " files: remove one of them"
            )


def _in_words(error: Any) -> str:
    """A setting's error: its variable, what it has to be, and what it is."""
    message = error["msg"].removeprefix("Value error, ")
    message = message.replace("Input should be", "must be")
    words = _WORDS.get(error["type"], message)
    name = str(error["loc"][0])
    told = f"DAYBOOK_{name.upper()} {words}"
    # What is secret isn't shown, and an address may have a password before its host.
    is_secret = Settings.model_fields[name].annotation is SecretStr
    is_hidden = is_secret or "@" in str(error["input"])
    return told if is_hidden else f"{told}, not {error['input']!r}"
