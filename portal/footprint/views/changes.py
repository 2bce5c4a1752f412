"""Why did my number change? Between two footprints of one holder, or two versions for one footprint."""

from dataclasses import dataclass

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from portal.footprint import queries
from portal.footprint.commands import save_footprint
from portal.footprint.forms import KeepForm
from portal.footprint.rules import library
from portal.footprint.rules.answers import shown
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.method import answer_words, unit_words
from portal.footprint.rules.model import Model
from portal.footprint.rules.outlook import Basis, NothingToCompare
from portal.footprint.rules.stored import Footprint
from portal.footprint.rules.versions import Cause, Dropped, migrate, why_changed
from portal.footprint.views.pages import blueprint
from portal.footprint.views.results import basis_of, model_of
from portal.footprint.views.ways import result_url
from portal.footprint.views.words import exact
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.mass import Mass
from portal.web.guard import actor, open_to_all, opened_now
from portal.web.i18n import _, lang, number
from portal.web.links import opens

READER = Actor.system("footprint-changes")


@blueprint.get("/footprints/<footprint_id>/changes")
@open_to_all
def changed(footprint_id: str) -> str:
    """``from`` names the footprint to start from, with its key in ``fk`` where it is not one's own;
    ``version`` a newer version of the calculator; without both, what this footprint goes on from is taken.
    """
    footprint = queries.footprint(actor(), footprint_id)
    version = request.args.get("version")
    if version:
        return _version_page(footprint, version)
    return _two_page(*_in_order(_other(footprint), footprint))


@blueprint.post("/footprints/<footprint_id>/changes")
@open_to_all
def recalculate(footprint_id: str) -> Answer:
    """Keep the result that a newer version gives for the same answers, beside the old one."""
    footprint, form = queries.footprint(actor(), footprint_id), KeepForm()
    if not form.validate_on_submit():
        abort(400)
    after, _dropped = _carried(footprint, request.form.get("version", ""))
    new = save_footprint(
        actor(), after.model.id, after.model.version, after.region, dict(after.given), clock.now(), lang(),
        year=after.year, audience=after.model.audience, own=dict(after.own), form=footprint.form,
        stage=footprint.stage, previous_id=footprint.id, label=footprint.label,
    )  # fmt: skip
    return redirect(result_url(new), 303)


def _other(footprint: Footprint) -> Footprint:
    """The footprint to compare with. Raises UnknownFootprint, NothingToCompare."""
    other = request.args.get("from", "")
    if other:
        if opens(request.args.get("fk", ""), other):
            opened_now(other)
        return queries.footprint(actor(), other)
    if footprint.previous_id is None:
        raise NothingToCompare()
    # Whoever made this one could see the one it goes on from.
    return queries.footprint(READER, footprint.previous_id)


def _in_order(one: Footprint, two: Footprint) -> tuple[Footprint, Footprint]:
    return (one, two) if one.created_at <= two.created_at else (two, one)


# ---- two footprints


@dataclass(frozen=True, slots=True)
class Why:
    """A cause in words, and its grams."""

    text: str
    grams: int


def _two_page(before: Footprint, after: Footprint) -> str:
    old, new = basis_of(before, model_of(before)), basis_of(after, model_of(after))
    causes = why_changed(old, new)
    carried = migrate(old.model, new.model, dict(old.given))
    same = new.answering(carried.given)
    return render_template(
        "footprint/changes.html",
        model=new.model,
        before=before,
        after=after,
        before_g=before.total.grams,
        after_g=after.total.grams,
        causes=_in_words(causes, old, new, carried.given),
        dropped=carried.dropped,
        same_g=same.estimate().total_g,
        one_set=_one_set(new),
        urls={each.id: result_url(each.id) for each in (before, after) if _may_open(each)},
        signed=signed_grams,
        as_mass=Mass,
        form=None,
        version="",
    )


def _may_open(footprint: Footprint) -> bool:
    own = footprint.owner_id is not None and footprint.owner_id == actor().id
    return own or actor().holds(footprint.id)


def _one_set(basis: Basis) -> str:
    """What both years are worked out on for a fair comparison, in words."""
    parts = [_("version %(version)s", version=basis.model.version), basis.compiled.place.title.in_(lang())]
    if basis.year:
        parts.append(_("factors of %(year)s", year=basis.year))
    return _(", ").join(parts)


# ---- one footprint, a newer version


def _version_page(footprint: Footprint, version: str) -> str:
    before = basis_of(footprint, model_of(footprint))
    after, dropped = _carried(footprint, version)
    causes = why_changed(before, after)
    return render_template(
        "footprint/changes.html",
        model=after.model,
        before=footprint,
        after=None,
        before_g=footprint.total.grams,
        after_g=after.estimate().total_g,
        causes=_in_words(causes, before, after, dict(after.given)),
        dropped=dropped,
        same_g=None,
        one_set="",
        urls={footprint.id: result_url(footprint.id)},
        signed=signed_grams,
        as_mass=Mass,
        form=KeepForm(),
        version=version,
        action=url_for("footprint.recalculate", footprint_id=footprint.id, k=request.args.get("k")),
    )


def _carried(footprint: Footprint, version: str) -> tuple[Basis, tuple[Dropped, ...]]:
    """The same answers in another version, with what of place, year and own factors it knows.

    Raises UnknownVersion, NotComparable.
    """
    old, new = model_of(footprint), library.model(footprint.model_id, version, _audience(footprint, version))
    moved = migrate(old, new, dict(footprint.answers))
    year = footprint.year if footprint.year in new.known_years() else ""
    own = {name: text for name, text in footprint.own.items() if _takes(new, footprint.region, name, text)}
    return Basis(new, footprint.region, moved.given, year, own), moved.dropped


def _audience(footprint: Footprint, version: str) -> str:
    known = library.model(footprint.model_id, version).audiences
    return footprint.audience if footprint.audience in known else ""


def _takes(model: Model, region: str, name: str, text: str) -> bool:
    try:
        model.place(region, own={name: text})
    except BadAnswer:
        return False
    return True


# ---- words


def signed_grams(grams: int) -> str:
    return f"{'+' if grams > 0 else '−' if grams < 0 else ''}{number(abs(grams))}"


def _in_words(causes: tuple[Cause, ...], before: Basis, after: Basis, carried: dict[str, str]) -> list[Why]:
    return [Why(_sentence(cause, before, after, carried), cause.grams) for cause in causes]


def _sentence(cause: Cause, before: Basis, after: Basis, carried: dict[str, str]) -> str:
    title = cause.title.in_(lang())
    match cause.kind:
        case "answer":
            was, now = (_answer(after.model, cause.key, given) for given in (carried, after.given))
            return _("%(title)s: %(now)s instead of %(was)s", title=title, now=now, was=was)
        case "shares":
            return _("%(title)s: other shares", title=title)
        case "factor":
            unit = unit_words(after.compiled.place.factors[cause.key].unit_text, lang())
            was, now = (f"{exact(text)} {unit}" for text in (cause.before, cause.after))
            return _("%(title)s: the factor is now %(now)s instead of %(was)s", title=title, now=now, was=was)
        case "own":
            none = _("ours")
            now, was = (exact(text) if text else none for text in (cause.after, cause.before))
            return _("%(title)s, own factor: %(now)s instead of %(was)s", title=title, now=now, was=was)
        case "place":
            was, now = (basis.compiled.place.title.in_(lang()) for basis in (before, after))
            return _("The place: %(now)s instead of %(was)s", now=now, was=was)
        case "year":
            now, was = (year or _("the latest") for year in (cause.after, cause.before))
            return _("The year of the factors: %(now)s instead of %(was)s", now=now, was=was)
        case _:
            return _(
                "The method: formulas, assumptions and averages of version %(now)s instead of %(was)s",
                now=cause.after,
                was=cause.before,
            )


def _answer(model: Model, key: str, given: dict[str, str]) -> str:
    text, question = given.get(key), model.questions[key]
    if text is None:
        return _("no answer") if question.expert else _("“I don’t know”")
    return answer_words(question, shown(question, text), lang())
