"""What a manifest that no record has must look like, since anybody may have written it.

`read_manifest` checks types, names and numbers; what they mean is looked up later.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from daybook.exports.formats import parse_format
from daybook.exports.manifests.manifest import VERSION
from daybook.numbers import NUMBER_MAX

Text = Annotated[
    str, StringConstraints(max_length=10_000, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Amount = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,30}(\.[0-9]{1,8})?$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PartName = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x1f\x7f/\\]{1,200}-[0-9]{1,9}\.[a-z]{1,9}$"),
]
Number = Annotated[int, Field(ge=0, le=NUMBER_MAX)]


class _Form(BaseModel):
    model_config = ConfigDict(strict=True)


class _Sums(_Form):
    rows: Number
    debits: Amount
    credits: Amount


class _Part(_Sums):
    name: PartName
    sha256: Hash


class _File(_Form):
    name: Text
    sha256: Hash


class _Head(_Form):
    record: Number
    hash: Hash


class _Options(_Form):
    model_config = ConfigDict(strict=True, extra="forbid")

    preset: Text | None = None
    date_form: Text | None = None
    converts: bool = False
    max_rows: Number | None = None
    default_account: Text | None = None
    refresh: Number | None = None
    since: Number | None = None
    currency: Text | None = None
    opens: Text | None = None


class _Manifest(_Sums):
    manifest: Number
    ledger: Text
    recording: Number
    renamings: Number
    today: Text
    audit_head: _Head | None
    filters: Text | None
    selection: dict[str, bool | Number | Text | list[Number | Text] | None]
    format: Text
    renderer: Number
    compression: Text | None
    granularity: Text
    group_by: list[Text] | None
    options: _Options
    file: _File | None = None
    parts: Annotated[list[_Part], Field(min_length=1)] | None = None


def read_manifest(text: str) -> Mapping[str, Any]:
    """A manifest of our version; raises ValueError with what is wrong."""
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(content, dict) or content.get("manifest") != VERSION:
        raise ValueError("it is of another version")
    try:
        _Manifest.model_validate(content)
    except ValidationError as invalid:
        first = invalid.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"{place}: {first['msg']}"
        raise ValueError(message) from None
    _check_parts(content)
    return content


def _check_parts(content: Mapping[str, Any]) -> None:
    """Raise ValueError for parts that no archive of the format has."""
    names = [part["name"] for part in content.get("parts") or ()]
    if len(set(names)) < len(names):
        raise ValueError("parts: two have one name")
    if names and not parse_format(content["format"]).is_split:
        message = f"parts: files of {content['format']} are not split"
        raise ValueError(message)
