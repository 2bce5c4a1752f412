"""Words that the room's pages and papers say for what stands in a model."""

from flask import Flask

from portal.footprint.rules.library import models
from portal.footprint.views.words import GASES, gases_words
from portal.web.i18n import speak


def test_which_gases_a_factor_counts_is_said_in_the_readers_language(app: Flask):
    said = {factor.gases for model in models() for factor in model.factors.values()} - {""}
    assert said - {"mixed"} <= GASES.keys()
    with app.test_request_context("/zh/"):
        speak("zh")
        assert gases_words("CO2 only") == "仅 CO₂"
        assert gases_words("a new word") == "a new word"
