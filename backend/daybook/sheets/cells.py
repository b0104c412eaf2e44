"""Text as a CSV cell that no spreadsheet runs as a formula.

Spreadsheets run text that begins with a sign. They differ in which characters count as
signs and which are skipped before one: some accept fullwidth forms, some skip spaces,
marks and invisible characters.
"""

SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b")
"""The signs, and their fullwidth and small forms."""
_RANGES = (
    *((0x00, 0x20), (0x7F, 0xA0), (0xAD, 0xAD), (0x34F, 0x34F), (0x600, 0x605)),
    *((0x61C, 0x61C), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2)),
    *((0x115F, 0x1160), (0x1680, 0x1680), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F), (0x2800, 0x2800)),
    *((0x3000, 0x3000), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x110BD, 0x110BD), (0x110CD, 0x110CD)),
    *((0x13430, 0x1343F), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)
SKIPPED = frozenset(
    chr(code) for first, last in _RANGES for code in range(first, last + 1)
)
"""Spaces, control and format characters, and others that are invisible."""
_SUSPECTS = SIGNS | SKIPPED
_SKIPPED_TEXT = "".join(sorted(SKIPPED))


def exact_cell(text: str) -> str:
    """Text as a CSV cell, unchanged: a formula too."""
    if "," in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def cell(text: str) -> str:
    """Text as a CSV cell; a formula gets a leading apostrophe."""
    # Hardly any text begins with one of these characters: the rest is done.
    if text[:1] in _SUSPECTS and _is_formula(text):
        text = f"'{text}"
    # Spelled out, since this runs for each cell and a loop would be four times slower.
    if "," in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def defused(text: str) -> str:
    """Text with a leading apostrophe if it is a formula, without CSV quotes."""
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run a text."""
    # Hardly any text begins with one of these characters.
    return text[:1] in _SUSPECTS and _is_formula(text)


def _is_formula(text: str) -> bool:
    return text[0] in "\t\r" or text.lstrip(_SKIPPED_TEXT)[:1] in SIGNS
