"""The lines that a server logs: when in UTC, how bad, who says it, and what."""

import logging
import time
from asyncio import CancelledError
from collections.abc import Mapping
from typing import Any


class LogLine(logging.Formatter):
    """Formats a record as one line; a bug's traceback follows in indented lines.

    Nothing that is logged looks like a further record, whatever texts it quotes.
    """

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ"
        )
        self.converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's)
        """The record as one line; what can't be printed is escaped."""
        return _printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802  (logging's)
        """A traceback, indented."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"  {_printable(line)}" for line in lines)


def _printable(text: str) -> str:
    """A text with escapes for what can't be printed, such as a line's end."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in text
    )


class NoStops(logging.Filter):
    """Leaves out the answers that a stopping server broke off.

    uvicorn logs the traceback of each, beside a line that says how many they are.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, CancelledError)


LOGGING: Mapping[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": LogLine}},
    "filters": {"no stops": {"()": NoStops}},
    "handlers": {
        "errors": {
            "filters": ["no stops"],
            "class": "logging.StreamHandler",
            "formatter": "line",
            "stream": "ext://sys.stderr",
        }
    },
    "root": {"handlers": ["errors"], "level": "WARNING"},
    "loggers": {
        "asyncio": {"level": "WARNING"},
        **{
            name: {"level": "INFO"}
            for name in ("daybook", "daybook_graphql", "daybook_web")
        },
    },
}
"""The configuration of each process of a server."""
