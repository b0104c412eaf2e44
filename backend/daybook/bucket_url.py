"""The address of a bucket, as the setting of the storage has it."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from daybook.addresses import is_site

EXAMPLE = "s3://daybook/books?region=eu-central-1"
OPTIONS = ("endpoint", "region", "profile")

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_FOLDER = re.compile(r"[A-Za-z0-9_.=-]+", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_.@-]+", re.ASCII)


class BucketUrl(NamedTuple):
    """A folder of a bucket, and how its store is reached; None for the defaults.

    Credentials are never part of it.
    """

    bucket: str
    prefix: str
    """The folder, without slashes around it; empty for the bucket itself."""
    endpoint: str | None = None
    region: str | None = None
    profile: str | None = None

    def __str__(self) -> str:
        """The address that `read_bucket_url` reads."""
        given = {name: getattr(self, name) for name in OPTIONS}
        texts = [
            f"{name}={quote(text, safe=':/')}" for name, text in given.items() if text
        ]
        query = f"?{'&'.join(texts)}" if texts else ""
        return f"s3://{'/'.join(filter(None, (self.bucket, self.prefix)))}{query}"

    def below(self, folder: str) -> "BucketUrl":
        """The address of a folder in this one."""
        return self._replace(prefix="/".join(filter(None, (self.prefix, folder))))


def check_bucket_url(value: str) -> str:
    """Return the address of a bucket, or an empty text; raises ValueError for others.

    Its message never repeats what it was given, since that may hold credentials.
    """
    if value:
        read_bucket_url(value)
    return value


def read_bucket_url(value: str) -> BucketUrl:
    """`s3://BUCKET/PREFIX?endpoint=…&region=…&profile=…`; raises ValueError."""
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        parts = None
    if parts is None or parts.scheme != "s3" or parts.fragment:
        raise ValueError(f"must be s3://BUCKET/PREFIX, such as {EXAMPLE}")
    if "@" in parts.netloc:
        raise ValueError(
            "must have no credentials: they belong into AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY, or into a profile (?profile=NAME)"
        )
    if not _BUCKET.fullmatch(parts.netloc):
        raise ValueError(
            "must name a bucket of 3 to 63 lower-case letters, digits, dots and"
            f" hyphens, such as {EXAMPLE}"
        )
    prefix = parts.path.strip("/")
    folders = prefix.split("/") if prefix else []
    if not all(_FOLDER.fullmatch(name) and name.strip(".") for name in folders):
        raise ValueError(
            "must have a prefix of letters, digits, dots, hyphens and slashes, such as"
            f" {EXAMPLE}"
        )
    return BucketUrl(parts.netloc, prefix, **_options(parts.query))


def _options(query: str) -> Mapping[str, str]:
    """What is after the question mark, by its names."""
    pairs = parse_qsl(query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    unknown = [name for name in names if name not in OPTIONS]
    if unknown:
        raise ValueError(
            "must have nothing after its question mark but endpoint, region and profile"
        )
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"must name its {twice[0]} once")
    given = dict(pairs)
    if "endpoint" in given and not is_site(given["endpoint"]):
        raise ValueError(
            "must have an endpoint of scheme and host alone, such as"
            " endpoint=https://minio.example.com:9000"
        )
    for name in ("region", "profile"):
        if name in given and not _NAME.fullmatch(given[name]):
            raise ValueError(f"must have a {name} of letters, digits and hyphens")
    return given
