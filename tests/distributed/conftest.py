import pytest

from fastlr.distributed.local_processes import LocalProcesses


@pytest.fixture(scope="session")
def processes():
    """Three processes, shared by all tests, as each takes a second to start."""
    with LocalProcesses(3) as driver:
        yield driver
