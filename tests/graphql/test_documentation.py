"""The examples of docs/graphql.md give the answers that stand under them."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from daybook.access.rules import ROLES, Permission
from daybook.settings import Settings
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import Site, serving

PAGE = Path(__file__).parents[2] / "docs" / "graphql.md"
SCRIPT = re.compile(r"```js\n(.*?)```\s+```json\n(.*?)```", re.DOTALL)
ROW = re.compile(r"^\| `([A-Z]+)` \|([^\n]*●[^\n]*)", re.MULTILINE)
TYPESCRIPT = re.compile(r"```ts\n// (\S+\.ts)(.*?)```", re.DOTALL)
STRICTLY = (
    *("--noEmit", "--strict", "--module", "nodenext", "--target", "esnext"),
    *("--allowImportingTsExtensions", "--skipLibCheck"),
)
SITE = "127.0.0.1:8000"
KEY = "daybook_YOUR_KEY"
EXAMPLE = re.compile(r"```graphql\n(.*?)```\s+```json\n(.*?)```", re.DOTALL)


def without_places(answer: dict[str, Any]) -> dict[str, Any]:
    """Places in the document say nothing to a reader of the page."""
    for error in answer.get("errors", ()):
        error.pop("locations", None)
    return answer


def test_the_examples_are_answered_as_they_say(tmp_path: Path) -> None:
    examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    settings = Settings.model_validate(
        {"data": tmp_path, "now": "2025-06-15T12:00:00Z"}
    )

    with client_of(settings) as client:
        answers = [
            client.post("/graphql", json={"query": document}).json()
            for document, _ in examples
        ]

    assert len(examples) == 16
    assert [without_places(one) for one in answers] == [
        json.loads(expected) for _, expected in examples
    ]


def test_the_subscriptions_are_told_as_they_say(
    new_sqlite: NewDatabase, node: Path, node_modules: Path
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    scripts = SCRIPT.findall(page)

    with serving(new_sqlite()) as site:
        for document, _ in EXAMPLE.findall(page):
            httpx2.post(
                f"{site.address}/graphql",
                timeout=60,
                json={"query": document},
                headers=site.let_in.headers,
            ).raise_for_status()
        told = [
            first_line(node, node_modules.parent, with_place_and_key(script, site))
            for script, _ in scripts
        ]

    assert len(scripts) == 3
    assert told == [json.loads(expected) for _, expected in scripts]


def test_a_typed_client_is_generated_checked_and_works(
    new_sqlite: NewDatabase, node: Path, node_modules: Path, tmp_path: Path
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    files = {name: f"// {name}{text}" for name, text in TYPESCRIPT.findall(page)}
    ((_, expected),) = re.findall(r"(report\.ts).*?```json\n(.*?)```", page, re.DOTALL)
    (tmp_path / "node_modules").symlink_to(node_modules)
    (tmp_path / "package.json").write_text('{"type": "module"}')

    def run(program: str, *arguments: str) -> str:
        command = [str(node), str(node_modules / program), *arguments]
        ran = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    with serving(new_sqlite()) as site:
        import_an_invoice(site)
        for name, text in files.items():
            (tmp_path / name).write_text(with_place_and_key(text, site))
        run("@graphql-codegen/cli/cjs/bin.js", "--config", "codegen.ts")
        run("typescript/bin/tsc", *STRICTLY, "report.ts")
        told = run(str(tmp_path / "report.ts"))

    assert set(files) == {"codegen.ts", "report.ts"}
    assert json.loads(told) == json.loads(expected)


def import_an_invoice(site: Site) -> None:
    """Run the page's first mutation, which makes the ledger."""
    page = PAGE.read_text(encoding="utf-8")
    document = next(one for one, _ in EXAMPLE.findall(page) if "importDoc" in one)
    httpx2.post(
        f"{site.address}/graphql",
        timeout=60,
        json={"query": document},
        headers=site.let_in.headers,
    ).raise_for_status()


def with_place_and_key(script: str, site: Site) -> str:
    """The script for a server and a key of a test's own."""
    address = site.address.removeprefix("http://")
    return script.replace(SITE, address).replace(KEY, site.let_in.key)


def first_line(node: Path, folder: Path, script: str) -> Any:
    """What a script prints first; it would go on listening."""
    command = [str(node), "--input-type=module", "--eval", script]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.kill()
    return json.loads(line)


@pytest.mark.parametrize("name", ["graphql.md", "access.md"])
def test_the_roles_are_listed_as_they_are(name: str) -> None:
    page = (PAGE.parent / name).read_text(encoding="utf-8")
    listed = {
        permission: [cell.strip() == "●" for cell in cells.split("|")[1:5]]
        for permission, cells in re.findall(
            r"^\| `([A-Z]+)` \|([^\n]*●[^\n]*)", page, re.MULTILINE
        )
    }

    assert listed == {
        one.name: [one in its for its in ROLES.values()] for one in Permission
    }
