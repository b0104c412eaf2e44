"""docker-compose.yml: its settings are Daybook's, and nothing in it has more rights.

`make lint` compares its form with the format's schema; no daemon is needed for either.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from daybook.cli.environment import OTHERS, read_settings
from daybook.secrets import Secrets
from daybook.settings import PREFIX, Settings
from daybook_docs_commands import ROOT
from daybook_image import texts_of
from daybook_operating import saved
from daybook_services.left_out import leave_out
from daybook_services.processes import forked

TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
SERVICES: Mapping[str, Mapping[str, Any]] = yaml.safe_load(TEXT)["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "daybook"]
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?([^}]*))?\}")
"""`${NAME}`, with what stands for a missing one, or what is said of it."""
COMPLETED, HEALTHY = "service_completed_successfully", "service_healthy"


@pytest.fixture(scope="module")
def passwords(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables that the page's script makes; made again, they stay as they are."""
    if shutil.which("openssl") is None:
        leave_out("openssl, to make the passwords of docker-compose.yml")
    folder = tmp_path_factory.mktemp("passwords")
    script = ["/bin/sh", str(saved("passwords.sh", folder))]
    subprocess.run(script, cwd=folder, check=True)
    made = (folder / ".env").read_text()
    again = subprocess.run(script, cwd=folder, capture_output=True, check=False)
    assert again.returncode != 0
    assert (folder / ".env").read_text() == made
    return dict(line.split("=", 1) for line in made.splitlines())


def test_the_passwords_that_it_needs_are_those_that_the_page_makes(
    passwords: dict[str, str],
) -> None:
    found = VARIABLE.findall(TEXT)
    needed = {name for name, default, _ in found if not default}
    refused = {name for name, _, message in found if message}

    assert needed == refused == set(passwords)
    assert len(set(passwords.values())) == len(passwords)


@pytest.mark.parametrize("name", OURS)
def test_its_settings_are_ones_that_daybook_takes(
    name: str, passwords: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = environment_of(name, passwords)
    own = {variable for variable in given if variable.startswith(PREFIX)}
    assert own <= {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    assert {variable.removeprefix(PREFIX) for variable in passwords} - {
        "SECRET"
    } <= OTHERS

    for variable, value in given.items():
        monkeypatch.setenv(variable, value)

    assert Secrets.of(read_settings())


@pytest.mark.parametrize("name", OURS)
def test_it_starts_the_services_that_the_settings_name_before(
    name: str, passwords: dict[str, str]
) -> None:
    given = environment_of(name, passwords)
    urls = [
        urlsplit(given[f"{PREFIX}{kind}_URL"]) for kind in ("DATABASE", "REDIS", "SMTP")
    ]
    (endpoint,) = parse_qs(urlsplit(given["DAYBOOK_STORAGE_URL"]).query)["endpoint"]
    hosts = {url.hostname for url in [*urls, urlsplit(endpoint)]}

    before = set(SERVICES[name]["depends_on"])

    assert hosts <= set(SERVICES)
    assert before == ({"postgres"} if name == "upgrade" else {*hosts, "upgrade"})


def test_the_store_has_the_bucket_and_the_key_of_the_settings(
    passwords: dict[str, str],
) -> None:
    given, store = environment_of("web", passwords), environment_of("store", passwords)
    bucket = urlsplit(given["DAYBOOK_STORAGE_URL"]).hostname

    assert SERVICES["bucket"]["entrypoint"][-1] == f"/data/{bucket}"
    assert SERVICES["bucket"]["volumes"] == SERVICES["store"]["volumes"]
    assert store["ROOT_ACCESS_KEY"] == given["AWS_ACCESS_KEY_ID"]
    assert store["ROOT_SECRET_KEY"] == given["AWS_SECRET_ACCESS_KEY"]


@pytest.mark.parametrize("name", OURS)
def test_its_image_is_built_here_and_never_one_of_that_name_elsewhere(
    name: str,
) -> None:
    assert (SERVICES[name]["build"], SERVICES[name]["pull_policy"]) == (".", "build")


@pytest.mark.parametrize("name", OURS)
def test_it_runs_commands_that_there_are(name: str) -> None:
    (default,) = texts_of("CMD")
    command = SERVICES[name].get("command", yaml.safe_load(default)[:1])

    done = subprocess.run(
        [*forked("daybook", *command, "--help")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"privileged", "cap_add", "devices", "pid", "ipc"}
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - OURS))
def test_each_foreign_image_is_one_version_by_its_digest(name: str) -> None:
    image = SERVICES[name]["image"]

    assert re.fullmatch(
        r"[a-z/]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?@sha256:[0-9a-f]{64}", image
    )


@pytest.mark.parametrize("name", SERVICES)
def test_what_others_wait_for_comes(name: str) -> None:
    for other, waited in SERVICES[name].get("depends_on", {}).items():
        awaited = SERVICES[other]
        ends = awaited["restart"] == "no"
        assert waited["condition"] == (COMPLETED if ends else HEALTHY)
        assert ends or awaited["healthcheck"]["test"][0] == "CMD"


def environment_of(name: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """The variables of a service, once Compose has put the passwords in."""

    def value_of(found: re.Match[str]) -> str:
        return passwords.get(found[1]) or found[2]

    given = SERVICES[name]["environment"]
    return {variable: VARIABLE.sub(value_of, text) for variable, text in given.items()}
