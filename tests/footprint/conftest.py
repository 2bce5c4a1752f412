"""The released models, each in turn."""

import pytest

from portal.footprint.rules import library
from portal.footprint.rules.model import Model
from tests.factories.footprint import MODELS


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> Model:
    return library.model(request.param)
