"""Models, and a small faulty-on-demand one, for the tests of this room."""

from importlib.resources import files

import pytest

from portal.footprint.rules import library
from portal.footprint.rules.model import Model

MODELS = ("household-cn", "event-cn")


def content_of(model_id: str) -> str:
    """The text of a model file, to plant faults into."""
    return (files("portal.footprint") / "models" / model_id / "1.0.0" / "model.toml").read_text("utf-8")


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> Model:
    return library.model(request.param)
