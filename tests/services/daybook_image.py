"""The image's Dockerfile, its steps taken in a plain folder: no daemon, no base image.

All stages share the folder, which stands for the root of the image; Python is the one
that runs the tests. `tests/test_image.py` uses it.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from string import Template
from typing import NamedTuple

from daybook_docs_commands import ROOT

DOWNLOADS = "/opt/daybook/bin/pip install --require-hashes"
"""How the step begins that installs the locked packages."""


class Step(NamedTuple):
    """An instruction of a Dockerfile, and what follows it on its lines."""

    instruction: str
    text: str


def steps_of(dockerfile: str) -> list[Step]:
    """The instructions of a Dockerfile in their order, without comments."""
    lines = [line for line in dockerfile.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    found = [line.partition(" ") for line in joined.splitlines() if line]
    return [Step(instruction, text.strip()) for instruction, _, text in found]


STEPS = steps_of((ROOT / "Dockerfile").read_text("utf-8"))


def texts_of(instruction: str) -> list[str]:
    """What follows each such instruction of the image's Dockerfile."""
    return [step.text for step in STEPS if step.instruction == instruction]


@dataclass(slots=True)
class Image:
    """What the steps left in a folder, and how its container starts."""

    root: Path
    environment: dict[str, str]
    folder: Path = field(default=Path("/"))
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def inside(self, path: str) -> Path:
        """The place of an absolute path of the image, or of one below its folder."""
        absolute = self.folder / path
        return self.root / absolute.relative_to("/")

    def mapped(self, text: str) -> str:
        """A text of the Dockerfile, with the places of its absolute paths."""
        return re.sub(r"(?<![\w./])/(?=opt/|build|var/)", f"{self.root}/", text)

    def start(self, command: Sequence[str], **settings: str) -> subprocess.Popen[str]:
        """Start a program of the image in the folder where its container begins."""
        program = shutil.which(command[0], path=self.environment["PATH"])
        assert program is not None, f"the image has no {command[0]}"
        return subprocess.Popen(
            [program, *command[1:]],
            cwd=self.inside("."),
            env={**self.environment, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: Sequence[str], **settings: str) -> tuple[int, str]:
        """Run a program of the image; return its status, and what it said."""
        with self.start(command, **settings) as process:
            said, _ = process.communicate()
            return process.returncode, said


def build(root: Path, *, downloads: bool) -> Image:
    """Take the steps of the Dockerfile; the image is in the folder afterwards.

    Without `downloads`, the locked packages are those that run the tests, which `make`
    installed from the same lock; the step that downloads them is then left out.
    """
    context = root / "context"
    _send_context(context)
    image = Image(root, _of_this_machine())
    for step in STEPS:
        if step.instruction == "FROM":
            image = Image(root, _of_this_machine())
        elif step.text.startswith(DOWNLOADS) and not downloads:
            _use_own_packages(image)
        else:
            _take(image, step, context)
    return image


def _take(image: Image, step: Step, context: Path) -> None:
    match step.instruction:
        case "ENV":
            _set(image, step.text)
        case "WORKDIR":
            image.folder = Path(step.text)
            image.inside(".").mkdir(parents=True, exist_ok=True)
        case "COPY":
            _copy(image, step.text, context)
        case "RUN":
            _run(image, step.text)
        case "ENTRYPOINT":
            image.entrypoint = json.loads(step.text)
        case "CMD":
            image.command = json.loads(step.text)
        case "HEALTHCHECK":
            image.health = json.loads(step.text.partition("CMD ")[2])
        case other:
            assert other in {"USER", "VOLUME", "EXPOSE"}, other


def _of_this_machine() -> dict[str, str]:
    """What a base image brings: Python. Settings of pip are this machine's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "SSL_")) or name.lower().endswith("_proxy")
    }
    return {**kept, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}


def _set(image: Image, text: str) -> None:
    for pair in shlex.split(text):
        name, _, value = pair.partition("=")
        value = Template(image.mapped(value)).substitute(image.environment)
        image.environment[name] = value


def _copy(image: Image, text: str, context: Path) -> None:
    *sources, target = text.split()
    if sources[0].startswith("--from="):
        # The stages share the folder, so there it is already.
        assert sources[1:] == [target]
        assert image.inside(target).exists(), f"no stage has made {target}"
        return
    for source in sources:
        path = context / source
        assert path.exists(), f".dockerignore leaves out {source}"
        place = image.inside(target)
        if path.is_dir():
            shutil.copytree(path, place, dirs_exist_ok=True)
        else:
            shutil.copy(path, place)


def _run(image: Image, text: str) -> None:
    # Only root may give files away; whether that is right no plain folder shows.
    shell = text if os.geteuid() == 0 else f"chown() {{ :; }}; {text}"
    for folder in ("opt", "var/lib"):  # those of any Linux
        (image.root / folder).mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["/bin/sh", "-ec", image.mapped(shell)],
        cwd=image.inside("."),
        env=image.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{text}: {done.stdout}{done.stderr}"


def _use_own_packages(image: Image) -> None:
    # A folder named in a .pth file has its own .pth files ignored, so that the editable
    # install in this test's environment stays out of sight.
    (packages,) = image.inside("/opt/daybook").glob("lib/python*/site-packages")
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib"))


def _send_context(context: Path) -> None:
    """Copy what `.dockerignore` lets through."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    context.mkdir(parents=True)

    def not_sent(folder: str, names: list[str]) -> set[str]:
        below = Path(folder).relative_to(ROOT)
        return {name for name in names if not is_sent(below / name, patterns)}

    for path in ROOT.iterdir():
        if not is_sent(Path(path.name), patterns):
            continue
        if path.is_dir():
            shutil.copytree(path, context / path.name, ignore=not_sent)
        else:
            shutil.copy(path, context)


def is_sent(path: Path, patterns: Sequence[str]) -> bool:
    """Whether Docker sends a file or folder: the last pattern that fits it decides.

    A pattern begins at the root of the context, or with `**/` in any folder.
    """
    is_it = True
    for pattern in patterns:
        name = pattern.removeprefix("!")
        in_any = name.startswith("**/")
        parts = path.parts if in_any else path.parts[:1]
        name = name.removeprefix("**/")
        assert "/" not in name, "the test knows no paths"
        if any(fnmatchcase(part, name) for part in parts):
            is_it = pattern.startswith("!")
    return is_it
