"""Whether a file is a workbook of Excel: a zip archive with the right members. Pure.

All members are unpacked, up to a limit and without keeping them, so that a damaged
workbook is refused and an archive that would fill a disk is, too.
"""

import io
import zlib
from collections.abc import Sequence
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEMBERS_MAX = 5_000
UNPACKED_BYTES_MAX = 256 * 2**20
"""The most bytes of all members together."""
TYPES_BYTES_MAX = 2**20
"""The most bytes of the list of the members' types."""
PIECE_BYTES = 2**18

_TYPES = "[Content_Types].xml"
_MAIN = f"{WORKBOOK}.main+xml".encode()
_MEMBER = b"PK\x03\x04"
_END = b"PK\x05\x06"
_END_BYTES = 22
_ENCRYPTED = 1


def unfit_workbook(stream: BinaryIO) -> str | None:
    """What is wrong with a workbook, in words; None if it is one."""
    stream.seek(0)
    if stream.read(len(_MEMBER)) != _MEMBER:
        return "something comes before its beginning"
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(size - _END_BYTES, 0))
    if not stream.read().startswith(_END):
        return "it is cut, or something follows its end"
    try:
        with ZipFile(stream) as archive:
            return _unfit_archive(archive)
    except (
        *(BadZipFile, LargeZipFile, zlib.error, EOFError),
        *(ValueError, NotImplementedError, OverflowError, RuntimeError),
    ):
        return "its archive is damaged"


def _unfit_archive(archive: ZipFile) -> str | None:
    members = archive.infolist()
    problem = _unfit_list(members)
    if problem is not None:
        return problem
    with archive.open(_TYPES) as types:
        is_workbook = _MAIN in types.read(TYPES_BYTES_MAX)
    if not is_workbook:
        return "it is another archive, not a workbook of Excel without macros"
    return _unfit_members(archive, members)


def _unfit_list(members: Sequence[ZipInfo]) -> str | None:
    """What an archive's list of members shows, before any of them is unpacked."""
    names = {member.filename for member in members}
    if len(members) > MEMBERS_MAX:
        return f"it has more than {MEMBERS_MAX:,} members"
    if len(names) < len(members):
        return "two of its members have the same name"
    if _TYPES not in names:
        return "it is another archive, not a workbook of Excel"
    if any(map(_is_foreign, members)):
        return "it is encrypted, or packed in another way than workbooks are"
    if sum(member.file_size for member in members) > UNPACKED_BYTES_MAX:
        return _too_large()
    return None


def _is_foreign(member: ZipInfo) -> bool:
    is_packed_otherwise = member.compress_type not in {ZIP_STORED, ZIP_DEFLATED}
    return is_packed_otherwise or bool(member.flag_bits & _ENCRYPTED)


def _unfit_members(archive: ZipFile, members: Sequence[ZipInfo]) -> str | None:
    """Unpack all members; each is checked against its size and its checksum."""
    left = UNPACKED_BYTES_MAX
    for member in members:
        with archive.open(member) as unpacked:
            while piece := unpacked.read(PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    return _too_large()
    return None


def _too_large() -> str:
    return f"it unpacks to more than {UNPACKED_BYTES_MAX // 2**20} MiB"
