"""The wheel, built from the source distribution, is complete and runs by itself."""

import html
import os
import re
import socket
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from urllib.error import URLError
from urllib.request import HTTPCookieProcessor, build_opener
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "daybook": ROOT / "backend/daybook",
    "daybook_graphql": ROOT / "graphql/daybook_graphql",
    "daybook_web": ROOT / "frontend/daybook_web",
}


@dataclass(frozen=True, slots=True)
class Installed:
    """The product in an environment of its own, away from the checkout."""

    folder: Path

    def run(self, program: str, *arguments: str) -> str:
        """Run a program of the environment; return what it printed."""
        done = subprocess.run(
            [str(self.folder / "bin" / program), *arguments],
            cwd=self.folder,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of the wheel made from the sdist made from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", f"--outdir={folder}"]
    done = subprocess.run(
        [*build, str(ROOT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, and nothing of the checkout, beside the locked dependencies.

    A test that uses the product just as its users get it takes this fixture.
    """
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    pip = [sys.executable, "-m", "pip", f"--python={folder}/bin/python", "--quiet"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    # A folder named in a .pth file has its own .pth files ignored, so that the editable
    # install in this test's environment stays out of sight.
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return Installed(folder)


def test_graphql_is_a_folder_and_no_package() -> None:
    assert not (ROOT / "graphql/__init__.py").exists(), "it would hide graphql-core"


def test_the_wheel_holds_every_file_of_the_three_packages(wheel: Path) -> None:
    expected = {
        f"{package}/{path}"
        for package, folder in PACKAGES.items()
        for path in _files(folder)
    }

    assert expected - _names(wheel) == set()


@pytest.mark.parametrize(
    "folder",
    [
        "daybook/db/migrations/versions",
        "daybook_graphql/operations",
        "daybook_web/static",
        "daybook_web/styles/components",
        "daybook_web/kit/macros",
    ],
)
def test_the_wheel_holds_what_is_no_module(wheel: Path, folder: str) -> None:
    assert any(name.startswith(f"{folder}/") for name in _names(wheel))


def test_the_wheel_holds_the_api_and_its_operations(wheel: Path) -> None:
    operations = {
        f"daybook_graphql/operations/{path}"
        for path in _files(ROOT / "graphql/operations")
    }

    assert operations | {"daybook_graphql/schema.graphql"} <= _names(wheel)


def test_everything_is_imported_from_the_wheel(installed: Installed) -> None:
    imports = f"import {', '.join(PACKAGES)}"
    files = ", ".join(f"{package}.__file__" for package in PACKAGES)

    printed = installed.run("python", "-c", f"{imports}; print({files}, sep='\\n')")

    assert all(
        Path(line).is_relative_to(installed.folder) for line in printed.splitlines()
    )


def test_the_reference_rates_are_in_the_wheel(installed: Installed) -> None:
    loads = "from daybook.fx.shipped import shipped_series as its"

    printed = installed.run("python", "-c", f"{loads}; print(its('USD').at(0).text)")

    assert printed == "1.1789\n"


def test_the_command_line_explains_itself(installed: Installed) -> None:
    assert "Usage" in installed.run("daybook", "--help")


def test_it_serves_every_page(installed: Installed, tmp_path: Path) -> None:
    port = _free_port()
    command = [str(installed.folder / "bin" / "daybook"), "demo", "--port", str(port)]
    said = tmp_path / "said.txt"
    with (
        said.open("wb") as out,
        subprocess.Popen(
            command, cwd=tmp_path, env=_environment(), stdout=out
        ) as server,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/readyz")
            (link,) = re.findall(r"http://\S+/sign-in/link/\S+", said.read_text())
            with BROWSER.open(link, data=b"", timeout=30) as signed_in:
                assert signed_in.url == f"{address}/close"
            overview = _page(f"{address}/")
            report = _page(f"{address}/journals")
            journal = _page(address + _links(report, "/journals/GBP/")[0])
            for link in _links(overview + report + journal, "/static/"):
                assert _page(address + link)
            csv = _page(f"{address}/journals.csv?currency=USD&granularity=monthly")
        finally:
            server.terminate()
            server.wait(timeout=30)
    assert "<h1>Close " in overview
    assert "<h1" in report
    assert "<h1" in journal
    assert csv.startswith("Journal Number,Date,")
    assert len(csv.splitlines()) > 1_000


BROWSER = build_opener(HTTPCookieProcessor())
"""Keeps the session's cookie."""


def _links(page: str, start: str) -> list[str]:
    """The distinct addresses in a page that begin so."""
    found = re.findall(rf'(?:href|src)="({re.escape(start)}[^"]+)"', page)
    assert found, f"the page has a link to {start}…"
    return list(dict.fromkeys(html.unescape(one) for one in found))


def _page(address: str) -> str:
    with BROWSER.open(address, timeout=30) as answer:
        body: bytes = answer.read()
    return body.decode()


def _wait_for(address: str) -> None:
    """Until the server answers; it makes its data first."""
    for _ in range(300):
        try:
            _page(address)
        except URLError:
            sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing answers at {address}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def _names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def _files(folder: Path) -> Iterator[str]:
    return (
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def _environment() -> dict[str, str]:
    """This environment without what leads Python back to the checkout."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV", "COV_"))
    }
