"""Forms with a file that is too large to be read into memory."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from daybook_web.kit.forms import FIELDS_MAX

DISCARDED_BYTES_MAX = 128 * 2**20
"""How much is read of what a form has too much: browsers show no answer that comes
before they have sent everything."""


@dataclass(frozen=True, slots=True)
class FileForm:
    """A form's fields by name and its first file; neither if the form is too large.

    `files` are all of them, with the names of their fields.
    """

    fields: Mapping[str, str]
    file: UploadFile | None = None
    is_too_large: bool = False
    files: Sequence[tuple[str, UploadFile]] = ()


class FormLimits(NamedTuple):
    """How many bytes a form has at most, and how many files."""

    bytes_max: int
    files_max: int = 1


class Unreadable(Exception):
    """A body that isn't a form with a file; the message says why."""


class _TooLarge(MultiPartException):
    """A form of too many bytes."""


@asynccontextmanager
async def file_form(
    request: Request, bytes_max: int, files_max: int = 1
) -> AsyncIterator[FileForm]:
    """A form with a file, or several, which lie on the disk if they are large.

    Raises Unreadable, and ClientDisconnect where the form ends early.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Unreadable("a form with a file is multipart/form-data")
    parser = MultiPartParser(
        request.headers,
        _within(request, bytes_max),
        max_files=files_max,
        max_fields=FIELDS_MAX,
    )
    try:
        form = await parser.parse()
    except _TooLarge:
        yield FileForm({}, is_too_large=True)
        return
    except MultiPartException as wrong:
        raise Unreadable(wrong.message) from None
    try:
        texts = {name: value for name, value in form.items() if isinstance(value, str)}
        files = [
            (name, value)
            for name, value in form.multi_items()
            if isinstance(value, UploadFile)
        ]
        first = files[0][1] if files else None
        yield FileForm(texts, first, files=files)
    finally:
        await form.close()


async def _within(request: Request, bytes_max: int) -> AsyncGenerator[bytes, None]:
    """The body of a request; raises _TooLarge at its end if that is too far."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= bytes_max:
            yield chunk
        elif size > bytes_max + DISCARDED_BYTES_MAX:
            break
    if size > bytes_max:
        raise _TooLarge("the form is too large")
