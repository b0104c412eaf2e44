"""The schema as Arrow has it, for readers that keep texts as dictionaries.

It is a FlatBuffers table: https://arrow.apache.org/docs/format/Columnar.html. Others
don't look at it.
"""

import struct
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

ARROW_SCHEMA = "ARROW:schema"
"""The key of the metadata that has it."""

Scalar: TypeAlias = tuple[str, int]
"""A value inside a table: the code of `struct`, and the number."""
Node: TypeAlias = "str | list[Node] | Mapping[int, Scalar | Node]"
"""What has a place of its own: a text, a list, or a table's fields by their numbers."""

_FIFTH_VERSION, _SCHEMA = 4, 1
_CONTINUES = b"\xff" * 4
_ALIGNED = 8
_INDEX: Node = {0: ("i", 32), 1: ("?", 1)}


class ArrowType(NamedTuple):
    """A type by its number in Arrow, and its fields."""

    number: int
    fields: Node
    is_dictionary: bool = False


class ArrowField(NamedTuple):
    """A column."""

    name: str
    type: ArrowType
    is_nullable: bool


def arrow_schema(fields: Iterable[ArrowField], metadata: Mapping[str, str]) -> str:
    """The schema of these columns, as a Parquet file's metadata has it."""
    every: list[Node] = [_field(number, field) for number, field in enumerate(fields)]
    told: list[Node] = [{0: key, 1: value} for key, value in metadata.items()]
    message: Node = {
        0: ("h", _FIFTH_VERSION),
        1: ("B", _SCHEMA),
        2: {1: every, 2: told},
        3: ("q", 0),
    }
    content = bytearray(4)
    _refer(content, 0, message)
    _align(content)
    head = _CONTINUES + len(content).to_bytes(4, "little")
    return b64encode(head + content).decode()


def _field(number: int, field: ArrowField) -> Node:
    type_ = field.type
    fields: dict[int, Scalar | Node] = {
        0: field.name,
        1: ("?", field.is_nullable),
        2: ("B", type_.number),
        3: type_.fields,
        5: [],
    }
    if type_.is_dictionary:
        fields[4] = {0: ("q", number), 1: _INDEX}
    return fields


def _refer(content: bytearray, at: int, node: Any) -> None:
    """Append a node, and write at a place how far it is from there."""
    place = _append(content, node)
    struct.pack_into("<I", content, at, place - at)


def _append(content: bytearray, node: Any) -> int:
    """Append a node and all that it refers to; gives its place."""
    if isinstance(node, Mapping):
        return _append_table(content, node)
    items = node.encode() if isinstance(node, str) else node
    _align(content)
    place = len(content)
    content += len(items).to_bytes(4, "little")
    if isinstance(items, bytes):
        content += items + b"\0"
        return place
    content += bytes(4 * len(items))
    for number, item in enumerate(items, 1):
        _refer(content, place + 4 * number, item)
    return place


def _append_table(content: bytearray, fields: Mapping[int, Any]) -> int:
    """Append a table after the offsets of its fields."""
    offsets = [0] * (max(fields, default=-1) + 1)
    size = 4
    for number, value in fields.items():
        width = struct.calcsize(value[0]) if isinstance(value, tuple) else 4
        size += -size % width
        offsets[number] = size
        size += width
    _align(content)
    head = len(content)
    content += struct.pack(
        f"<{len(offsets) + 2}H", 4 + 2 * len(offsets), size, *offsets
    )
    _align(content)
    place = len(content)
    content += bytes(size)
    struct.pack_into("<i", content, place, place - head)
    for number, value in fields.items():
        at = place + offsets[number]
        if isinstance(value, tuple):
            struct.pack_into(f"<{value[0]}", content, at, value[1])
        else:
            _refer(content, at, value)
    return place


def _align(content: bytearray) -> None:
    content += bytes(-len(content) % _ALIGNED)
