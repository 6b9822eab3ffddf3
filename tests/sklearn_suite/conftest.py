from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from sklearn_suite.expected_failures import EXPECTED_FAILURES, OTHER_CLASSES

HERE = Path(__file__).parent


def pytest_configure(config):
    for mark in ("no_check_spmatrix", "thread_unsafe"):
        config.addinivalue_line("markers", f"{mark}: scikit-learn's own; it has no effect here")


def matches(item, patterns):
    return any(fnmatchcase(item.name, pattern.replace("[", "[[]")) for pattern in patterns)


def pytest_collection_modifyitems(config, items):
    """Mark the expected failures, and leave out the tests of classes that fastlr does not have."""
    here = [item for item in items if item.path.parent == HERE]
    others = {item for item in here if matches(item, OTHER_CLASSES.get(item.path.stem, ()))}
    for item in here:
        for reason, patterns in EXPECTED_FAILURES.get(item.path.stem, {}).items():
            if matches(item, patterns):
                item.add_marker(pytest.mark.xfail(reason=reason.text, raises=reason.raises, strict=True))
    if others:
        config.hook.pytest_deselected(items=list(others))
        items[:] = [item for item in items if item not in others]


@pytest.fixture(params=[42])
def global_random_seed(request):
    """The seed that scikit-learn's own configuration gives its tests."""
    return request.param
