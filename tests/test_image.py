"""The image: its Dockerfile's steps, taken in a plain folder, give a server."""

import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daybook_docs_commands import ROOT
from daybook_image import Image, build, is_sent, texts_of
from daybook_site import START_SECONDS, free_port

SECRETS = (".env", ".git/config", "daybook-data/secret", ".venv/bin/python")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(False, id="locked packages of this environment"),
        pytest.param(True, id="downloaded", marks=pytest.mark.faults),
    ],
)
def image(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Image]:
    """The image, whose packages the short form takes from this environment."""
    root = tmp_path_factory.mktemp("image")
    yield build(root, downloads=request.param)
    shutil.rmtree(root)


def test_each_stage_begins_with_one_version_of_python_by_its_digest() -> None:
    (image,) = {text.removesuffix(" AS build") for text in texts_of("FROM")}

    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+@sha256:[0-9a-f]{64}", image)


def test_it_runs_as_a_user_without_rights() -> None:
    (user,) = texts_of("USER")

    assert re.fullmatch(r"([1-9]\d{4}):\1", user), "a number, which no machine has"
    assert any(f"chown {user} /var/lib/daybook" in text for text in texts_of("RUN"))


def test_the_build_is_sent_what_it_needs_and_no_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]

    assert is_sent(Path("backend/daybook/asgi.py"), patterns)
    assert not is_sent(Path("backend/daybook/__pycache__/asgi.pyc"), patterns)
    assert not any(is_sent(Path(name), patterns) for name in SECRETS)


def test_its_program_is_of_the_image_and_writes_into_its_folder_alone(
    image: Image,
) -> None:
    before = files_of(image)
    status, said = image.run([*image.entrypoint, "--version"])
    assert (status, said.startswith("daybook")) == (0, True), said
    status, place = image.run(
        ["python", "-c", "import daybook; print(daybook.__file__)"]
    )
    assert (status, Path(place).is_relative_to(image.root)) == (0, True), place

    assert image.command == ["serve", "--host", "0.0.0.0"]  # noqa: S104  (a container's own)
    port = str(free_port())
    serve = [*image.entrypoint, "serve", "--host", "127.0.0.1", "--port", port]
    health = [text.replace("8000", port) for text in image.health]
    assert health != image.health
    assert image.run(health)[0] != 0, "nothing serves yet"
    with image.start(serve) as server:
        try:
            deadline = time.monotonic() + START_SECONDS
            while image.run(health)[0] != 0:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
        finally:
            server.terminate()
            said, _ = server.communicate(timeout=START_SECONDS)
    assert server.returncode == -signal.SIGTERM, said
    assert f"Daybook is at http://127.0.0.1:{port}/" in said

    assert files_of(image) == before
    assert (image.inside("/var/lib/daybook") / "daybook.db").exists()


def files_of(image: Image) -> dict[Path, int]:
    """All files outside the image's folder of data, and when each was changed."""
    data = image.inside("/var/lib/daybook")
    return {
        path: path.stat().st_mtime_ns
        for path in image.root.rglob("*")
        if path.is_file() and not path.is_relative_to(data)
    }
