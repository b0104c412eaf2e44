"""A copy that may only be read: an auditor's file, a backup, a mounted snapshot."""

import ctypes
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from daybook_factories import json_invoice
from daybook_services.left_out import leave_out
from daybook_terminal import Terminal

READING = [
    "journals",
    "export -o -",
    "export -o {folder}/out.csv",
    "activity",
    "audit list",
    "audit verify",
    "families",
    "settings",
    "clock show",
    "user list",
    "key list",
    "organisation list",
]
WRITING = [
    "import {folder}/invoices.jsonl",
    "lock 2025-01-31",
    "unlock",
    "settings --method USAGE",
    "product prod_1 --method USAGE",
    "families --put-right --reason x",
    "user add a@example.com --role admin",
    "key create k --may READ",
    "organisation add Other",
    "db upgrade",
]
DAC_OVERRIDE, DAC_READ_SEARCH = 1, 2
DROP_FROM_BOUND = 24
"""Of prctl(2)."""
