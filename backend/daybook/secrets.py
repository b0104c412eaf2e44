"""The server's secret, which signs and encrypts: a key per purpose, derived by HKDF.

`DAYBOOK_SECRET` has one or more secrets: the first signs and encrypts, and all verify
and decrypt, so that a secret can be changed without invalidating cookies. On SQLite, a
file beside the database has a secret that is created at the first start.
"""

import hmac
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from secrets import token_hex, token_urlsafe

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from daybook.db.engine import database_url
from daybook.settings import Settings

SECRET_FILE = "secret"
"""Its name, beside the SQLite file."""
SECRET_BYTES = 32
SECRET_MIN = 43
"""The length of 32 random bytes in base64."""
DISTINCT_MIN = 8
"""A secret with fewer different characters was typed, not drawn at random."""
SIGNED_MAX = 1_000
"""The longest signed text; longer input is rejected unread."""
MAKE_ONE = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'
MADE_ANEW = "and the next start makes one"


class SecretUnfit(Exception):
    """There is no secret, or it can be guessed or read; the message says what to do."""


class SignaturePurpose(StrEnum):
    """What a text is signed for; a signature is valid for its purpose only."""

    DEVICE = "device"
    INVITEE = "invitee"
    LINK = "link"


class SealPurpose(StrEnum):
    """What a value is encrypted for; only its purpose decrypts it."""

    CONNECTION = "connection's tokens"
    MAIL = "mailed link"
    WEBHOOK = "webhook secret"


class Seal(StrEnum):
    """Which secret a value is encrypted with."""

    FIRST = "first"
    FORMER = "former"
    """One that is still listed behind the first."""
    LOST = "lost"
    """One that isn't listed any more."""


class Secrets:
    """Signs and encrypts with the first of several secrets; all verify and decrypt."""

    def __init__(self, secrets: Sequence[str]) -> None:
        for secret in secrets:
            _check(secret)
        self._keys = {
            purpose: [_key(secret, purpose) for secret in secrets]
            for purpose in SignaturePurpose
        }
        self._first_seals = {
            purpose: Fernet(urlsafe_b64encode(_key(secrets[0], purpose)))
            for purpose in SealPurpose
        }
        self._seals = {
            purpose: MultiFernet(
                [Fernet(urlsafe_b64encode(_key(secret, purpose))) for secret in secrets]
            )
            for purpose in SealPurpose
        }

    @classmethod
    def of(cls, settings: Settings) -> "Secrets":
        """The secrets of the settings, or of the file beside a SQLite database.

        Raises SecretUnfit if a PostgreSQL database has none.
        """
        configured = _several(settings.secret.get_secret_value())
        if configured:
            return cls(configured)
        url = database_url(settings)
        if url.get_backend_name() == "sqlite" and url.database:
            return cls(_of_file(Path(url.database).parent / SECRET_FILE))
        raise SecretUnfit(
            "DAYBOOK_SECRET is not set, and the servers of one PostgreSQL database"
            f" need the same one: make it with `{MAKE_ONE}`"
        )

    @staticmethod
    def check(text: str) -> None:
        """Raise SecretUnfit if one of the secrets in a setting can be guessed."""
        for secret in _several(text):
            _check(secret)

    def sign(self, purpose: SignaturePurpose, text: str) -> str:
        """The text with its signature, in letters, digits, `-`, `_` and a dot.

        The text stays readable.
        """
        signature = _signature(self._keys[purpose][0], text)
        return f"{_encoded(text.encode())}.{_encoded(signature)}"

    def verify(self, purpose: SignaturePurpose, signed: str) -> str | None:
        """The text that was signed for this purpose; None for anything else."""
        if len(signed) > SIGNED_MAX or not signed.isascii():
            return None
        first, _, second = signed.partition(".")
        try:
            text, signature = _decoded(first).decode(), _decoded(second)
        except ValueError:
            return None
        if signed != f"{_encoded(text.encode())}.{_encoded(signature)}":
            return None  # base64 has other writings of the same bytes
        fits = [
            hmac.compare_digest(_signature(key, text), signature)
            for key in self._keys[purpose]
        ]
        return text if any(fits) else None

    @property
    def count(self) -> int:
        """How many secrets there are."""
        return len(self._keys[SignaturePurpose.DEVICE])

    def seal(self, purpose: SealPurpose, text: str) -> bytes:
        """Encrypt a text to be stored."""
        return self._seals[purpose].encrypt(text.encode())

    def unseal(self, purpose: SealPurpose, sealed: bytes) -> str | None:
        """The text that was encrypted; None if none of the secrets decrypts it."""
        try:
            return self._seals[purpose].decrypt(sealed).decode()
        except InvalidToken:
            return None

    def seal_of(self, purpose: SealPurpose, sealed: bytes) -> Seal:
        """Which of the secrets decrypts a value."""
        if self.unseal(purpose, sealed) is None:
            return Seal.LOST
        try:
            self._first_seals[purpose].decrypt(sealed)
        except InvalidToken:
            return Seal.FORMER
        return Seal.FIRST

    def seal_again(self, purpose: SealPurpose, sealed: bytes) -> bytes:
        """Encrypt a value with the first secret, whichever it is encrypted with.

        One that none of the secrets decrypts stays as it is.
        """
        try:
            return self._seals[purpose].rotate(sealed)
        except InvalidToken:
            return sealed


def _several(text: str) -> list[str]:
    return [secret for secret in re.split(r"[\s,]+", text) if secret]


def _check(secret: str) -> None:
    if len(secret) < SECRET_MIN:
        size = f"{len(secret)} character{'s' * (len(secret) != 1)}"
        raise SecretUnfit(
            f"a secret in DAYBOOK_SECRET has {size}, and 32 random bytes take"
            f" {SECRET_MIN} at the least: make one with `{MAKE_ONE}`"
        )
    if len(set(secret)) < DISTINCT_MIN:
        raise SecretUnfit(
            "a secret in DAYBOOK_SECRET repeats a few characters, so that it can be"
            f" guessed: make one with `{MAKE_ONE}`"
        )


def _key(secret: str, purpose: SignaturePurpose | SealPurpose) -> bytes:
    info = f"daybook {purpose.value}".encode()
    derived = HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=info)
    return derived.derive(secret.encode())


def _signature(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), sha256)


def _encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _of_file(path: Path) -> list[str]:
    """The secrets in a file, which the first process creates."""
    if not path.exists():
        _make_file(path)
    if not path.is_file():
        raise SecretUnfit(f"{path} is not a file: move it away, {MADE_ANEW}")
    if path.stat().st_mode & 0o007:
        raise SecretUnfit(f"anybody can read {path}: run `chmod 600 {path}`")
    try:
        found = _several(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        message = f"{path} holds no text: remove it, {MADE_ANEW}"
        raise SecretUnfit(message) from None
    if not found:
        raise SecretUnfit(f"{path} is empty: remove it, {MADE_ANEW}")
    return found


def _make_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{token_hex(8)}")
    opened = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "w") as file:
            file.write(f"{token_urlsafe(SECRET_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        # A link appears with its contents, and of several processes only one makes it.
        try:
            os.link(aside, path)
        except FileExistsError:
            return
    finally:
        aside.unlink()
