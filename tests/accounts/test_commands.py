"""What accounts promise, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

from portal.accounts import passwords, queries, rules, totp
from portal.accounts.commands import demo, entering, organisations, resetting, roles, tries
from portal.accounts.commands import second_factor as factor
from portal.accounts.keys import Keys
from portal.accounts.models import LoginSession, Person
from portal.accounts.rules import (
    AlreadyMember,
    LastOwner,
    LinkIsStale,
    NotConfirmed,
    NotFresh,
    OrganisationIsKnown,
    Part,
    TooManyLetters,
    TooManyTries,
    Visit,
    Visitor,
    WrongCode,
    WrongCredentials,
    WrongPassword,
)
from portal.audit import AuditEntry
from portal.db import db, transaction
from portal.jobs import Outbox
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed, NotFound
from tests.factories import accounts as make
from tests.factories.accounts import HOME, PASSWORD

pytestmark = pytest.mark.usefixtures("any_app")
GUEST = Actor.guest()
AWAY = Visitor("198.51.100.0/24", "")
CODE = "91110000600037341L"
Letters = Callable[[], list[EmailMessage]]


def link_in(letter: EmailMessage) -> str:
    text = letter.get_content()
    return next(line for line in text.splitlines() if line.startswith("http"))


def token_in(letter: EmailMessage) -> str:
    return link_in(letter).partition("?k=")[2]


def sign_up(email: str = "wang@example.cn", password: str = PASSWORD, visitor: Visitor = HOME) -> None:
    entering.sign_up(GUEST, email, password, "Wang", "zh", visitor, clock.now())


# --- Signing up --------------------------------------------------------------------------------------


def test_somebody_signs_up_confirms_and_is_signed_in(sent_letters: Letters) -> None:
    sign_up()
    with pytest.raises(NotConfirmed):
        entering.sign_in(GUEST, "wang@example.cn", PASSWORD, HOME, "zh", clock.now())
    letter = sent_letters()[0]
    assert letter["To"] == "wang@example.cn"
    with pytest.raises(WrongPassword):
        entering.confirm_email(GUEST, token_in(letter), "not the password", HOME, make.keys(), clock.now())
    sid = entering.confirm_email(GUEST, token_in(letter), PASSWORD, HOME, make.keys(), clock.now())
    assert make.visit(sid)
    assert entering.sign_in(GUEST, "WANG@example.cn", PASSWORD, HOME, "zh", clock.now()) != sid


def test_a_link_in_a_mailbox_never_makes_a_strangers_password_good(sent_letters: Letters) -> None:
    sign_up(password="chosen by the stranger")
    strangers = token_in(sent_letters()[0])
    sign_up(password="chosen by the owner")
    with pytest.raises(LinkIsStale):
        entering.confirm_email(GUEST, strangers, "chosen by the stranger", HOME, make.keys(), clock.now())


def test_a_confirmation_link_lasts_three_days(sent_letters: Letters, at: Callable[[str], datetime]) -> None:
    at("2026-11-22T08:00:00Z")
    sign_up()
    token = token_in(sent_letters()[0])
    now = at("2026-11-25T08:00:01Z")
    with pytest.raises(LinkIsStale):
        entering.confirm_email(GUEST, token, PASSWORD, HOME, make.keys(), now)


def test_signing_up_with_a_known_address_changes_nothing_and_the_letter_says_so(
    sent_letters: Letters,
) -> None:
    known = make.person()
    sign_up(known.email, password="a stranger's choice")
    letter = sent_letters()[0]
    assert "?k=" not in letter.get_content()
    assert make.sign_in(known)
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1


def test_signing_up_does_the_same_work_for_a_known_address(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    real = passwords.hash_of
    monkeypatch.setattr(passwords, "hash_of", lambda password: hashed.append(password) or real(password))
    make.person()
    sign_up("li@example.cn")
    sign_up("nobody@example.cn")
    assert len(hashed) == 3
    asked = db.session.scalars(select(Outbox.payload).where(Outbox.kind == "accounts.letter")).all()
    assert {payload["occasion"] for payload in asked} == {"sign_up"}


def test_the_queue_holds_no_links(sent_letters: Letters) -> None:
    known = make.person()
    resetting.request_reset(GUEST, known.email, "zh", HOME, clock.now())
    payload = db.session.scalars(select(Outbox.payload)).one()
    assert payload["facts"] == {}
    token = token_in(sent_letters()[0])
    assert token
    assert token not in str(db.session.scalars(select(Outbox.payload)).all())


def test_letters_to_one_address_are_few() -> None:
    for _ in range(rules.LETTERS_TO_ADDRESS.most):
        resetting.request_reset(GUEST, "li@example.cn", "zh", HOME, clock.now())
    with pytest.raises(TooManyLetters):
        resetting.request_reset(GUEST, "LI@example.cn", "zh", AWAY, clock.now())
    resetting.request_reset(GUEST, "other@example.cn", "zh", HOME, clock.now())
    later = clock.now() + timedelta(hours=1, seconds=1)
    resetting.request_reset(GUEST, "li@example.cn", "zh", HOME, later)


def test_letters_from_one_network_are_few() -> None:
    for number in range(rules.LETTERS_FROM_NETWORK.most):
        resetting.request_reset(GUEST, f"{number}@example.cn", "zh", HOME, clock.now())
    with pytest.raises(TooManyLetters):
        resetting.request_reset(GUEST, "one-more@example.cn", "zh", HOME, clock.now())


# --- Signing in --------------------------------------------------------------------------------------


def test_an_unknown_address_and_a_wrong_password_are_refused_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    make.person()
    verified: list[str | None] = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda h, p: verified.append(h) or real(h, p))
    refusals = []
    for email in ("li@example.cn", "nobody@example.cn"):
        with pytest.raises(WrongCredentials) as refusal:
            entering.sign_in(GUEST, email, "not the password", HOME, "zh", clock.now())
        refusals.append((refusal.value.message, refusal.value.params))
    assert refusals[0] == refusals[1]
    assert len(verified) == 2  # argon2 ran for the unknown address too


def test_the_hash_nobody_has_costs_what_a_real_one_costs() -> None:
    assert not passwords.is_outdated(passwords.NOBODYS)
    assert not passwords.matches(None, "nobody has this password")


def test_spraying_is_stopped_before_anything_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make.person()
    hashed: list[str] = []
    monkeypatch.setattr(passwords, "matches", lambda _hash, password: bool(hashed.append(password)))

    def spray(email: str, visitor: Visitor = HOME) -> None:
        entering.sign_in(GUEST, email, "Spring2026!", visitor, "zh", clock.now())

    for number in range(rules.TRIES_FROM_NETWORK.most):
        with pytest.raises(WrongCredentials):
            spray(f"{number}@example.cn")
    assert len(hashed) == rules.TRIES_FROM_NETWORK.most
    for number in range(5):
        with pytest.raises(TooManyTries):
            spray(f"more-{number}@example.cn")
    assert len(hashed) == rules.TRIES_FROM_NETWORK.most

    with pytest.raises(WrongCredentials):
        spray(owner.email, AWAY)  # other networks are not locked out

    monkeypatch.setattr(tries, "before_password", lambda *_: None)  # the control: without the throttle
    with pytest.raises(WrongCredentials):
        spray("control@example.cn")
    assert hashed[-1] == "Spring2026!"
    assert len(hashed) == rules.TRIES_FROM_NETWORK.most + 2


def test_strangers_cannot_lock_the_owner_out_at_home() -> None:
    owner = make.person()
    make.sign_in(owner)
    for number in range(rules.TRIES_AT_ACCOUNT.most):
        tries.before_password(owner.email, f"botnet {number}", clock.now())
    with pytest.raises(TooManyTries):
        tries.before_password(owner.email, AWAY.network, clock.now())
    assert make.sign_in(owner)


def test_tries_are_forgotten_after_a_quarter_of_an_hour_and_after_success() -> None:
    owner = make.person()
    for _ in range(rules.TRIES_AT_ACCOUNT_FROM_NETWORK.most - 1):
        tries.before_password(owner.email, HOME.network, clock.now())
    assert make.sign_in(owner)
    for _ in range(rules.TRIES_AT_ACCOUNT_FROM_NETWORK.most):
        tries.before_password(owner.email, HOME.network, clock.now())
    with pytest.raises(TooManyTries):
        tries.before_password(owner.email, HOME.network, clock.now())
    tries.before_password(owner.email, HOME.network, clock.now() + timedelta(minutes=15, seconds=1))


def test_forty_people_behind_one_address_sign_in() -> None:
    for number in range(rules.TRIES_FROM_NETWORK.most + 10):
        tries.before_password(f"{number}@example.cn", HOME.network, clock.now())
        tries.after_right_password(f"{number}@example.cn", HOME.network)


def test_an_older_hash_is_renewed_at_sign_in() -> None:
    owner = make.person()
    old = passwords.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with transaction() as session:
        session.execute(update(Person).values(password_hash=old))
    make.sign_in(owner)
    known = queries.credentials(owner.email)
    assert known
    assert not passwords.is_outdated(known.password_hash)


# --- Sessions ------------------------------------------------------------------------------------------


def test_the_database_holds_no_secret_of_a_session() -> None:
    sid = make.sign_in(make.person())
    assert sid not in db.session.scalars(select(LoginSession.id)).all()


def test_a_new_sign_in_ends_the_session_this_browser_had() -> None:
    owner = make.person()
    first = make.sign_in(owner)
    entering.sign_in(
        GUEST, owner.email, PASSWORD, HOME, "zh", clock.now(), instead_of=rules.session_id(first)
    )
    assert make.visit(first) is None


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie() -> None:
    owner = make.person()
    sid = make.sign_in(owner)
    entering.sign_out(owner.actor, rules.session_id(sid), clock.now())
    assert make.visit(sid) is None


def test_changing_the_password_ends_every_session_but_gives_this_browser_a_new_one() -> None:
    owner = make.person()
    here, elsewhere = make.sign_in(owner), make.sign_in(owner, AWAY)
    visit = make.visit(here)
    assert visit
    new = resetting.change_password(
        owner.actor, visit, PASSWORD, "maple willow poplar oak", HOME, clock.now()
    )
    assert make.visit(here) is None
    assert make.visit(elsewhere) is None
    assert make.visit(new)
    with pytest.raises(WrongCredentials):
        make.sign_in(owner)


def test_changing_the_password_needs_the_present_one() -> None:
    owner = make.person()
    visit = make.visit(make.sign_in(owner))
    assert visit
    with pytest.raises(WrongPassword):
        resetting.change_password(owner.actor, visit, "not it at all", "maple willow oak", HOME, clock.now())


def test_one_cannot_end_anothers_session() -> None:
    owner, other = make.person(), make.person("other@example.cn")
    sid = make.sign_in(owner)
    entering.end_session(other.actor, rules.session_id(sid), clock.now())
    assert make.visit(sid)
    entering.end_session(owner.actor, rules.session_id(sid), clock.now())
    assert make.visit(sid) is None


def test_the_person_behind_a_cookie_is_found_in_one_query() -> None:
    owner = make.person("admin@example.cn", Role.ADMIN, Role.EDITOR, second_factor=True)
    organisations.create_organisation(owner.actor, Bilingual("伊春林业", ""), CODE, clock.now())
    sid = make.sign_in(owner)
    asked = counted_queries(lambda: make.visit(sid))
    assert asked == 1
    visit = make.visit(sid)
    assert visit
    assert visit.granted == {Role.ADMIN, Role.EDITOR}
    assert list(visit.organisations.values()) == [Part.OWNER]


# --- Reset ---------------------------------------------------------------------------------------------


def test_a_reset_link_works_once_for_an_hour_and_ends_every_session(
    sent_letters: Letters, at: Callable[[str], datetime]
) -> None:
    now = at("2026-11-22T08:00:00Z")
    owner = make.person()
    sid = make.sign_in(owner)
    resetting.request_reset(GUEST, owner.email, "en", HOME, now)
    token = token_in(sent_letters()[0])
    with pytest.raises(LinkIsStale):
        resetting.reset_password(
            GUEST, token, "maple willow poplar oak", HOME, make.keys(), now + timedelta(hours=1)
        )
    resetting.reset_password(GUEST, token, "maple willow poplar oak", HOME, make.keys(), now)
    assert make.visit(sid) is None
    assert entering.sign_in(GUEST, owner.email, "maple willow poplar oak", HOME, "en", now)
    with pytest.raises(LinkIsStale):
        resetting.reset_password(GUEST, token, "another four random words", HOME, make.keys(), now)


def test_asking_for_a_reset_does_not_look_whether_there_is_an_account(sent_letters: Letters) -> None:
    make.person()

    def ask(email: str) -> None:
        resetting.request_reset(GUEST, email, "en", HOME, clock.now())

    assert counted_queries(lambda: ask("li@example.cn")) == counted_queries(lambda: ask("no@example.cn"))
    letters = {letter["To"]: letter.get_content() for letter in sent_letters()}
    assert "?k=" in letters["li@example.cn"]
    assert "?k=" not in letters["no@example.cn"]


def test_a_link_goes_to_the_address_as_the_account_has_it(sent_letters: Letters) -> None:
    """Two spellings that fold to one must not let a neighbour's mailbox receive the link."""
    make.person("strasse@example.cn")
    resetting.request_reset(GUEST, "straße@example.cn", "en", HOME, clock.now())
    assert [letter["To"] for letter in sent_letters()] == ["strasse@example.cn"]


def test_a_confirmation_link_is_no_reset_link(sent_letters: Letters) -> None:
    sign_up()
    token = token_in(sent_letters()[0])
    with pytest.raises(LinkIsStale):
        resetting.reset_password(GUEST, token, "maple willow poplar oak", HOME, make.keys(), clock.now())


# --- Second factor -----------------------------------------------------------------------------------


def waiting(owner: make.Somebody) -> Visit:
    visit = make.visit(make.sign_in(owner))
    assert visit
    return visit


def test_a_code_is_good_once(at: Callable[[str], datetime]) -> None:
    now = at("2026-11-22T08:00:00Z")
    owner = make.person("r@example.cn", Role.REGISTRY, second_factor=True)
    code = make.code(now)
    before = waiting(owner)
    assert before.awaits_code
    sid = factor.check_second_factor(GUEST, before, code, make.keys(), now)
    passed = make.visit(sid)
    assert passed
    assert passed.actor.has(Role.REGISTRY)
    assert queries.visit(before.session_id) is None  # the id from before is worth nothing
    with pytest.raises(WrongCode):
        factor.check_second_factor(GUEST, waiting(owner), code, make.keys(), now)
    later = at("2026-11-22T08:00:31Z")
    assert factor.check_second_factor(GUEST, waiting(owner), make.code(later), make.keys(), later)


def test_the_control_a_code_would_be_good_twice_without_the_last_step() -> None:
    now = clock.now()
    step = totp.matching_step(make.SECRET, make.code(now), now, None)
    assert step is not None
    assert totp.matching_step(make.SECRET, make.code(now), now, step - 1) == step
    assert totp.matching_step(make.SECRET, make.code(now), now, step) is None


def test_codes_are_the_published_ones() -> None:
    """RFC 6238, appendix B, SHA-1, last six of eight digits."""
    secret = b"12345678901234567890"
    for seconds, shown in [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")]:
        assert totp.code_at(secret, seconds // 30) == shown


def test_guessing_codes_is_stopped() -> None:
    owner = make.person("r@example.cn", Role.REGISTRY, second_factor=True)
    for _ in range(rules.CODES_OF_PERSON.most):
        with pytest.raises(WrongCode):
            factor.check_second_factor(GUEST, waiting(owner), "000000", make.keys(), clock.now())
    with pytest.raises(TooManyTries):
        factor.check_second_factor(GUEST, waiting(owner), make.code(clock.now()), make.keys(), clock.now())


def test_a_second_factor_is_proved_before_it_counts_and_gives_recovery_codes(
    at: Callable[[str], datetime],
) -> None:
    now = at("2026-11-22T08:00:00Z")
    owner = make.person("t@example.cn", Role.TRAINER)
    visit = waiting(owner)
    secret = factor.propose_second_factor(owner.actor, visit, make.keys(), now)
    assert secret == factor.propose_second_factor(owner.actor, visit, make.keys(), now)
    with pytest.raises(WrongCode):
        factor.prove_second_factor(owner.actor, visit, "000000", make.keys(), now)
    assert not waiting(owner).has_second_factor
    sid, codes = factor.prove_second_factor(owner.actor, visit, make.code(now, secret), make.keys(), now)
    passed = make.visit(sid)
    assert passed
    assert passed.actor.has(Role.TRAINER)
    assert len(set(codes)) == rules.RECOVERY_CODES
    stored = db.session.scalars(select(Person.totp_sealed)).one()
    assert stored
    assert secret not in stored
    assert factor.check_second_factor(GUEST, waiting(owner), codes[0].lower(), make.keys(), now)
    with pytest.raises(WrongCode):
        factor.check_second_factor(GUEST, waiting(owner), codes[0], make.keys(), now)
    assert queries.recovery_codes_left(owner.id) == rules.RECOVERY_CODES - 1


def test_setting_up_a_second_factor_needs_a_fresh_sign_in() -> None:
    owner = make.person()
    with pytest.raises(NotFresh):
        factor.propose_second_factor(
            owner.actor, waiting(owner), make.keys(), clock.now() + timedelta(minutes=16)
        )


def test_a_secret_is_sealed_anew_when_the_site_key_rotates(at: Callable[[str], datetime]) -> None:
    now = at("2026-11-22T08:00:00Z")
    owner = make.person("r@example.cn", Role.REGISTRY, second_factor=True)
    rotated = Keys(("a new secret", *make.keys().secrets))
    factor.check_second_factor(GUEST, waiting(owner), make.code(now), rotated, now)
    later = at("2026-11-22T08:01:00Z")
    only_new = Keys(("a new secret",))
    assert factor.check_second_factor(GUEST, waiting(owner), make.code(later), only_new, later)


# --- Roles ---------------------------------------------------------------------------------------------


def test_only_administrators_and_operators_grant_roles() -> None:
    owner = make.person()
    for actor in (GUEST, owner.actor, Actor(owner.id, frozenset({Role.REGISTRY}))):
        for deed in (roles.grant_role, roles.revoke_role):
            with pytest.raises(NotAllowed):
                deed(actor, owner.id, Role.ADMIN, clock.now())
    alone = Actor("usr_admin", frozenset({Role.ADMIN}))
    with pytest.raises(NotAllowed):
        roles.grant_role(alone, owner.id, Role.FINANCE, clock.now())
    roles.grant_role(replace(alone, proposer="usr_other"), owner.id, Role.FINANCE, clock.now())
    assert [holder.roles for holder in queries.role_holders()] == [(Role.FINANCE,)]
    verbs = db.session.scalars(select(AuditEntry.verb).where(AuditEntry.subject_id == owner.id)).all()
    assert "accounts.role_granted" in verbs


def test_taking_a_role_away_ends_the_persons_sessions() -> None:
    owner = make.person("f@example.cn", Role.FINANCE)
    sid = make.sign_in(owner)
    roles.revoke_role(make.OPERATOR, owner.id, Role.FINANCE, clock.now())
    assert make.visit(sid) is None


def test_demo_people_are_made_once_and_only_in_a_demonstration() -> None:
    seed = demo.seed_demo_people
    with pytest.raises(NotAllowed):
        seed(make.OPERATOR, clock.now(), make.keys(), is_demo=False)
    first = seed(make.OPERATOR, clock.now(), make.keys(), is_demo=True)
    assert seed(make.OPERATOR, clock.now(), make.keys(), is_demo=True) == first
    assert [one.email for one in first] == [f"{role}@demo.example" for role in Role]
    now = clock.now()
    registry = next(one for one in first if one.role is Role.REGISTRY)
    visit = make.visit(entering.sign_in(GUEST, registry.email, registry.password, HOME, "zh", now))
    assert visit
    code = factor.current_code(visit.person_id, make.keys(), now)
    passed = make.visit(factor.check_second_factor(GUEST, visit, code, make.keys(), now))
    assert passed
    assert passed.actor.has(Role.REGISTRY)
    following = factor.current_code(visit.person_id, make.keys(), now)
    assert following != code  # the next one that is accepted, though the step is the same
    visit = make.visit(entering.sign_in(GUEST, registry.email, registry.password, HOME, "zh", now))
    assert visit
    assert factor.check_second_factor(GUEST, visit, following, make.keys(), now)


# --- Organisations -------------------------------------------------------------------------------------


def of(who: make.Somebody, organisation_id: str, part: Part) -> Actor:
    return Actor(who.id, organisations={organisation_id: part})


@pytest.fixture
def company(any_app: Flask) -> tuple[make.Somebody, str]:
    owner = make.person("owner@example.cn")
    made = organisations.create_organisation(owner.actor, Bilingual("伊春林业", ""), CODE, clock.now())
    return owner, made


def test_an_organisation_is_registered_once(company: tuple[make.Somebody, str]) -> None:
    other = make.person()
    with pytest.raises(OrganisationIsKnown):
        organisations.create_organisation(other.actor, Bilingual("另一家", ""), CODE.lower(), clock.now())
    with pytest.raises(NotAllowed):
        organisations.create_organisation(GUEST, Bilingual("无名", ""), CODE, clock.now())


def test_who_is_invited_joins_and_nobody_else(
    company: tuple[make.Somebody, str], sent_letters: Letters
) -> None:
    owner, company_id = company
    boss = of(owner, company_id, Part.OWNER)
    organisations.invite(boss, company_id, "Li@Example.cn", Part.APPROVER, HOME, clock.now())
    assert "伊春林业" in sent_letters()[-1]["Subject"]
    invited, stranger = make.person(), make.person("stranger@example.cn")
    with pytest.raises(NotFound):
        organisations.accept_invitation(stranger.actor, company_id, clock.now())
    with pytest.raises(NotFound):
        organisations.accept_invitation(invited.actor, company_id, clock.now() + timedelta(days=14))
    organisations.accept_invitation(invited.actor, company_id, clock.now())
    with pytest.raises(NotFound):
        organisations.accept_invitation(invited.actor, company_id, clock.now())
    with pytest.raises(AlreadyMember):
        organisations.invite(boss, company_id, invited.email, Part.OWNER, HOME, clock.now())
    assert {m.email: m.part for m in queries.members(company_id)} == {
        owner.email: Part.OWNER,
        invited.email: Part.APPROVER,
    }


def test_members_manage_nothing_and_strangers_see_nothing(company: tuple[make.Somebody, str]) -> None:
    owner, company_id = company
    member = of(make.person(), company_id, Part.MEMBER)
    for actor, refusal in ((member, NotAllowed), (make.person("s@example.cn").actor, NotFound)):
        with pytest.raises(refusal):
            organisations.invite(actor, company_id, "x@example.cn", Part.OWNER, HOME, clock.now())
        with pytest.raises(refusal):
            organisations.change_part(actor, company_id, owner.id, Part.MEMBER, clock.now())
        with pytest.raises(refusal):
            organisations.remove_member(actor, company_id, owner.id, clock.now())


def test_the_last_owner_stays(company: tuple[make.Somebody, str]) -> None:
    owner, company_id = company
    boss = of(owner, company_id, Part.OWNER)
    with pytest.raises(LastOwner):
        organisations.remove_member(boss, company_id, owner.id, clock.now())
    with pytest.raises(LastOwner):
        organisations.change_part(boss, company_id, owner.id, Part.MEMBER, clock.now())
    second = make.person()
    organisations.add_member(make.OPERATOR, company_id, second.id, Part.MEMBER, clock.now())
    organisations.change_part(boss, company_id, second.id, Part.OWNER, clock.now())
    organisations.remove_member(boss, company_id, owner.id, clock.now())
    assert [m.person_id for m in queries.members(company_id)] == [second.id]


# --- Tidying up ----------------------------------------------------------------------------------------


def test_old_tries_and_sessions_are_forgotten() -> None:
    sid = make.sign_in(make.person())
    tries.forget_old(clock.now() + timedelta(days=2))
    entering.forget_old_sessions(clock.now() + timedelta(days=59))
    assert make.visit(sid)
    entering.forget_old_sessions(clock.now() + timedelta(days=61))
    assert make.visit(sid) is None


def counted_queries(deed: Callable[[], Any]) -> int:
    """How many statements ``deed`` sends."""
    sent: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        deed()
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return len([statement for statement in sent if not statement.startswith("BEGIN")])
