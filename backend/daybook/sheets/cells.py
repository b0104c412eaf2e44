"""Text as a cell of a CSV file that no spreadsheet takes for a formula.

Spreadsheets run what begins with a sign. Which signs those are, and what is skipped
before one, differs between them: some take the fullwidth forms for the signs
themselves, some leave out spaces, marks and characters that can't be seen.
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
SKIPPED = frozenset(chr(one) for a, b in _RANGES for one in range(a, b + 1))
"""Spaces, control and format characters, and others that take no place on a screen."""
_SUSPECTS = SIGNS | SKIPPED
_SKIPPED_TEXT = "".join(sorted(SKIPPED))


def cell(text: str) -> str:
    """Text as a CSV cell; what a spreadsheet would run gets a leading apostrophe."""
    # Nearly no name begins with one of them: there is nothing more to look at.
    if text[:1] in _SUSPECTS and _is_formula(text):
        text = f"'{text}"
    # Spelled out: this runs for each cell, and a loop over the four takes four times
    # as long.
    if "," in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def defused(text: str) -> str:
    """Text with a leading apostrophe where a spreadsheet would run it, not quoted."""
    return f"'{text}" if text and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return text[0] in "\t\r" or text.lstrip(_SKIPPED_TEXT)[:1] in SIGNS
