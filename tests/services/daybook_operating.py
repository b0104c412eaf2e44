"""The files that docs/operating.md shows, as an operator saves them."""

from pathlib import Path

from daybook_docs_commands import ROOT, read_page

NAME = "operating.md"
TEXT = (ROOT / "docs" / NAME).read_text("utf-8")
FILES = read_page(NAME, TEXT).files


def saved(name: str, folder: Path, replaced: dict[str, str] | None = None) -> Path:
    """Save a file of the page in a folder, with some of its texts replaced."""
    text = FILES[name]
    for before, after in (replaced or {}).items():
        assert before in text, f"{name} has no {before}"
        text = text.replace(before, after)
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path
