"""What is signed: rotation, purposes, and the file of a first start."""

import hmac
import subprocess
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from pydantic import SecretStr

from daybook.secrets import SealPurpose, Secrets, SecretUnfit, SignaturePurpose
from daybook.settings import Settings

OLD = "an-old-secret-0123456789-abcdefghijklmnopqrs"
NEW = "a-newer-secret-9876543210-zyxwvutsrqponmlkji"
MAKES = """
import sys
from pathlib import Path
from daybook.secrets import Secrets, SignaturePurpose
from daybook.settings import Settings
print(Secrets.of(Settings(data=Path(sys.argv[1]))).sign(SignaturePurpose.DEVICE, "x"))
"""


def test_what_was_signed_is_known_again_and_what_was_changed_is_not() -> None:
    secrets = Secrets([NEW])
    signed = secrets.sign(SignaturePurpose.DEVICE, "Söhne & 1")

    assert secrets.verify(SignaturePurpose.DEVICE, signed) == "Söhne & 1"
    text, _, signature = signed.partition(".")
    other = secrets.sign(SignaturePurpose.DEVICE, "Söhne & 2").partition(".")[0]
    for forged in (
        *("", ".", "x", text, f"{text}.", f".{signature}", f"{text}.{signature}x"),
        *(f"{other}.{signature}", f"{text}.{signature}.x", "\udc80", "é.é"),
        *(f"{text}.{signature[:-2]}", "=" * 9_000, f"{text}x.{signature}"),
        f"gICA.{signature}",  # no text
    ):
        assert secrets.verify(SignaturePurpose.DEVICE, forged) is None, forged


def test_a_purpose_s_signature_is_nothing_for_another() -> None:
    secrets = Secrets([NEW])
    signed = {one: secrets.sign(one, "1") for one in SignaturePurpose}

    assert len(set(signed.values())) == len(SignaturePurpose)
    for one, its in signed.items():
        assert [two for two in SignaturePurpose if secrets.verify(two, its) == "1"] == [
            one
        ]


def test_the_first_secret_signs_and_all_are_known() -> None:
    before, both, after = Secrets([OLD]), Secrets([NEW, OLD]), Secrets([NEW])
    old = before.sign(SignaturePurpose.DEVICE, "1")
    new = both.sign(SignaturePurpose.DEVICE, "1")

    assert both.verify(SignaturePurpose.DEVICE, old) == "1"
    assert after.verify(SignaturePurpose.DEVICE, new) == "1"
    assert after.verify(SignaturePurpose.DEVICE, old) is None
    assert before.verify(SignaturePurpose.DEVICE, new) is None


def test_keys_are_derived_as_rfc_5869_says() -> None:
    extracted = hmac.digest(bytes(32), NEW.encode(), sha256)
    key = hmac.digest(extracted, b"daybook device\x01", sha256)
    expected = urlsafe_b64encode(hmac.digest(key, b"1", sha256)).decode()

    signed = Secrets([NEW]).sign(SignaturePurpose.DEVICE, "1")

    assert signed == f"MQ.{expected.rstrip('=')}"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("short", "has 5 characters, and 32 random bytes take 43"),
        (NEW[:42], "has 42 characters"),
        ("ab" * 30, "repeats a few characters"),
        (f"{NEW} short", "has 5 characters"),
    ],
)
def test_what_can_be_guessed_is_refused(given: str, words: str) -> None:
    with pytest.raises(SecretUnfit, match=words) as refused:
        Secrets.of(Settings(secret=SecretStr(given)))

    assert "DAYBOOK_SECRET" in str(refused.value)
    assert "secrets.token_urlsafe(32)" in str(refused.value)
    assert given not in str(refused.value)


def test_several_stand_apart_by_commas_or_spaces() -> None:
    signed = Secrets([OLD]).sign(SignaturePurpose.DEVICE, "1")

    for given in (f"{NEW},{OLD}", f"{NEW} {OLD}", f" {NEW},\n {OLD}, "):
        secrets = Secrets.of(Settings(secret=SecretStr(given)))
        assert secrets.verify(SignaturePurpose.DEVICE, signed) == "1"
        assert secrets.sign(SignaturePurpose.DEVICE, "1") == Secrets([NEW]).sign(
            SignaturePurpose.DEVICE, "1"
        )


def test_servers_of_one_database_are_told_to_share_one() -> None:
    settings = Settings(database_url="postgresql://daybook@db/daybook")

    with pytest.raises(SecretUnfit, match="DAYBOOK_SECRET is not set") as refused:
        Secrets.of(settings)

    assert "secrets.token_urlsafe(32)" in str(refused.value)


def test_a_first_start_makes_one_that_only_its_user_reads(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    first = Secrets.of(Settings(data=folder)).sign(SignaturePurpose.DEVICE, "1")

    assert Secrets.of(Settings(data=folder)).sign(SignaturePurpose.DEVICE, "1") == first
    assert (folder / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret"]
    elsewhere = Settings(database_url=f"sqlite:///{folder}/other.db")
    assert Secrets.of(elsewhere).sign(SignaturePurpose.DEVICE, "1") == first


def test_first_starts_at_once_agree(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MAKES, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    signed = {one.communicate(timeout=60)[0] for one in started}

    assert [one.returncode for one in started] == [0] * 6
    assert len(signed) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_file_that_others_read_or_that_is_empty_is_refused(tmp_path: Path) -> None:
    settings, file = Settings(data=tmp_path), tmp_path / "secret"
    Secrets.of(settings)
    file.chmod(0o644)
    with pytest.raises(SecretUnfit, match="anybody can read"):
        Secrets.of(settings)

    file.chmod(0o600)
    file.write_text("\n")
    with pytest.raises(SecretUnfit, match="is empty: remove it"):
        Secrets.of(settings)


def test_the_file_may_hold_old_ones_too(tmp_path: Path) -> None:
    settings, file = Settings(data=tmp_path), tmp_path / "secret"
    signed = Secrets.of(settings).sign(SignaturePurpose.DEVICE, "1")

    file.write_text(f"{NEW}\n{file.read_text()}")

    assert Secrets.of(settings).verify(SignaturePurpose.DEVICE, signed) == "1"
    assert Secrets.of(settings).sign(SignaturePurpose.DEVICE, "1") != signed


def test_a_file_of_bytes_and_a_folder_are_told_to_be_that(tmp_path: Path) -> None:
    settings, place = Settings(data=tmp_path), tmp_path / "secret"
    place.mkdir(mode=0o755)
    with pytest.raises(SecretUnfit, match="is not a file: move it away"):
        Secrets.of(settings)

    place.rmdir()
    place.write_bytes(bytes(range(256)))
    place.chmod(0o600)
    with pytest.raises(SecretUnfit, match="holds no text: remove it"):
        Secrets.of(settings)


def test_a_sealed_text_is_opened_by_any_of_the_secrets() -> None:
    purpose = SealPurpose.WEBHOOK
    before, after = Secrets([OLD]), Secrets([NEW, OLD])

    sealed = before.seal(purpose, "whsec_abc")

    assert b"whsec_abc" not in sealed
    assert before.unseal(purpose, sealed) == "whsec_abc"
    assert after.unseal(purpose, sealed) == "whsec_abc"
    assert before.unseal(purpose, after.seal(purpose, "new")) is None
    assert before.unseal(purpose, sealed[:-1] + b"A") is None
    assert before.unseal(purpose, b"") is None
