"""Names of downloads in the header Content-Disposition (RFC 6266)."""

import re
import unicodedata
from urllib.parse import quote

_UNSAFE = re.compile(r"[^A-Za-z0-9 !#&()+,.=@\[\]_{}~-]")
"""What no quoted name has: a percent sign too, which some browsers decode."""


def disposition(name: str) -> str:
    """The header for a file that is saved under a name.

    Clients that know no `filename*` get a name in ASCII, with `_` for what it can't
    hold. No character of the name ends the header or its quotes.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = _UNSAFE.sub("_", plain)
    if plain == name:
        return f'attachment; filename="{name}"'
    # A name all of whose characters are foreign keeps its suffix at least.
    stem, dot, suffix = plain.rpartition(".")
    fallback = f"{stem.strip() or 'file'}{dot}{suffix}" if dot else plain or "file"
    return f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(name, '')}"
