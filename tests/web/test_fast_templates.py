"""Pages are the same whether or not internals of Jinja render them."""

from typing import NamedTuple

import pytest
from jinja2 import Environment, UndefinedError
from markupsafe import Markup
from starlette.testclient import TestClient

from daybook.settings import is_fast
from daybook_web.kit import rendering
from daybook_web.kit.rendering import make_environment

PAGES = (
    "/journals?currency=USD&month=2025-10",
    "/journals?currency=USD&month=2025-10&customer=cus_1&source=INVOICE",
    "/journals?currency=USD&month=2025-10&group_by=customer",
    "/journals?currency=USD&from=soon",
    "/journals/USD/1",
    "/settings?currency=USD",
    "/settings/locks?currency=USD",
    "/settings/accounts?currency=USD",
    "/settings/approval",
    "/settings/organisation",
    "/settings/storage",
    "/reports/deferred-revenue?currency=USD",
    "/manual-journals",
    "/audit",
)
BROWSER = {"Accept": "text/html"}
HOSTILE = '<b title="\'">&amp;'
VALUES = (
    *(HOSTILE, 7, None, True, 1.5, ("<", HOSTILE), b"<"),
    Markup(HOSTILE),  # noqa: S704  (a text that is HTML already)
)


class Both(NamedTuple):
    """The environments of pages, with internals of Jinja and without."""

    quick: Environment
    plain: Environment


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Both:
    """Both environments, whatever the switch is."""

    def made(switch: str) -> Environment:
        monkeypatch.setenv("DAYBOOK_FAST", switch)
        is_fast.cache_clear()
        return make_environment()

    found = Both(made("yes"), made("no"))
    assert type(found.quick) is not type(found.plain) is Environment
    monkeypatch.undo()
    is_fast.cache_clear()
    return found


@pytest.mark.either_database
def test_pages_are_the_same(
    client: TestClient, both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    def texts(environment: Environment) -> list[str]:
        monkeypatch.setattr(rendering, "ENVIRONMENT", environment)
        return [client.get(url, headers=BROWSER).text for url in PAGES]

    assert texts(both.quick) == texts(both.plain)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_are_escaped_alike(both: Both, value: object) -> None:
    text = (
        "{% macro shown(its, more='&') %}<i>{{ its }}{{ more }}</i>{% endmacro %}"
        "{% macro around() %}[{{ caller() }}]{% endmacro %}"
        "{% for each in [value] %}{% set again = each %}{{ shown(again) }}"
        "{{ shown(each, more=value) }}{{ shown(value ~ '<') }}{% endfor %}"
        "{% call around() %}{{ value }}<{% endcall %}"
        '<a title="{{ value }}">{{ value | string | upper }}</a>'
    )

    quick, plain = (its.from_string(text).render(value=value) for its in both)

    assert quick == plain
    assert "<b title" not in quick or isinstance(value, Markup)


class Part(NamedTuple):
    """An object with an attribute."""

    name: str


PARTS = {"part": Part(HOSTILE), "name": "of a mapping", "empty": None}


@pytest.mark.parametrize(
    "text",
    [
        "{{ its.part.name }}{{ its.name }}{{ its.part.name | upper }}{{ its.empty }}",
        "{{ its.lacking is defined }}{{ its.part.lacking is defined }}",
        "{% for each in [its] %}{{ (each.part or each).name }}{% endfor %}",
        "{% macro m(a, b=2) %}{{ a.name }}{{ b }}{% endmacro %}{{ m(its.part) }}",
        "{% macro m(a) %}{{ a, varargs, kwargs }}{% endmacro %}{{ m(1, 2, c=3) }}",
        "{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(n) m() %}-{% endcall %}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{% set m = its.name.upper %}{{ m() }}",
    ],
)
def test_attributes_and_macros_are_the_same(both: Both, text: str) -> None:
    quick, plain = (its.from_string(text).render(its=PARTS) for its in both)

    assert quick == plain


@pytest.mark.parametrize(
    "text",
    [
        "{{ its.lacking }}",
        "{{ its.part.lacking.name }}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}",
    ],
)
def test_mistakes_of_templates_are_the_same(both: Both, text: str) -> None:
    def mistake(environment: Environment) -> str:
        with pytest.raises((UndefinedError, TypeError)) as raised:
            environment.from_string(text).render(its=PARTS)
        return f"{raised.type.__name__}: {raised.value}"

    assert mistake(both.quick) == mistake(both.plain)
