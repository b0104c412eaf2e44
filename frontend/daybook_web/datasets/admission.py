"""Who may load a dataset: by a key as a password, a bearer's key, or a session.

Spreadsheets ask without credentials first, and answer a challenge with HTTP Basic. They
keep the key and send it with every request, so it is taken over HTTPS only, or on this
machine, and nobody is asked for it elsewhere.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from daybook.access.rules import Caller, Permission
from daybook.settings import Settings
from daybook_graphql.context import STRANGER
from daybook_graphql.kit.errors import TooMany
from daybook_graphql.transport.caller_limits import counted_as
from daybook_graphql.transport.callers import (
    Authenticator,
    Credentials,
    credentials_of,
)
from daybook_web.kit.guard import note_caller
from daybook_web.kit.privacy import is_private

CHALLENGE = 'Basic realm="Daybook datasets", charset="UTF-8"'
HTTPS_ONLY = (
    "this address answers only over HTTPS: a key would be sent in the clear (on the"
    " server itself, ask 127.0.0.1)"
)
NO_KEY = (
    "send an API key that may DATASET as the password of any user name"
    " (`daybook key create NAME --may DATASET`)"
)
NOT_A_KEY = (
    "the key is unknown, has expired or was revoked: `daybook key list` tells which,"
    " `daybook key create NAME --may DATASET` makes another"
)
MAY_NOT = (
    "the key lacks the permission DATASET, and keeps those that it was made with: make"
    " another one, `daybook key create NAME --may DATASET`"
)


async def admitted(
    request: Request, authenticator: Authenticator, settings: Settings
) -> Caller | Response:
    """The caller who may load datasets, or the answer to anybody else.

    Strangers are challenged and counted, by the address that they call from.
    """
    if not is_private(request, settings):
        return answer_text(HTTPS_ONLY, HTTPStatus.FORBIDDEN)
    credentials = dataset_credentials(request.headers, settings)
    caller = await authenticator.caller_of_datasets(credentials)
    limits = authenticator.limits
    try:
        if caller is STRANGER:
            await limits.count(counted_as(STRANGER, request))
            words = NOT_A_KEY if credentials.key else NO_KEY
            headers = {"WWW-Authenticate": CHALLENGE}
            return answer_text(words, HTTPStatus.UNAUTHORIZED, headers)
        await limits.admit(request, caller)
    except TooMany as refused:
        status = HTTPStatus.TOO_MANY_REQUESTS
        return answer_text(str(refused), status, refused.headers)
    if not caller.may(Permission.DATASET):
        return answer_text(MAY_NOT, HTTPStatus.FORBIDDEN)
    note_caller(request, caller)
    return caller


def dataset_credentials(headers: Mapping[str, str], settings: Settings) -> Credentials:
    """The credentials of a request, where HTTP Basic holds a key, too.

    The key is the password of any user, or the user without a password.
    """
    scheme, _, text = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "basic":
        return credentials_of(headers, settings)
    try:
        user, _, password = (
            b64decode(text.strip(), validate=True).decode().partition(":")
        )
    except (binascii.Error, UnicodeDecodeError):
        return Credentials(key="")
    return Credentials(key=password or user)


def answer_text(
    message: str, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """A short answer for programs; people see it, too, in Excel's messages."""
    return PlainTextResponse(f"{message}\n", status, headers=headers)
