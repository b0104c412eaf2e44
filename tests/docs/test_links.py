"""README and docs lead to what is there, and tell what the report's page takes."""

import re
from pathlib import Path

import pytest

from daybook_docs_commands import FENCE, PAGES, ROOT
from daybook_pictures import IN_DOCS
from daybook_web.journals.parameters import OWN

HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def prose_of(page: Path) -> str:
    """A page without its blocks."""
    return FENCE.sub("", page.read_text("utf-8"))


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made where docs are shown."""
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(prose_of(page))
    }


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name
)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    missing = []
    for link in LINK.findall(prose_of(page)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        is_there = target.exists() and (not anchor or anchor in anchors_of(target))
        missing += [] if is_there else [link]

    assert missing == []


def test_every_page_and_picture_is_linked() -> None:
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in LINK.findall(prose_of(page))
    }

    assert {page.resolve() for page in PAGES} - linked <= {ROOT / "README.md"}
    pictures = {path.resolve() for path in (ROOT / "docs/images").iterdir()}
    assert pictures - linked == set()
    assert {path.stem for path in pictures} == set(IN_DOCS)


def test_the_report_s_parameters_are_on_its_page() -> None:
    text = (ROOT / "docs/journals.md").read_text("utf-8")

    told = set(re.findall(r"`([a-z_]+)(?:=[a-z]+)?`", text))

    assert set(OWN) - told == set()
