"""Templates name what their view has, and nothing else."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jinja2 import meta

import daybook_web
from daybook_web.access.routes import AccessView
from daybook_web.account.routes import AccountView
from daybook_web.explorer.routes import ExplorerView
from daybook_web.journal.routes import JournalView
from daybook_web.journals.suggestions import SuggestionsView
from daybook_web.journals.view import JournalsView
from daybook_web.kit.errors import ErrorView
from daybook_web.kit.rendering import ENVIRONMENT
from daybook_web.settings.view import SettingsView
from daybook_web.signing_in.invitations import InvitationsView
from daybook_web.signing_in.routes import LinkView, SignInView

VIEWS: list[Any] = [
    AccessView,
    AccountView,
    InvitationsView,
    ErrorView,
    ExplorerView,
    JournalView,
    JournalsView,
    LinkView,
    SettingsView,
    SignInView,
    SuggestionsView,
]
TEMPLATES = Path(daybook_web.__file__).parent
GLOBALS = {"static_url", "who"}
ALONE = {"base.html", "graphiql.html"}
"""The frame of all pages, and the one without it: it is all another's script."""


def used_by(name: str) -> Iterator[str]:
    """The template and those that it extends, includes and imports."""
    yield name
    for other in meta.find_referenced_templates(_parsed(name)):
        assert other is not None, f"{name} names a template that is computed"
        yield from used_by(other)


def _parsed(name: str) -> Any:
    return ENVIRONMENT.parse((TEMPLATES / name).read_text())


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_names_exactly_the_fields_of_its_view(view: Any) -> None:
    named = set[str]()
    for name in used_by(view.page):
        named |= meta.find_undeclared_variables(_parsed(name))

    assert named - GLOBALS == {field.name for field in fields(view)}


@pytest.mark.parametrize("view", VIEWS)
def test_a_fragment_names_only_fields_of_the_same_view(view: Any) -> None:
    named = set[str]()
    for name in used_by(view.fragment):
        named |= meta.find_undeclared_variables(_parsed(name))

    assert named - GLOBALS <= {field.name for field in fields(view)}


def test_every_template_is_used() -> None:
    used = {
        name
        for view in VIEWS
        for top in (view.page, view.fragment)
        for name in used_by(top)
    }
    there = {
        path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")
    }

    assert there == used


def test_nothing_is_marked_as_safe() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert "safe" not in text.replace("unsafe", ""), path
        assert "autoescape" not in text, path


def test_names_of_the_house_for_templates() -> None:
    for path in TEMPLATES.rglob("*.html"):
        is_part = path.name.startswith("_") or path.parent.name == "macros"
        extends = "{% extends" in path.read_text()
        assert extends == (not is_part and path.name not in ALONE), path
