"""HTML as tests look at it: elements with their text, and what is malformed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
)
WITHIN_A_SENTENCE = {"time"}
"""What punctuation may follow without a space."""


@dataclass(slots=True)
class Element:
    """An element; `children` are elements and pieces of text in their order."""

    tag: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, with single spaces."""
        pieces = [
            child
            if isinstance(child, str)
            else child.text
            if child.tag in WITHIN_A_SENTENCE
            else f" {child.text} "
            for child in self.children
        ]
        return " ".join("".join(pieces).split())

    def all(self, tag: str | None = None, **attributes: str) -> list["Element"]:
        """Elements with this tag and these attributes; `class_` is one of several."""
        return [node for node in self.walk() if _fits(node, tag, attributes)]

    def one(self, tag: str | None = None, **attributes: str) -> "Element":
        """The only such element."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} of {tag} {attributes}"
        return found[0]

    def walk(self) -> Iterator["Element"]:
        """All elements in it, in the document's order."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def links(self) -> dict[str, str]:
        """Addresses by the links' texts."""
        return {link.text: link.attributes["href"] for link in self.all("a")}


def parse(html: str) -> Element:
    """A document or fragment as an element; raises AssertionError if malformed."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert not parser.open[1:], f"not closed: {[one.tag for one in parser.open[1:]]}"
    root = parser.open[0]
    ids = Counter(
        node.attributes["id"] for node in root.walk() if "id" in node.attributes
    )
    repeated = [name for name, times in ids.items() if times > 1]
    assert not repeated, f"ids that are not unique: {repeated}"
    for node in root.walk():
        _check_policy(node)
        _check_references(node, set(ids))
    return root


class _Parser(HTMLParser):
    """Builds elements, and refuses what a browser would have to mend."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"an attribute twice in <{tag}>: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        closed = self.open.pop()
        assert closed.tag == tag, f"</{tag}> closes <{closed.tag}>"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def _fits(one: Element, tag: str | None, attributes: dict[str, str]) -> bool:
    if tag is not None and one.tag != tag:
        return False
    for name, value in attributes.items():
        actual = one.attributes.get(name.rstrip("_").replace("_", "-"))
        if actual is None:
            return False
        if value not in (actual.split() if name == "class_" else [actual]):
            return False
    return True


def _check_policy(one: Element) -> None:
    """Nothing that the content security policy would refuse."""
    assert one.tag != "style", "a style element is refused"
    assert one.tag != "script" or "src" in one.attributes, "an inline script is refused"
    for name in one.attributes:
        inline = name == "style" or name.startswith(("on", "hx-on"))
        assert not inline, f"{name} of <{one.tag}> is refused"


def _check_references(one: Element, ids: set[str]) -> None:
    """What an attribute names by its id is there, where the whole page is at hand."""
    for name in ("for", "list", "aria-labelledby", "aria-describedby"):
        for wanted in one.attributes.get(name, "").split():
            assert wanted in ids, f"{name} of <{one.tag}> names {wanted}"
