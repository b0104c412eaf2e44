"""The names under which files are kept, shown and downloaded."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.errors import Rejected
from daybook.evidence.rules import NAME_BYTES_MAX, NAME_MAX, file_name, lock_of


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("contract.pdf", "contract.pdf"),
        ("C:\\Users\\ada\\contract.pdf", "contract.pdf"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("invoice\u202efdp.pdf", "invoicefdp.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie_ x.pdf"),
        ('say "hi" <b>.pdf', "say _hi_ _b_.pdf"),
        ("zero\u200bwidth\ufeff.csv", "zerowidth.csv"),
        ("nul\0.pdf", "nul.pdf"),
        ("half\ud800.pdf", "half.pdf"),
        (" .hidden.pdf. ", "hidden.pdf"),
        ("Vertra\u0308ge  2025.pdf", "Vertr\u00e4ge 2025.pdf"),
        ("x" * 300 + ".pdf", "x" * (NAME_MAX - 4) + ".pdf"),
        ("\u5951" * 140 + ".xlsx", "\u5951" * 65 + ".xlsx"),
    ],
)
def test_a_name_is_kept_without_what_deceives(sent: str, kept: str) -> None:
    assert file_name(sent) == kept


@pytest.mark.parametrize("sent", ["", "   ", "contract", ".pdf", "a/b/", "\u202e.pdf"])
def test_a_name_without_a_stem_or_a_suffix_is_refused(sent: str) -> None:
    with pytest.raises(Rejected, match="a file needs a name with a suffix"):
        file_name(sent)


@given(st.text(max_size=400))
def test_every_name_is_safe_and_stays_itself(sent: str) -> None:
    try:
        kept = file_name(sent)
    except Rejected:
        return

    assert kept.isprintable() and not set(kept) & set('/\\<>:"|?*')
    assert len(kept) <= NAME_MAX and len(kept.encode()) <= NAME_BYTES_MAX
    assert kept == kept.strip() == unicodedata.normalize("NFC", kept)
    assert not kept.startswith(".") and "." in kept
    assert file_name(kept) == kept


@pytest.mark.parametrize(
    ("text", "found"),
    [("USD/14", ("USD", 14)), ("USD/0", None), ("usd/1", None), ("USD/1 ", None)],
)
def test_a_lock_is_named_by_its_ledger_and_recording(
    text: str, found: tuple[str, int] | None
) -> None:
    assert lock_of(text) == found
