"""Installs from Debian what no pinned package brings, or says what to install."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from daybook_services import chromium, redis

BROWSERS = (chromium.SHELL, "chromium")
"""Debian's packages; the second where there is no first."""


def main() -> None:
    """Do nothing when all is there; otherwise never fail, as the tests can do less."""
    missing: dict[str, Sequence[str]] = {}
    if chromium.find_chromium() is None:
        missing[chromium.INSTALL_IT] = BROWSERS
    if redis.find_redis() is None:
        missing[redis.INSTALL_IT] = ("redis-server",)
    apt = shutil.which("apt-get") if os.geteuid() == 0 else None
    if missing and apt:
        _run(apt, "update", "--quiet")
    for reason, packages in missing.items():
        if not (apt and any(_is_installed_by(apt, package) for package in packages)):
            sys.stderr.write(f"Some tests will be left out: {reason}\n")


def _is_installed_by(apt: str, package: str) -> bool:
    fonts = ["fonts-liberation"] if package in BROWSERS else []
    quietly = ("--yes", "--quiet", "--no-install-recommends")
    return _run(apt, "install", *quietly, package, *fonts)


def _run(*command: str) -> bool:
    # No question can be answered here, and a server must not start by itself.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    return subprocess.run(command, env=environment, check=False).returncode == 0


main()
