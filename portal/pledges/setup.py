"""What pledges give to pages and letters of the room: their words, the promise as a sentence, addresses."""

from flask import Flask

from portal.pledges import words
from portal.pledges.links import letters_url, pledge_url


def install(app: Flask) -> None:
    app.jinja_env.globals |= {
        "pledge_url": pledge_url, "letters_url": letters_url, "pledge_words": words,
        "promise_of": words.promise_of,
        "county_of": words.county_of, "sector_of": words.sector_of,
    }  # fmt: skip
