"""What an export's processes are told: the file, as JSON."""

import json
import os
from typing import Any, NamedTuple

from sqlalchemy import make_url

from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import format_of
from daybook.exports.rules import Granularity
from daybook.exports.stored_spec import (
    filter_of,
    filter_text,
    options_of,
    options_text,
)
from daybook.exports.writing.compression import compression_of
from daybook.ledger.pins import Pin

MESSAGE_BYTES_MAX = 2**24
"""More than the numbers of a slice's journals, or a filter, ever have."""


class FileOrder(NamedTuple):
    """A file of journals, and where they are."""

    database: Database
    spec: FileSpec


def order_message(order: FileOrder) -> dict[str, Any]:
    """The order for another process; it has the password of the database."""
    spec, compression = order.spec, order.spec.compression
    return {
        "database_url": order.database.url.render_as_string(hide_password=False),
        "pin": spec.pin._replace(audit_head=None),
        "filter": filter_text(spec.journal_filter),
        "granularity": spec.granularity.value,
        "format": spec.file_format.number,
        "compression": None if compression is None else compression.name,
        "options": options_text(spec.options),
        "niceness": os.getpriority(os.PRIO_PROCESS, 0),
    }


def order_of(message: dict[str, Any]) -> FileOrder:
    """The order of a message by `order_message`; the caller closes its database."""
    spec = FileSpec(
        Pin(*message["pin"]),
        filter_of(message["filter"]),
        Granularity(message["granularity"]),
        None,
        format_of(message["format"]),
        compression_of(message["compression"]),
        options_of(message["options"]),
    )
    return FileOrder(Database(make_url(message["database_url"])), spec)


def encoded(message: dict[str, Any]) -> bytes:
    """A message as a line."""
    return f"{json.dumps(message)}\n".encode()


def numbers_message(numbers: Any) -> dict[str, Any]:
    """The numbers of a slice's journals: the ends of a range, or a list."""
    if isinstance(numbers, range):
        return {"first": numbers[0], "last": numbers[-1]}
    return {"numbers": list(numbers)}


def numbers_of(message: dict[str, Any]) -> Any:
    """The numbers of a message by `numbers_message`."""
    if "numbers" in message:
        return message["numbers"]
    return range(message["first"], message["last"] + 1)
