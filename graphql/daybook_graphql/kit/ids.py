"""Global ids: opaque text, base64url of `Type:key`, where the key is a natural one.

    Ledger:USD          LedgerAccount:USD:BILLED    RecordedLock:USD:14
    Customer:<own id>   Product:<own id>
    Invoice:<own id>    CreditNote:<own id>     BillingSchedule:<own id>
    User:<address>      ApiKey:3
    Journal:USD:42      Movement:USD:42:1  Entry:USD:42:1:2025-01-31
    ExportJob:7         ExportRecord:7      Attachment:7

A key never holds Daybook's internal numbers, and every look-up adds the caller's
organisation: no id leads to another organisation's rows.

Each feature declares the ids of its own types in its `ids.py`: a named tuple of the
key's parts, whose text is the id before it is encoded, registered by `node_id`.
"""

import re
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, TypeVar

import strawberry

from daybook.errors import quoted
from daybook_graphql.kit.errors import ErrorCode, failure

TEXT_MAX = 2_000
"""The most characters of an id: the senders' own ids are short."""

IDS_MAX = 4_096
"""How many ids are kept: a page of a list has hundreds, many of them the same."""

NodeId: TypeAlias = tuple[Any, ...]
"""A named tuple that `node_id` registered."""
IdText: TypeAlias = str
"""The text of such a tuple: what long lists have, since it is made in less time."""
ReadPart: TypeAlias = Callable[[str], object]
"""Reads a part of a key; raises ValueError or KeyError for other text."""

IdType = TypeVar("IdType", bound=NodeId)


class _Kind(NamedTuple):
    """A type of ids, a reader for each part of their keys, and a query for them."""

    id_type: Callable[..., NodeId]
    readers: tuple[ReadPart, ...]
    found_by: str


_KINDS: dict[str, _Kind] = {}
_NAMES: dict[type[NodeId], str] = {}


ANY_FOUND_BY = "send what a field `id` answered, as it is"


def node_id(
    name: str, *readers: ReadPart, found_by: str = ANY_FOUND_BY
) -> Callable[[type[IdType]], type[IdType]]:
    """Register a named tuple as the id of a GraphQL type; a reader for each part.

    `found_by` says where a caller finds such an id.
    """

    def register(id_type: type[IdType]) -> type[IdType]:
        assert name not in _KINDS, f"{name} has a type of ids already"
        _KINDS[name] = _Kind(id_type, readers, found_by)
        _NAMES[id_type] = name
        return id_type

    return register


def encode(node: NodeId | IdText) -> strawberry.ID:
    """The id as the API shows it."""
    # By its text: named tuples of two types are equal where their parts are.
    return _encoded(str(node))


@lru_cache(IDS_MAX)
def _encoded(text: IdText) -> strawberry.ID:
    encoded = b2a_base64(text.encode(), newline=False)
    # A page has hundreds: `strawberry.ID(…)` would be a call more for each.
    id_: Any = encoded.translate(_URL_SAFE, b"=").decode("ascii")
    return id_  # type: ignore[no-any-return]


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def decode(text: str, argument: str = "id", *, found_by: str = ANY_FOUND_BY) -> NodeId:
    """The node that an id names; raises INVALID_ID unless `encode` could make it."""
    try:
        return _decoded(text)
    except (ValueError, KeyError):
        message = f"{argument}: {quoted(text)} is not an id of this API: {found_by}"
        raise failure(ErrorCode.INVALID_ID, message, argument) from None


def expect(text: str, expected: type[IdType], argument: str) -> IdType:
    """The node that an id of one type names; raises INVALID_ID for other types."""
    found_by = _KINDS[_NAMES[expected]].found_by
    node = decode(text, argument, found_by=found_by)
    if not isinstance(node, expected):
        raise wrong_type(node, type_words(expected), argument)
    return node


def wrong_type(node: NodeId, expected: str, argument: str) -> Exception:
    """The error for an id of another type than an argument takes."""
    message = f"{argument}: the id {type_words(type(node))}, not {expected}"
    return failure(ErrorCode.INVALID_ID, message, argument)


def type_words(id_type: type[NodeId]) -> str:
    """`of an Invoice`, for messages."""
    name = _NAMES[id_type]
    return f"of {'an' if name[0] in 'AEIOU' else 'a'} {name}"


_SEQ = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def read_currency(text: str) -> str:
    """A ledger's currency."""
    return _matching(_CURRENCY, text)


def read_seq(text: str) -> int:
    """A movement's place in its journal."""
    return int(_matching(_SEQ, text))


def read_external_id(text: str) -> str:
    """The sender's own id, which may hold colons: it is the whole key."""
    if not text or "\x00" in text:  # PostgreSQL's text holds no NUL
        raise ValueError("not the id of anything that was sent")
    return text


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{text!r} is not part of an id")
    return text


def _decoded(text: str) -> NodeId:
    """Decode an id; raises ValueError or KeyError for anything else."""
    if len(text) > TEXT_MAX:
        raise ValueError("longer than any id")
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    name, _, key = urlsafe_b64decode(padded).decode().partition(":")
    id_type, readers, _ = _KINDS[name]
    parts = [key] if readers == (read_external_id,) else key.split(":")
    if len(parts) != len(readers):
        raise ValueError("too few or too many parts")
    node = id_type(*[read(part) for read, part in zip(readers, parts, strict=True)])
    if encode(node) != text:  # one spelling only: ids can be compared and cached
        raise ValueError("not in canonical form")
    return node
