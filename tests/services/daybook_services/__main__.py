"""Installs from Debian what no pinned package brings, or says what to install."""

import os
import shutil
import subprocess
import sys

from daybook_services import chromium, redis


def main() -> None:
    """Do nothing when all is there; otherwise never fail, as the tests can do less."""
    missing: dict[str, list[str]] = {}
    if chromium.find_chromium() is None:
        missing[chromium.INSTALL_IT] = ["chromium", "fonts-liberation"]
    if redis.find_redis() is None:
        missing[redis.INSTALL_IT] = ["redis-server"]
    packages = [package for needed in missing.values() for package in needed]
    if packages and not _installed_by_apt(packages):
        for reason in missing:
            sys.stderr.write(f"Some tests will be left out: {reason}\n")


def _installed_by_apt(packages: list[str]) -> bool:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    install = [apt, "install", "--yes", "--quiet", "--no-install-recommends", *packages]
    # No question can be answered here, and a server must not start by itself.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    return all(
        subprocess.run(command, env=environment, check=False).returncode == 0
        for command in ([apt, "update", "--quiet"], install)
    )


main()
