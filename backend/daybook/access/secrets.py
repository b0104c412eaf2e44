"""Secrets: passwords, and tokens of sessions, links and API keys.

Passwords are hashed with argon2id, slowly. Tokens have 256 random bits, so a plain hash
of them is enough: nobody can guess one, and who reads the database learns none.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from secrets import token_bytes, token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from daybook.settings import Switches

TOKEN_BYTES = 32
TOKEN_MAX = 200
"""No token that is presented is longer; longer ones are not even hashed."""
KEY_PREFIX = "daybook_"
"""API keys begin so: people and scanners know a leaked one when they see it."""

_HASHING = ThreadPoolExecutor(2, "passwords")
"""However many sign in at once, memory and processors stay free for the others."""


async def hash_of_password(password: str) -> str:
    """The text that is stored of a password."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_HASHING, _hasher().hash, password)


async def is_password(stored: str | None, password: str) -> bool:
    """Whether a password is the stored one; it takes as long where there is none."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_HASHING, _verify, stored, password)


@cache
def _hasher() -> PasswordHasher:
    """What hashes passwords in this process."""
    if Switches().weak_passwords:
        return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return PasswordHasher()  # RFC 9106's choice where memory is not plenty: 64 MiB


def _verify(stored: str | None, password: str) -> bool:
    try:
        return _hasher().verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """What nobody's password is compared with."""
    return _hasher().hash(token_bytes(16))


def new_token() -> str:
    """A token that nobody can guess."""
    return token_urlsafe(TOKEN_BYTES)


def new_key() -> str:
    """An API key."""
    return KEY_PREFIX + new_token()


def hash_of_token(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token[:TOKEN_MAX].encode(errors="replace")).digest()
