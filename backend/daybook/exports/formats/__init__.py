"""The formats, one file each: pure functions from units to bytes.

The command line, GraphQL, downloads and jobs all take them from `FORMATS`.
"""

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.formats.beancount import BEANCOUNT
from daybook.exports.formats.contract import Format
from daybook.exports.formats.generic import SEQUENCE
from daybook.exports.formats.netsuite import NETSUITE
from daybook.exports.formats.parquet import PARQUET
from daybook.exports.formats.quickbooks import QUICKBOOKS
from daybook.exports.formats.xero import XERO
from daybook.exports.formats.xlsx import XLSX

__all__ = [
    "DEFAULT",
    "FORMATS",
    "FORMAT_NAMES",
    "SEQUENCE",
    "SYSTEM_NAMES",
    "Format",
    "format_name",
    "format_of",
    "parse_format",
]

FORMATS = (SEQUENCE, XERO, QUICKBOOKS, NETSUITE, BEANCOUNT, PARQUET, XLSX)
DEFAULT = SEQUENCE
FORMAT_NAMES = ", ".join(file_format.name for file_format in FORMATS)
SYSTEM_NAMES = ", ".join(
    file_format.name for file_format in FORMATS if file_format.integration is not None
)
"""The formats for one accounting system each."""


def parse_format(text: str) -> Format:
    """A format by its name, in any case; raises Rejected with the list of them."""
    for file_format in FORMATS:
        if file_format.name == text.strip().upper():
            return file_format
    message = f"{text!r} is not a format: it is one of {FORMAT_NAMES}"
    raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("format",))])


def format_of(number: int) -> Format:
    """A format by its stored number; raises LookupError for an unknown one."""
    for file_format in FORMATS:
        if file_format.number == number:
            return file_format
    raise LookupError(f"this version of Daybook doesn't know format {number}")


def format_name(number: int) -> str:
    """The name of a stored format, or its number if this version doesn't know it."""
    try:
        return format_of(number).name
    except LookupError:
        return str(number)
