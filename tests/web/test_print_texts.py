"""The catalogue of the pages' texts, which a translation would begin with."""

from daybook_web.print_texts import (
    Text,
    catalogue,
    texts,
    texts_of_python,
    texts_of_template,
)

TEMPLATE = """{% from "kit/macros/tables.html" import table_frame %}
<p title="Kept for {{ days }} days">
  {{ name }}, made {{ at | moment }}
</p>{# Not this #}
{% if rows %}Rows{% else %}No rows yet{% endif %}
<code>not this</code> {{ total }} – <a href="/close">Close</a>
"""
MODULE = '''"""Not this text."""
TITLES = {"LOCK": "Locked through", "ONE": "one"}
def words(name: str, rows: int) -> str:
    """Nor this one."""
    assert rows, "nor what a bug says"
    if name == "fieldName":
        return f"{name} has {rows:,} rows"
    return "/close?month=2026-10" + "; no more"
'''


def test_texts_of_a_template_are_whole_with_their_values() -> None:
    assert list(texts_of_template(TEMPLATE, "a.html")) == [
        Text("Kept for {days} days", "a.html", 2),
        Text("{name}, made {at | moment}", "a.html", 2),
        Text("Rows", "a.html", 4),
        Text("No rows yet", "a.html", 4),
        Text("Close", "a.html", 6),
    ]


def test_texts_of_a_module_are_those_that_people_read() -> None:
    found = sorted(text.words for text in texts_of_python(MODULE, "a.py"))

    assert found == ["; no more", "Locked through", "{name} has {rows} rows"]


def test_the_catalogue_has_each_text_once_with_its_places() -> None:
    two = [Text('Say "no"', "a.html", 3), Text('Say "no"', "b.py", 7)]

    assert catalogue(two).endswith(
        '\n#: a.html:3 b.py:7\nmsgid "Say \\"no\\""\nmsgstr ""\n'
    )


def test_texts_of_all_pages_are_found() -> None:
    found = {text.words for text in texts()}

    assert {
        "Kept until {job.kept_until | moment}",  # of a macro
        "Skip to the content",  # of the frame
        "Documents are in{failed}",  # of a step of the close
        "{by} changed {name} on {at}: {step}.",  # of a live notice
    } <= found
