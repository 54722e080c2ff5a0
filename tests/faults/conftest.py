"""What the tests of faults share: they count objects, but not those that were there before."""

import gc
from collections.abc import Iterator

import pytest

__all__ = ["only_own_objects"]


@pytest.fixture(autouse=True)
def only_own_objects() -> Iterator[None]:
    """Hide what there is already: to count it takes a second where thousands of tests ran before."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
