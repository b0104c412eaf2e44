"""Style sheets, scripts and icons, under addresses that change with their content.

The pages have one style sheet, which is put together from the files in `styles`.
"""

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
    return {**found, STYLE_SHEET: b"\n".join(path.read_bytes() for path in sheets)}


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
    }
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    media_type = MEDIA_TYPES[Path(name).suffix]
    return Response(contents()[name], media_type=media_type, headers=headers)


def static_route() -> Route:
    """The route of all static files."""
    return Route("/static/{hash:str}/{name:path}", static_file)
