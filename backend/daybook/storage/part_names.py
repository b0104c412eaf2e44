"""Names of what is written beside a file before it is complete. Pure.

NAME.<writer>.part                    a writer's part
NAME.<writer>_<index>.part            a piece of it, which another process may have made
NAME.<writer>_<index>~<random>.part   a piece that is only half there
"""

from uuid import uuid4

from daybook.storage.rules import StorageKey, Stored

_PART = ".part"
_PIECE = "_"
"""It needs no escaping in any store's addresses."""


def part_name(file: str, writer: str) -> str:
    """The name of a writer's part of a file."""
    assert writer, "a writer has a name"
    assert not {_PIECE, "."} & {*writer}, "a part's name tells its writer"
    return f"{file}.{writer}{_PART}"


def piece_name(file: str, writer: str, index: int) -> str:
    """The name of a piece of a writer's part."""
    whole = part_name(file, writer).removesuffix(_PART)
    return f"{whole}{_PIECE}{index}{_PART}"


def half_piece_name(file: str, writer: str, index: int) -> str:
    """A name for writing a piece, which no other process has."""
    piece = piece_name(file, writer, index).removesuffix(_PART)
    return f"{piece}~{uuid4().hex}{_PART}"


def stored_as(key: StorageKey) -> Stored:
    """The file, part or piece that is stored with a name: the last of the key."""
    *folder, name = key
    if not name.endswith(_PART):
        return Stored(key, None)
    file, dot, writer = name.removesuffix(_PART).rpartition(".")
    # Uploads of an earlier version had no writer.
    return Stored((*folder, file if dot else writer), writer.partition(_PIECE)[0])


def is_part_of(name: StorageKey, key: StorageKey, writer: str | None = None) -> bool:
    """Whether a name is that of a part or piece of a file, of one writer or of any."""
    found = stored_as(name)
    is_wanted = found.writer is not None and writer in {None, found.writer}
    return is_wanted and found.key == key
