"""A person's news: the inbox, and how and when it comes in."""

from typing import Final

from flask import flash, redirect, render_template, request, url_for
from wtforms.fields.choices import SelectChoice

from portal.accounts import notices, queries, telling
from portal.accounts.commands import notices as commands
from portal.accounts.forms import NewsChoicesForm
from portal.accounts.notices import QuietHours, Topic, Way
from portal.accounts.views.own import here
from portal.accounts.views.place import Answer, blueprint, form_page
from portal.kernel import clock
from portal.kernel.errors import NotFound
from portal.web import paging
from portal.web.forms import PortalForm
from portal.web.guard import actor, signed_in
from portal.web.i18n import _

PAGE: Final = 20


def topics() -> dict[str, str]:
    """Headings of news, in the reader's language."""
    return {
        Topic.SAFETY: _("Safety of my account"),
        Topic.ORGANISATIONS: _("My organisations"),
        Topic.ORDERS: _("Orders and certificates"),
        Topic.TRAINING: _("Training"),
        Topic.PLEDGES: _("Pledges"),
    }


@blueprint.get("/account/notifications")
@signed_in
def notifications() -> Answer:
    """The newest first; ``show=unread`` and ``topic`` filter."""
    topic = request.args.get("topic", "")
    is_unread = request.args.get("show") == "unread"
    rows = queries.inbox(
        actor(), PAGE + 1, before=request.args.get("cursor", ""), only_unread=is_unread,
        topic=topic if topic in set(Topic) else "",
    )  # fmt: skip
    page = paging.cut(rows, PAGE, lambda news: news.id)
    shown = [(news, words) for news in page.items if (words := telling.shown_or_none(news))]
    used = {kind.topic for kind in notices.kinds()}
    return render_template(
        "accounts/notifications.html", page=page, shown=shown, topic=topic, is_unread=is_unread,
        topics={name: words for name, words in topics().items() if name in used},
        unread=here().unread, form=PortalForm(formdata=None),
    )  # fmt: skip


@blueprint.post("/account/notifications/<notification_id>")
@signed_in
def open_notification(notification_id: str) -> Answer:
    """Mark one as read; ``open`` goes on to what it is about."""
    news = queries.news(notification_id)
    commands.mark_read(actor(), notification_id, clock.now())
    words = telling.shown_or_none(news) if news else None
    if words is None:
        raise NotFound()
    return redirect(words.path if request.form.get("open") else url_for("accounts.notifications"), 303)


@blueprint.post("/account/notifications/read")
@signed_in
def read_all_notifications() -> Answer:
    commands.mark_all_read(actor(), clock.now())
    flash(_("All news is marked as read."), "success")
    return redirect(url_for("accounts.notifications"), 303)


@blueprint.route("/account/notifications/choices", methods=["GET", "POST"])
@signed_in
def notification_choices() -> Answer:
    """How each kind of news comes in, and when letters wait for the morning."""
    hours = queries.quiet_hours(actor().id)
    form = NewsChoicesForm(
        data={"begins": notices.hour_of(hours.begins), "ends": notices.hour_of(hours.ends)}
    )
    chosen = queries.chosen_ways(actor().id)
    ways = {kind.name: notices.way_for(kind, chosen) for kind in notices.kinds()}
    template = "accounts/notification_choices.html"
    shown = {"kinds": notices.kinds(), "topics": topics(), "ways": ways, "choices": _choices()}
    if not form.validate_on_submit():
        posted = {name: request.form.get(name, way) for name, way in ways.items()}
        return form_page(template, form, **{**shown, "ways": posted})
    given = {
        kind.name: request.form.get(kind.name, ways[kind.name])
        for kind in notices.kinds()
        if not kind.is_safety
    }
    commands.choose(actor(), given, QuietHours(form.begins.value, form.ends.value), clock.now())
    flash(_("Your choices are saved."), "success")
    return redirect(url_for("accounts.notification_choices"), 303)


def _choices() -> list[SelectChoice]:
    return [
        SelectChoice(Way.BOTH, _("E-mail and here")),
        SelectChoice(Way.INBOX, _("Only here")),
        SelectChoice(Way.NONE, _("Not at all")),
    ]
