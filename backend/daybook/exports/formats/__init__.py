"""The formats that there are, one file each: pure functions from units to bytes.

Every door takes them from `FORMATS`: the command line, GraphQL, downloads and jobs.
"""

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.formats.contract import Format
from daybook.exports.formats.generic import SEQUENCE

__all__ = [
    "DEFAULT",
    "FORMATS",
    "FORMAT_NAMES",
    "Format",
    "format_name",
    "format_of",
    "parse_format",
]

FORMATS = (SEQUENCE,)
DEFAULT = SEQUENCE
FORMAT_NAMES = ", ".join(one.name for one in FORMATS)


def parse_format(text: str) -> Format:
    """A format by its name, in any case; raises Rejected with the list of them."""
    for one in FORMATS:
        if one.name == text.strip().upper():
            return one
    message = f"{text!r} is not a format: it is one of {FORMAT_NAMES}"
    raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("format",))])


def format_of(number: int) -> Format:
    """A format by the number that is stored; raises LookupError for an unknown one."""
    for one in FORMATS:
        if one.number == number:
            return one
    raise LookupError(f"this version of Daybook doesn't know format {number}")


def format_name(number: int) -> str:
    """The name of a stored format; its number where this version doesn't know it."""
    try:
        return format_of(number).name
    except LookupError:
        return str(number)
