"""Loads every table into its store's metadata: import this before comparing schemas.

A feature's tables are in its `models.py`, which is found by its name.
"""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

import daybook
from daybook.db.base import Base, RuntimeBase
from daybook.db.engine import History

__all__ = ["METADATA", "Base", "RuntimeBase"]

for feature in iter_modules(daybook.__path__, f"{daybook.__name__}."):
    if feature.ispkg and find_spec(f"{feature.name}.models") is not None:
        import_module(f"{feature.name}.models")

METADATA = {History.LEDGER: Base.metadata, History.RUNTIME: RuntimeBase.metadata}
