"""What a small form was filled in with, and where it was sent from."""

from starlette.requests import Request

FIELDS_MAX = 10


async def form_of(request: Request) -> dict[str, str]:
    """A form's fields by name; of several the last one."""
    async with request.form(max_files=0, max_fields=FIELDS_MAX) as form:
        return {name: str(value) for name, value in form.items()}


def place_called_from(request: Request) -> str:
    """The address that somebody calls from, as far as the server knows it."""
    return request.client.host if request.client else ""
