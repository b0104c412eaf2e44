"""What every test may ask for."""

import os

import pytest

# Hundreds of tests sign in, and a hash of the real cost takes a tenth of a second.
os.environ["DAYBOOK_WEAK_PASSWORDS"] = "yes"

# First what the others import: pytest registers no module that is imported already.
pytest_plugins = [
    "daybook_services.interrupting",
    "daybook_services.collecting",
    "daybook_services.failures",
    "daybook_services.faults",
    "daybook_services.figures",
    "daybook_services.memory",
    "daybook_services.statements",
    "daybook_services.left_out",
    "daybook_services.processes",
    "daybook_services.chromium",
    "daybook_services.database",
    "daybook_services.node",
    "daybook_services.postgresql",
    "daybook_services.redis",
    "daybook_services.s3",
    "daybook_services.smtp",
    "daybook_services.workers",
]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the product does."""
    return "asyncio"
