"""Style sheets, scripts and icons, under addresses that change with their content."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

FOLDER = Path(__file__).parents[1] / "static"
YEAR_SECONDS = 365 * 24 * 60 * 60
MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".LICENSE": "text/plain",
}


@lru_cache(maxsize=1)
def content_hashes() -> dict[str, str]:
    """Each file's path below the folder, with a hash of its content."""
    return {
        path.relative_to(FOLDER).as_posix(): sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in MEDIA_TYPES
    }


def static_url(name: str) -> str:
    """The address of a file; raises KeyError if there is none."""
    return f"/static/{content_hashes()[name]}/{name}"


async def static_file(request: Request) -> Response:
    """A file, to be kept for a year if the address is that of its present content."""
    name, given = request.path_params["name"], request.path_params["hash"]
    actual = content_hashes().get(name)
    if actual is None:
        raise HTTPException(404)
    # A page that was opened before an upgrade gets what there is now.
    lasting = f"public, max-age={YEAR_SECONDS}, immutable"
    return FileResponse(
        FOLDER / name,
        media_type=MEDIA_TYPES[Path(name).suffix],
        headers={"Cache-Control": lasting if given == actual else "no-cache"},
    )


def static_route() -> Route:
    """The route of all static files."""
    return Route("/static/{hash:str}/{name:path}", static_file)
