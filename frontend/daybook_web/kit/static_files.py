"""Style sheets, scripts and icons, under addresses that change with their content.

Each is compressed once, and sent so to clients that take gzip.
The pages have one style sheet, which is put together from the files in `styles`.
"""

import gzip
import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

STATIC = Path(__file__).parents[1] / "static"
STYLES = Path(__file__).parents[1] / "styles"
STYLE_SHEET = "daybook.css"
LAYERS = ("reset", "tokens", "base", "layout", "components/*", "utilities")
"""The files of the style sheet: one for each layer, or for each component."""
_NOT_FOR_BROWSERS = re.compile(r"/\*.*?\*/|^\s+| (?=\{)", re.DOTALL | re.MULTILINE)
"""Comments, indentation and the like: a fifth of the compressed style sheet."""
_LINE_ENDS = re.compile(r"(?<=[{};,])\n")
"""Ends of lines that separate nothing; those after a comment are known without it."""
YEAR_SECONDS = 365 * 24 * 60 * 60
MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".LICENSE": "text/plain",
}


@cache
def contents() -> Mapping[str, bytes]:
    """The content of each file by its name, which is its path below the folder."""
    found = {
        path.relative_to(STATIC).as_posix(): path.read_bytes()
        for path in sorted(STATIC.rglob("*"))
        if path.suffix in MEDIA_TYPES
    }
    sheets = [path for name in LAYERS for path in sorted(STYLES.glob(f"{name}.css"))]
    style = "\n".join(path.read_text() for path in sheets)
    return {**found, STYLE_SHEET: for_browsers(style).encode()}


def for_browsers(style: str) -> str:
    """A style sheet without what only its readers need."""
    return _LINE_ENDS.sub("", _NOT_FOR_BROWSERS.sub("", style))


@cache
def compressed() -> Mapping[str, bytes]:
    """The content of each file that is smaller compressed, by its name."""
    found = {
        name: gzip.compress(content, mtime=0) for name, content in contents().items()
    }
    return {
        name: content
        for name, content in found.items()
        if len(content) < len(contents()[name])
    }


@cache
def content_hashes() -> Mapping[str, str]:
    """A hash of each file's content by its name."""
    return {
        name: sha256(content).hexdigest()[:16] for name, content in contents().items()
    }


def static_url(name: str) -> str:
    """The address of a file; raises KeyError if there is none."""
    return f"/static/{content_hashes()[name]}/{name}"


async def static_file(request: Request) -> Response:
    """A file, to be kept for a year if the address is that of its present content."""
    name, requested = request.path_params["name"], request.path_params["hash"]
    actual = content_hashes().get(name)
    if actual is None:
        raise HTTPException(404)
    # A page that was opened before an upgrade gets the present file.
    lasting = f"public, max-age={YEAR_SECONDS}, immutable"
    headers = {
        "Cache-Control": lasting if requested == actual else "no-cache",
        "ETag": f'"{actual}"',
        "Vary": "Accept-Encoding",
    }
    content = contents()[name]
    encodings = request.headers.get("Accept-Encoding", "")
    if name in compressed() and "gzip" in encodings:
        content = compressed()[name]
        headers["ETag"] = f'"{actual}-gzip"'
        headers["Content-Encoding"] = "gzip"
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        headers.pop("Content-Encoding", None)
        return Response(status_code=304, headers=headers)
    media_type = MEDIA_TYPES[Path(name).suffix]
    return Response(content, media_type=media_type, headers=headers)


def static_route() -> Route:
    """The route of all static files."""
    return Route("/static/{hash:str}/{name:path}", static_file)
