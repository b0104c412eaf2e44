"""Templates name what their view has, and views have what their template names."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from inspect import getsource
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from jinja2 import meta, nodes

import daybook_web
import daybook_web.app  # all views
from daybook_web.journals.parameters import NAMES
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.rendering import ENVIRONMENT, View, Who

TEMPLATES = Path(daybook_web.__file__).parent
VIEWS: list[Any] = sorted(
    {kind.__name__: kind for kind in View.__subclasses__()}.values(),
    key=lambda kind: kind.__name__,
)
GLOBALS = {"static_url", "who", "ICONS", "MARKS", "KEYS"}
ALONE = {"base.html", "graphiql.html"}
"""The frame of all pages, and the one without it: it is all another's script."""


def templates_of(name: str) -> Iterator[str]:
    """The template and those that it extends, includes and imports."""
    yield name
    for other in meta.find_referenced_templates(_parsed(name)):
        assert other is not None, f"{name} names a template that is computed"
        yield from templates_of(other)


def _parsed(name: str) -> nodes.Template:
    return ENVIRONMENT.parse((TEMPLATES / name).read_text())


def _named(name: str) -> set[str]:
    """The view's fields that a template and its parts name."""
    named, bound = set[str](), set[str]()
    for template in templates_of(name):
        named |= meta.find_undeclared_variables(_parsed(template))
        bound |= _bound_for_includes(template)
    return named - GLOBALS - bound


def _bound_for_includes(name: str) -> set[str]:
    """The names that a template gives what it includes, by `{% with %}` around it."""
    return {
        target.name
        for block in _parsed(name).find_all(nodes.With)
        if any(block.find_all(nodes.Include))
        for target in block.targets
        if isinstance(target, nodes.Name)
    }


def _attributes(name: str) -> set[str]:
    """The attributes that a template and its parts read, of whatever value."""
    return {
        node.attr
        for template in templates_of(name)
        for node in _parsed(template).find_all(nodes.Getattr)
    }


def _values_of(view: Any) -> set[type]:
    """The view's class and the classes of all values in it."""
    found, waiting = set[type](), [view]
    while waiting:
        kind = waiting.pop()
        waiting += [*get_args(kind), *filter(None, [get_origin(kind)])]
        if isinstance(kind, type) and _is_record(kind) and kind not in found:
            found.add(kind)
            waiting += get_type_hints(kind).values()
            waiting += [
                get_type_hints(value.fget).get("return")
                for value in vars(kind).values()
                if isinstance(value, property)
            ]
    return found


def _is_record(kind: type) -> bool:
    return is_dataclass(kind) or hasattr(kind, "_fields")


def _field_names(kind: Any) -> set[str]:
    if is_dataclass(kind):
        return {field.name for field in fields(kind)}
    return set(kind._fields)


def _read_in_python(kind: type) -> set[str]:
    """The attributes that the class's module reads, and others of its feature."""
    feature = kind.__module__.rpartition(".")[0]
    is_feature = feature.startswith("daybook_web.") and feature != "daybook_web.kit"
    sources = [
        getsource(module)
        for name, module in sys.modules.items()
        if name == kind.__module__
        or (is_feature and name.rpartition(".")[0] == feature)
    ]
    return {
        node.attr
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
    }


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_names_exactly_the_fields_of_its_view(view: Any) -> None:
    assert _named(view.page) == _field_names(view)


@pytest.mark.parametrize("view", VIEWS)
def test_a_fragment_names_only_fields_of_the_same_view(view: Any) -> None:
    for part in (view.fragment or view.page, *view.fragments):
        assert _named(part) <= _field_names(view)


@pytest.mark.parametrize("view", VIEWS)
def test_a_template_reads_only_attributes_that_a_value_of_its_view_has(
    view: Any,
) -> None:
    # Of a loop, which row it is at; of a mapping, its pairs.
    known = {"index", "items"}
    for kind in _values_of(view) | _values_of(Who):
        known |= {*dir(kind), *_field_names(kind)}
    if ReportQuery in _values_of(view):
        known |= {*NAMES}  # a template reads a parameter by its name

    assert _attributes(view.page) - known == set()


def test_every_field_of_the_values_in_views_is_read() -> None:
    read = set[str]()
    unread = set[str]()
    shared = set[Any]()
    for view in VIEWS:
        here = _attributes(view.page) | _read_in_python(view)
        read |= here
        for kind in _values_of(view) - {view, ReportQuery}:
            if kind.__module__.startswith("daybook_web.kit."):
                shared.add(kind)
                read |= _read_in_python(kind)
            elif kind.__module__.startswith("daybook_web."):
                names = _field_names(kind) - here - _read_in_python(kind)
                unread |= {f"{kind.__name__}.{name}" for name in names}
    for kind in shared:
        names = _field_names(kind) - read
        unread |= {f"{kind.__name__}.{name}" for name in names}

    assert unread == set()


def test_no_two_views_have_one_name() -> None:
    # A dataclass with slots is a second class; both are of one module.
    modules: dict[str, set[str]] = {}
    for kind in View.__subclasses__():
        modules.setdefault(kind.__name__, set()).add(kind.__module__)
    assert {name for name, its in modules.items() if len(its) > 1} == set()


def test_every_template_is_used() -> None:
    used = {
        name
        for view in VIEWS
        for top in (view.page, view.fragment, *view.fragments)
        if top
        for name in templates_of(top)
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


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (
            "<input {% if x %}autofocus{% endif %}\n       name='n'>",
            "<input autofocus\nname='n'>",
        ),
        ("<b>{% if x %}Failed{% endif %}\n  {{ x }}</b>", "<b>Failed\nyes</b>"),
        ("<p>\n  {% if x %}\n    a\n  {% endif %}\n  b\n</p>", "<p>\na\nb\n</p>"),
        (
            "<p>\n  {% if x %}a{% endif %}\n  {% if x %}b{% endif %}\n</p>",
            "<p>\na\nb</p>",
        ),
        ("<p>\n  {% if x %}a{% endif %}\n  </p>", "<p>\na</p>"),
    ],
)
def test_indentation_is_left_out_and_nothing_runs_into_what_follows(
    source: str, shown: str
) -> None:
    assert ENVIRONMENT.from_string(source).render(x="yes") == shown


def test_names_of_the_house_for_templates() -> None:
    for path in TEMPLATES.rglob("*.html"):
        is_part = path.name.startswith("_") or path.parent.name == "macros"
        extends = "{% extends" in path.read_text()
        assert extends == (not is_part and path.name not in ALONE), path
