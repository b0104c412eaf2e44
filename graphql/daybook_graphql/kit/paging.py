"""The arguments of connections, and cursors: from arguments to a keyset and back.

A cursor is base64url of the JSON list of the item's sort key. Pages are cut by that
key and not by an offset, so journals that are posted meanwhile shift nothing.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias, TypedDict

import strawberry

from daybook.numbers import NUMBER_MAX
from daybook.paging import PageRequest
from daybook.reports.searching import can_be_stored
from daybook_graphql.kit.errors import ErrorCode, failure

SIZE_MAX = 100
SIZE_DEFAULT = 20
CURSOR_MAX = 4_000
"""No cursor is longer: the senders' own ids are short."""
SMALL_MAX = 2**31 - 1
"""Beyond the first, parts of a key are small: places and days."""

argument = strawberry.argument
First: TypeAlias = Annotated[
    int | None,
    argument(description="So many items from the start, or after `after`: 1 to 100."),
]
After: TypeAlias = Annotated[
    str | None, argument(description="Only what comes after this cursor.")
]
Last: TypeAlias = Annotated[
    int | None,
    argument(description="So many items from the end, or before `before`: 1 to 100."),
]
Before: TypeAlias = Annotated[
    str | None, argument(description="Only what comes before this cursor.")
]


class PageArguments(TypedDict):
    """The four arguments of every connection, as they were given."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None


def page_request(
    key_shape: int | tuple[type, ...],
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> PageRequest:
    """The requested page of a connection.

    `key_shape` is how many numbers the list's key has, or the types of its parts.
    Raises INVALID_PAGE where they contradict one another or pass a limit, and
    INVALID_CURSOR for a cursor that no list with such a key gave.
    """
    if first is not None and last is not None:
        raise _no_page("first and last together make no page: give one", "last")
    if after is not None and before is not None:
        raise _no_page("after and before together make no page: give one", "before")
    if after is not None and last is not None:
        raise _no_page("after goes with first", "after")
    if before is not None and first is not None:
        raise _no_page("before goes with last", "before")
    is_backward = last is not None or before is not None
    size, name = (last, "last") if is_backward else (first, "first")
    if size is not None and not 1 <= size <= SIZE_MAX:
        raise _no_page(f"{name} is between 1 and {SIZE_MAX}, not {size}", name)
    cursor, name = (before, "before") if is_backward else (after, "after")
    shape = (int,) * key_shape if isinstance(key_shape, int) else key_shape
    key = None if cursor is None else key_of(cursor, shape, name)
    return PageRequest(SIZE_DEFAULT if size is None else size, key, is_backward)


def _no_page(message: str, name: str) -> Exception:
    return failure(ErrorCode.INVALID_PAGE, message, name)


def cursor_of(key: Sequence[int | str]) -> str:
    """The cursor of an item with this key."""
    text = json.dumps(list(key), separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def key_of(cursor: str, shape: tuple[type, ...], name: str) -> tuple[Any, ...]:
    """The key of a cursor; raises INVALID_CURSOR unless `cursor_of` made it."""
    value: Any = None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        if len(cursor) < CURSOR_MAX:
            value = json.loads(urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        value = None
    if not _is_key(value, shape) or cursor_of(value) != cursor:
        raise no_cursor(name)
    return tuple(value)


def no_cursor(name: str) -> Exception:
    """The error for an argument that holds no cursor of its list."""
    message = f"{name}: not a cursor of this list"
    return failure(ErrorCode.INVALID_CURSOR, message, name)


def _is_key(value: Any, shape: tuple[type, ...]) -> bool:
    return (
        isinstance(value, list)
        and len(value) == len(shape)
        and all(
            type(part) is kind and _can_be_in_a_key(part, at)
            for at, (part, kind) in enumerate(zip(value, shape, strict=True))
        )
    )


def _can_be_in_a_key(part: Any, at: int) -> bool:
    if isinstance(part, str):
        return can_be_stored(part)
    limit: int = SMALL_MAX if at else NUMBER_MAX
    return bool(0 <= part <= limit)
