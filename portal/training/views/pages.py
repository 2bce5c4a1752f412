"""The room's blueprints, who learns on this device, and what its pages share."""

import re
from typing import Final

from flask import current_app, g, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as Answered

from portal.training.queries import courses, learners
from portal.training.queries.learners import Enrolled, LearnerView
from portal.training.rules.figures import ASKED, is_wide
from portal.training.rules.markup import MediaUrl, to_html
from portal.web.guard import actor, opened_now
from portal.web.i18n import _, lang
from portal.web.links import key_for, opens
from portal.web.page import page_blueprint, plain_blueprint

blueprint = page_blueprint("training", __name__)
files = plain_blueprint("training_files", __name__)

Answer = str | Answered | tuple[str, int]
COOKIE: Final = "learner"
_YEAR: Final = 365 * 24 * 3600
_ALONE: Final = re.compile(r"<p>(<img [^>]*>)</p>")
_DRAWING: Final = re.compile(
    r'<figure>(<img [^>]*src="[^"]*/training-media/[^"/]*/([a-z0-9.-]+\.svg)"[^>]*>)(.*?)</figure>', re.S
)
_LARGER: Final = """<figure>{picture}{caption}<details class="larger"><summary lang="{lang}">{words}</summary>
<div class="larger-box" tabindex="0">{picture}</div></details></figure>"""
_TITLE: Final = re.compile(r' title="([^"]*)"')


@blueprint.before_request
def recognise_device() -> None:
    """A learner without an account is known by a signed cookie, which says who and nothing else."""
    learner_id, _, key = request.cookies.get(COOKIE, "").partition(".")
    if learner_id.startswith("lrn_") and opens(key, f"device:{learner_id}"):
        opened_now(learner_id)


def remember(answer: Answered, learner_id: str) -> Answered:
    """From here on this device is this learner's."""
    answer.set_cookie(
        COOKIE, f"{learner_id}.{key_for(f'device:{learner_id}')}", max_age=_YEAR, httponly=True,
        samesite="Lax", secure=current_app.config["PORTAL"].is_secure,
    )  # fmt: skip
    opened_now(learner_id)
    return answer


def forget(answer: Answered) -> Answered:
    answer.delete_cookie(COOKIE)
    return answer


def learners_here() -> list[LearnerView]:
    """The reader as a learner; asked once for each request."""
    if "learners" not in g:
        g.learners = learners.learners_of(actor())
    return g.learners


def guest_here() -> LearnerView | None:
    """The learner without an account whose device this is."""
    return next((each for each in learners_here() if each.person_id is None), None)


def own(enrolment_id: str) -> Enrolled:
    """Raises UnknownEnrolment."""
    return learners.enrolment(actor(), enrolment_id)


def media_url_of(version_id: str) -> MediaUrl:
    """Gives the address of a picture of this version by its name in the pack, ``media/tree.svg``."""

    def address(name: str) -> str:
        path, _mark, asked = name.removeprefix("media/").partition(f"?{ASKED}=")
        return url_for("training_files.media", version_id=version_id, name=path, drawn=asked or None)

    return address


def shown(text: str, version_id: str) -> Markup:
    """Markdown of a lesson as safe HTML; a picture that stands alone is a figure with its caption."""
    html = _enlargeable(figures(to_html(text, media_url=media_url_of(version_id))), version_id)
    # On a phone a wide table scrolls by itself, so the keyboard must reach it.
    return Markup(html.replace("<table>", '<table tabindex="0">'))  # noqa: S704  sanitised


def _enlargeable(html: str, version_id: str) -> str:
    """Wide drawings fit the page, and on a phone come once more, so large that their words can be read."""

    def opened(found: re.Match[str]) -> str:
        if not is_wide(courses.media(version_id, found[2])):
            return found[0]
        return _LARGER.format(
            picture=found[1], caption=found[3], lang=lang(), words=_("Show the drawing larger")
        )

    return _DRAWING.sub(opened, html)


def figures(html: str) -> str:
    """Pictures that are paragraphs of their own as figures; the caption is what the pack gives as title."""
    return _ALONE.sub(_figure, html)


def _figure(found: re.Match[str]) -> str:
    picture = found[1]
    title = _TITLE.search(picture)
    caption = f"<figcaption>{title[1]}</figcaption>" if title else ""
    return f"<figure>{_TITLE.sub('', picture)}{caption}</figure>"
