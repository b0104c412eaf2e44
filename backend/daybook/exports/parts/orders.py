"""What an export's processes are told: the file, as JSON."""

import json
import os
from typing import Any, NamedTuple

from sqlalchemy import make_url

from daybook.db.engine import Database
from daybook.exports.compression import Compression, compression_of
from daybook.exports.formats import DEFAULT, Format, format_of
from daybook.exports.rules import Granularity
from daybook.exports.stored_selection import filter_of, filter_text
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter

MESSAGE_BYTES_MAX = 2**24
"""More than the numbers of a slice's journals, or a filter, ever have."""


class FileOrder(NamedTuple):
    """A file of journals: what it holds, and its form."""

    database: Database
    pin: Pin
    journal_filter: JournalFilter
    granularity: Granularity
    file_format: Format = DEFAULT
    compression: Compression | None = None


def order_message(order: FileOrder) -> dict[str, Any]:
    """The order for another process; it has the password of the database."""
    compression = order.compression
    return {
        "database_url": order.database.url.render_as_string(hide_password=False),
        "pin": order.pin._replace(audit_head=None),
        "filter": filter_text(order.journal_filter),
        "granularity": order.granularity.value,
        "format": order.file_format.number,
        "compression": None if compression is None else compression.name,
        "niceness": os.getpriority(os.PRIO_PROCESS, 0),
    }


def order_of(message: dict[str, Any]) -> FileOrder:
    """The order of a message by `order_message`; the caller closes its database."""
    return FileOrder(
        Database(make_url(message["database_url"])),
        Pin(*message["pin"]),
        filter_of(message["filter"]),
        Granularity(message["granularity"]),
        format_of(message["format"]),
        compression_of(message["compression"]),
    )


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
