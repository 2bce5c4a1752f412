"""The released models, each version in turn."""

import pytest

from portal.footprint.rules import library
from portal.footprint.rules.model import Model


@pytest.fixture(params=library.lock())
def model(request: pytest.FixtureRequest) -> Model:
    return library.model(*request.param.split("/"))
