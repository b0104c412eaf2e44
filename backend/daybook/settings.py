"""Settings of a process, from `DAYBOOK_*` variables or a `.env` file."""

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from daybook.addresses import (
    check_endpoint,
    check_file_address,
    check_provider,
    check_redis,
    check_site,
    read_host_names,
    read_hosts_and_networks,
)
from daybook.bucket_url import check_bucket_url
from daybook.smtp_urls import check_sender, check_smtp_url

NOW_MIN = datetime(2001, 1, 2, tzinfo=UTC)
NOW_MAX = datetime(2099, 12, 30, tzinfo=UTC)
"""Within the calendar, in any time zone, and with a year before it for the demo."""


HOURS = 24
PROCESSES_MAX = 64
"""How many processes one export may have."""


def _with_zone(value: datetime) -> datetime:
    """Read a time without a zone as UTC; refuse one outside the calendar."""
    known = value if value.tzinfo else value.replace(tzinfo=UTC)
    if not NOW_MIN <= known <= NOW_MAX:
        raise ValueError(f"must be in {NOW_MIN:%Y-%m-%d} … {NOW_MAX:%Y-%m-%d}")
    return known


def _redis_url(value: SecretStr) -> SecretStr:
    """Refuse what isn't an address of Redis, without showing its password."""
    check_redis(value.get_secret_value())
    return value


def _hour_or_off(value: object) -> object:
    """Read an hour of the day, `0` to `23`, or `off`."""
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if text == "off":
        return None
    if not text.isdecimal() or int(text) >= HOURS:
        raise ValueError("must be an hour of the day from 0 to 23, or off")
    return int(text)


def _organisation_number(value: object) -> object:
    """Refuse a name, which admins may change, in words that lead to the number."""
    if isinstance(value, str) and not value.strip().isdecimal():
        raise ValueError(
            "must be an organisation's number, as `daybook organisation list` shows it"
        )
    return value


PREFIX = "DAYBOOK_"
"""How the names of variables begin."""
ENV_FILE = ".env"
"""The file in the working folder that may hold settings."""
ENV_FILE_VARIABLE = "DAYBOOK_ENV_FILE"
"""Names another file, which the command line reads (`daybook.cli.env_file`)."""


class _Given(PydanticBaseSettingsSource):
    """The settings that variables give.

    pydantic's own source examines the type of each setting before it looks whether
    there is a variable for it: a quarter of the time that a short command takes.
    """

    def __init__(self, variables: EnvSettingsSource) -> None:
        super().__init__(variables.settings_cls)
        self._variables = variables

    def get_field_value(
        self, field: FieldInfo, field_name: str
    ) -> tuple[Any, str, bool]:
        """A setting's text, its name, and whether the text is JSON."""
        return self._variables.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """The values by the settings' names."""
        given: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            if f"{PREFIX}{name}".lower() in self._variables.env_vars:
                text, key, is_json = self.get_field_value(field, name)
                given[key] = self._variables.prepare_field_value(
                    name, field, text, is_json
                )
        return given


class Switches(BaseSettings):
    """Settings of a process that are the same for all databases it opens."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  (pydantic's signature)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (as above)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, and `.env` unless `DAYBOOK_ENV_FILE` names another file."""
        assert isinstance(env_settings, EnvSettingsSource)
        assert isinstance(dotenv_settings, EnvSettingsSource)
        # The working folder of an operator may be one that the service can't read.
        if os.environ.get(ENV_FILE_VARIABLE):
            return init_settings, _Given(env_settings)
        return init_settings, _Given(env_settings), _Given(dotenv_settings)

    fast: bool = True
    """Whether private interfaces of libraries replace slow public ones
    (`daybook.db.fast` and `daybook_graphql.execution.fast`). Answers are the same."""
    weak_passwords: bool = False
    """For tests only: password hashes cost almost nothing, so a reader of the database
    can find the passwords."""


@cache
def is_fast() -> bool:
    """Whether this process uses private interfaces of libraries."""
    return Switches().fast


class Settings(Switches):
    """All settings; the defaults need nothing but a writable folder."""

    data: Path = Path("daybook-data")
    """The folder of the SQLite file and everything else that is stored locally."""
    database_url: str = ""
    """`sqlite:///file.db` or `postgresql://…`; empty means a file in `data`."""
    now: Annotated[datetime, AfterValidator(_with_zone)] | None = None
    """A fixed present, for demos, tests and reproductions."""
    organisation: Annotated[int, BeforeValidator(_organisation_number)] = Field(
        default=1, gt=0, lt=2**63
    )
    """The number of the organisation that commands act on. Not its name, which its
    admins may change: a command that runs every night must not act on another."""
    import_bytes_max: int = Field(default=128 * 2**20, gt=0)
    """The most bytes of one import, counted after decompression."""
    query_seconds_max: float = Field(default=30, gt=0)
    """How long a GraphQL query may take; mutations have no limit."""
    query_cost_max: int = Field(default=50_000, gt=0)
    """How many values a GraphQL operation may return."""
    requests_at_once: int = Field(default=50, gt=0)
    """How many requests of a key or user are answered at a time, including pages."""
    requests_per_minute: int = Field(default=6_000, gt=0)
    """How many requests and WebSocket messages a key or user may send per minute."""
    sockets_per_caller: int = Field(default=20, gt=0)
    """How many WebSockets a key or user may have open."""
    subscriptions_per_caller: int = Field(default=100, gt=0)
    """How many subscriptions a key or user may have, over all sockets and streams."""
    sockets_per_organisation: int = Field(default=100, gt=0)
    """How many WebSockets all keys and users of an organisation may have open."""
    subscriptions_per_organisation: int = Field(default=200, gt=0)
    """How many subscriptions they may have, since a change is sent to all of them."""
    exports: Path | None = None
    """The folder of exports; empty means beside the SQLite file, or in `data`."""
    storage_url: Annotated[str, AfterValidator(check_bucket_url)] = ""
    """`s3://BUCKET/PREFIX?endpoint=…&region=…&profile=…` for exports, uploads and
    evidence in an S3-compatible store; empty for folders."""
    uploads_max: int = Field(default=20, gt=0)
    """How many uploads an organisation may have that aren't imported yet."""
    uploads_bytes_max: int = Field(default=2**30, gt=0)
    """How many bytes these uploads may have together."""
    evidence: Path | None = None
    """The folder of evidence; empty means beside the SQLite file, or in `data`."""
    evidence_bytes_max: int = Field(default=5 * 2**30, gt=0)
    """How many bytes of evidence an organisation may have, with what was removed."""
    gl_inputs: Path | None = None
    """The folder of what comes in of the general ledger; empty means beside the SQLite
    file, or in `data`."""
    gl_segments: Path | None = None
    """The folder of what refreshes make of that; empty means beside the SQLite file, or
    in `data`."""
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] = SecretStr("")
    """Redis, which wakes the workers of several machines; empty for exports that are
    made by the server itself."""
    exports_at_once: int | None = Field(default=None, ge=0)
    """How many exports this process renders at a time; 0 leaves them to others. By
    default 1, and 0 for a server with Redis, which leaves them to workers."""
    exports_per_organisation: int = Field(default=10, gt=0)
    """How many exports of an organisation are rendered at a time, on all machines."""
    export_processes: int = Field(default=0, ge=0, le=PROCESSES_MAX)
    """How many processes render a large export together; 0 for as many as there are
    cores for."""
    export_days: int = Field(default=7, gt=0, le=36_500)
    """How long an export's file is kept."""
    stream_rows_max: int = Field(default=100_000, gt=0)
    """How many lines `/journals.csv` and files of reports send at once; larger ones are
    left to exports, and to commands."""
    export_lease_seconds: float = Field(default=15, gt=0, le=86_400)
    """How long a worker may be silent before another takes its export."""
    allowed_hosts: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(read_host_names)
    ] = ("127.0.0.1", "localhost", "[::1]")
    """Host names that the server answers to; others are refused. A comma list."""

    secret: SecretStr = SecretStr("")
    """The secrets to sign with: the first signs, and signatures of the others are still
    valid. If it is empty on SQLite, a file beside the database has one."""
    public_url: Annotated[str, AfterValidator(check_site)] = ""
    """The address where people open Daybook, such as `https://daybook.example.com`: it
    is used in links, and with https cookies are sent over TLS only."""
    oidc_issuer: Annotated[str, AfterValidator(check_provider)] = ""
    """The OpenID Connect provider to sign in with; empty for none."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = "your organisation's account"
    """The provider's name on the sign-in page."""
    smtp_url: Annotated[SecretStr, AfterValidator(check_smtp_url)] = SecretStr("")
    """The mail server, `smtp://USER:PASSWORD@HOST:587` or `smtps://…`; if it is empty,
    mail is written into the folder `outbox`."""
    mail_from: Annotated[
        str, AfterValidator(check_sender), Field(validate_default=True)
    ] = ""
    """The sender of mail, such as `Daybook <books@example.com>`."""
    webhooks_allow: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(read_hosts_and_networks)
    ] = ()
    """Host names, addresses and networks that webhooks may call although they aren't on
    the public internet, or without TLS. A comma list."""
    xero_client_id: str = ""
    """Daybook's own id at Xero, of an app that the operator registers there; empty if
    connections take files alone."""
    xero_client_secret: SecretStr = SecretStr("")
    xero_scopes: str = (
        "offline_access accounting.journals.read accounting.transactions.read"
        " accounting.settings.read accounting.contacts.read accounting.budgets.read"
    )
    """What an admin is asked to allow, divided by spaces."""
    xero_authorize_url: Annotated[str, AfterValidator(check_endpoint)] = (
        "https://login.xero.com/identity/connect/authorize"
    )
    """Where admins are sent to connect."""
    xero_token_url: Annotated[str, AfterValidator(check_endpoint)] = (
        "https://identity.xero.com/connect/token"
    )
    xero_connections_url: Annotated[str, AfterValidator(check_endpoint)] = (
        "https://api.xero.com/connections"
    )
    """Where Xero lists the organisations that an admin connected."""
    xero_api_url: Annotated[str, AfterValidator(check_endpoint)] = (
        "https://api.xero.com/api.xro/2.0/"
    )
    xero_revoke_url: Annotated[str, AfterValidator(check_endpoint)] = (
        "https://identity.xero.com/connect/revocation"
    )
    xero_sync_hour: Annotated[int | None, BeforeValidator(_hour_or_off)] = Field(
        default=3, ge=0, lt=HOURS
    )
    """The hour, in each organisation's time zone, at which its connections are synced
    each night; None if they aren't."""
    ecb_url: Annotated[str, AfterValidator(check_file_address)] = (
        "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
    )
    """Where `daybook fx refresh` downloads the ECB's rates."""
    graphiql: bool = False
    """Whether `/graphiql` shows an explorer of the API to signed-in users."""
    trusted_documents: Path | None = None
    """A folder of `.graphql` files with operations that programs may call by hash."""
    trusted_only: bool = False
    """Whether programs may run only these and Daybook's own operations."""

    @field_validator("mail_from")
    @classmethod
    def _has_sender(cls, value: str, info: ValidationInfo) -> str:
        """Refuse a mail server without a sender, whom it would refuse."""
        server = info.data.get("smtp_url")
        if server and server.get_secret_value() and not value:
            raise ValueError(
                "must be the sender of mail, such as Daybook <books@example.com>, since"
                " DAYBOOK_SMTP_URL is set"
            )
        return value

    @property
    def is_secure(self) -> bool:
        """Whether people reach Daybook over HTTPS."""
        return self.public_url.startswith("https://")

    @property
    def sqlite_path(self) -> Path:
        """The path of the SQLite file if no database is named."""
        return self.data / "daybook.db"
