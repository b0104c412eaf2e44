"""Marks of journals, and how far they are posted, as badges and dots."""

import pytest

from daybook_graphql.journals.enums import JournalMark, PostingState
from daybook_markup import Element, parse
from daybook_web.kit.icons import ICONS
from daybook_web.kit.marks import MARKS
from daybook_web.kit.rendering import ENVIRONMENT


def shown(call: str) -> Element:
    """What a macro of marks makes."""
    template = (
        f'{{% import "kit/macros/marks.html" as m %}}<div>{{{{ m.{call} }}}}</div>'
    )
    return parse(ENVIRONMENT.from_string(template).render())


def test_every_mark_of_the_api_has_words_an_icon_and_a_colour_of_its_own() -> None:
    assert list(MARKS) == [mark.name for mark in JournalMark]
    for mark in MARKS.values():
        assert mark.icon in ICONS
    for part in zip(*MARKS.values(), strict=True):
        assert len(set(part)) == len(MARKS)


def test_two_marks_are_shown_and_the_others_named() -> None:
    found = shown("marks(['MOVED', 'REVISED', 'VOIDED', 'MANUAL'])")

    badges = found.all("li")
    assert [badge.text for badge in badges] == [
        *("Moved", "Revised", "+2 : Voided, Manual")
    ]
    assert "badge-lock" in (badges[0].attributes["class"] or "")
    assert badges[2].attributes["title"] == "Voided, Manual"
    assert shown("marks([])").all("ul") == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("POSTED", "Posted"),
        ("PARTLY", "Through 29 Oct"),
        ("SCHEDULED", "Scheduled"),
        ("NOTHING", ""),
    ],
)
def test_a_state_says_until_when_a_row_is_posted(state: str, words: str) -> None:
    assert state in PostingState.__members__
    assert shown(f"state('{state}', '29 Oct')").text == words
