"""Loads every table into its store's metadata: import this before comparing schemas.

A feature's tables are in its `models.py`, which is found by its name; so are those of a
part of a feature that is a package.
"""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

import daybook
from daybook.db.base import Base, RuntimeBase
from daybook.db.engine import History

__all__ = ["METADATA", "Base", "RuntimeBase"]


def _packages(path: list[str], name: str) -> Iterator[str]:
    """The packages in a package."""
    return (found.name for found in iter_modules(path, f"{name}.") if found.ispkg)


for feature in _packages(list(daybook.__path__), daybook.__name__):
    parts = _packages(list(import_module(feature).__path__), feature)
    for package in (feature, *parts):
        if find_spec(f"{package}.models") is not None:
            import_module(f"{package}.models")

METADATA = {History.LEDGER: Base.metadata, History.RUNTIME: RuntimeBase.metadata}
