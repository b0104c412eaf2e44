"""Host names and addresses of web sites, as settings have them."""

import json
import re
from ipaddress import ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

_HOST_NAME = re.compile(
    r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?"
)
"""A name or an address as the Host header has it, without the port."""


def read_host_names(value: Any) -> Any:
    """Host names of a comma list, or of a JSON list; a value of another type is kept.

    Raises ValueError for a text that has anything else.
    """
    if not isinstance(value, str):
        return value
    names = _names_of_json(value)
    if names is None:
        names = [name.strip() for name in value.split(",") if name.strip()]
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise ValueError(
                "must be host names without scheme and port, such as"
                " books.example.com,books.example.net"
            )
    return tuple(names)


def _names_of_json(text: str) -> list[str] | None:
    """The items of a JSON list; None for any other text, such as `[::1]`."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return [str(name) for name in found] if isinstance(found, list) else None


def read_hosts_and_networks(value: Any) -> Any:
    """Host names, addresses and networks of a comma list, as `read_host_names`.

    Raises ValueError for a text that has anything else.
    """
    if not isinstance(value, str):
        return value
    names = _names_of_json(value)
    if names is None:
        names = [name.strip() for name in value.split(",") if name.strip()]
    for name in names:
        if not (_HOST_NAME.fullmatch(name) or _is_network(name)):
            raise ValueError(
                "must be host names, addresses or networks, such as"
                " hooks.internal,10.1.2.0/24,fd00::/8"
            )
    return tuple(names)


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def check_site(value: str) -> str:
    """Return the address of a web site without a path, or an empty text.

    Raises ValueError for anything else.
    """
    if value and not is_site(value):
        raise ValueError(
            "must be scheme and host alone, such as https://books.example.com"
        )
    return value


def is_site(value: str) -> bool:
    """Whether a text is the address of a web site without a path."""
    parts = _split(value)
    return parts is not None and not parts.path.strip("/")


def check_provider(value: str) -> str:
    """Return the address of an OpenID Connect provider, or an empty text.

    Raises ValueError for anything else.
    """
    if value and _split(value) is None:
        raise ValueError("must be an address such as https://accounts.example.com")
    return value


def check_endpoint(value: str) -> str:
    """Return the address of another program's interface; it is never empty.

    Raises ValueError for anything else.
    """
    if _split(value) is None:
        raise ValueError("must be an address such as https://api.example.com/v2/")
    return value


def check_file_address(value: str) -> str:
    """Return the address of a file on the web; raises ValueError for anything else."""
    parts = _split(value)
    if parts is None or not parts.path.strip("/"):
        raise ValueError("must be the address of a file, such as https://host/file.zip")
    return value


def check_redis(value: str) -> None:
    """Raise ValueError for a text that is no address of Redis, and not empty."""
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError unless it is a number
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    database = parts.path.strip("/")
    is_server = parts.scheme in {"redis", "rediss"} and bool(parts.hostname)
    is_socket = parts.scheme == "unix" and bool(database)
    is_numbered = is_socket or not database or database.isdecimal()
    if value and not (is_numbered and (is_server or is_socket)):
        raise ValueError(
            "must be redis://HOST:PORT/NUMBER (rediss:// with TLS) or unix:///SOCKET"
        )


def _split(value: str) -> SplitResult | None:
    """The parts of an address of scheme, host and path; None if it has others."""
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError unless it is a number
    except ValueError:
        return None
    is_plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return parts if is_plain and is_web and value == value.strip() else None
