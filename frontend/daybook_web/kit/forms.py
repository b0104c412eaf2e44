"""Forms: typed values, choices, and problems of fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.requests import Request

from daybook_web.kit.links import Link

FIELDS_MAX = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a form's field, and values that may have been meant.

    `field` is empty for problems of no single field.
    """

    field: str
    message: str
    similar: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a form offers, and the text that people choose it by."""

    value: str
    text: str


class UnreadableFile(Exception):
    """A form's file that isn't text, with the name of its field."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


async def form_of(request: Request, fields_max: int = FIELDS_MAX) -> dict[str, str]:
    """A form's fields by name; the last one of several with the same name."""
    async with request.form(max_files=0, max_fields=fields_max) as form:
        return {name: str(value) for name, value in form.items()}


async def form_with_file(request: Request) -> dict[str, str]:
    """A form's fields by name, a file's text among them.

    Raises UnreadableFile for a file that isn't UTF-8.
    """
    async with request.form(max_files=1, max_fields=FIELDS_MAX) as form:
        return {name: await _text_of(name, value) for name, value in form.items()}


async def _text_of(field: str, value: UploadFile | str) -> str:
    if isinstance(value, str):
        return value
    try:
        return (await value.read()).decode()
    except UnicodeDecodeError:
        raise UnreadableFile(field) from None


async def form_with_list(
    request: Request, name: str, fields_max: int = FIELDS_MAX
) -> tuple[dict[str, str], list[str]]:
    """A form's fields by name, and all values of one field."""
    async with request.form(max_files=0, max_fields=fields_max) as form:
        values = [str(value) for value in form.getlist(name)]
        return {name: str(value) for name, value in form.items()}, values


def number_in(form: Mapping[str, str], name: str) -> int:
    """The number in a form's field; 0, which nothing has, for text that is none."""
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def address_of(request: Request) -> str:
    """The network address of the caller, as far as the server knows it."""
    return request.client.host if request.client else ""
