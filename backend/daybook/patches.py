"""Changes of which each part may be left out, where None means none."""

from enum import Enum
from typing import Any, NamedTuple


class Unset(Enum):
    """Stands for a setting that stays as it is, where None means none."""

    UNSET = "unset"


UNSET = Unset.UNSET


def given(patch: NamedTuple) -> dict[str, Any]:
    """The parts of a patch that aren't left out, by their names."""
    return {
        name: value for name, value in patch._asdict().items() if value is not UNSET
    }
