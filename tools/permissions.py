"""docs/permissions.md: who may do what, per function, object and field, read from the code that decides it.

python -m tools.permissions          whether the page is out of date, as in ./run check
python -m tools.permissions update   write it anew

Policies are asked, not described: each function of a room's ``policy`` is called for every kind of actor and
relation to the thing. Commands are read for the policy they ask and the values they take, routes for their
guard, their proof and the fields of their forms.
"""

import ast
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from textwrap import dedent
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, Final

from flask import Flask
from wtforms.fields.core import UnboundField

from portal import ROOMS, create_app
from portal.kernel.actor import Actor, Role
from portal.pledges.rules.promise import PledgeState
from portal.proposals.commands import propose
from portal.registry.rules.lifecycle import STEPS, Step
from portal.shop.rules.states import OrderState
from portal.web.forms import PortalForm

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "permissions.md"
NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
ME, OTHER, ORG, THING = "usr_me", "usr_other", "org_one", "thg_one"
YES, NO, SOME, UNKNOWN = "●", "–", "◐", "?"


@dataclass(frozen=True, slots=True)
class Column:
    """A kind of actor, and how the thing stands to it: whose it is, and for which organisation."""

    name: str
    actor: Actor
    owner: str = OTHER
    organisation: str = ""


def _person(*roles: Role, **more: Any) -> Actor:
    return Actor(ME, frozenset({Role.CITIZEN, *roles}), **more)


COLUMNS: Final = (
    Column("guest", Actor.guest()),
    Column("link", Actor.guest(THING)),
    Column("person", _person()),
    Column("own", _person(), owner=ME),
    *(
        Column(part, _person(organisations={ORG: part}), organisation=ORG)
        for part in ("member", "approver", "owner")
    ),
    *(Column(role, _person(role)) for role in Role if role is not Role.CITIZEN),
    Column("system", Actor.system("job")),
)


# --- Policies: asked -------------------------------------------------------------------------------


def policies() -> Iterator[tuple[str, str, Callable[..., bool]]]:
    """Room, name and function of every policy that asks about an actor."""
    for room in ROOMS:
        name = f"portal.{room}.policy"
        if find_spec(name) is None:
            continue
        for function in _functions_of(import_module(name)):
            if next(iter(inspect.signature(function).parameters), "") == "actor":
                yield room, function.__name__, function


def answers(policy: Callable[..., bool], column: Column) -> str:
    """Whether the policy says yes to this column: always, never, or depending on the state of the thing."""
    names = list(inspect.signature(policy).parameters.values())[1:]
    try:
        said = {
            _said(policy, column.actor, list(zip(names, given, strict=True)))
            for given in product(*(_samples(name, column) for name in names))
        }
    except (AttributeError, TypeError, KeyError):
        return UNKNOWN
    return SOME if len(said) == 2 else YES if True in said else NO


def _said(policy: Callable[..., bool], actor: Actor, given: list[tuple[inspect.Parameter, Any]]) -> bool:
    by_place = [value for name, value in given if name.kind is not name.KEYWORD_ONLY]
    by_name = {name.name: value for name, value in given if name.kind is name.KEYWORD_ONLY}
    return bool(policy(actor, *by_place, **by_name))


def _samples(parameter: inspect.Parameter, column: Column) -> Sequence[Any]:
    """Values for one parameter of a policy, as the column stands to the thing."""
    own_account = [parameter.default] if not column.organisation and parameter.default == "" else []
    by_name: dict[str, Sequence[Any]] = {
        "organisation_id": [column.organisation or "org_other", *own_account],
        "party_id": [column.organisation or "org_other"],
        "person_id": [column.owner],
        "proposed_by": [OTHER],
        "purpose": [""],
        "has_key": [column.name == "link"],
        "kind": ["holding", "developer"],
        "trainers": [{column.owner}],
        "now": [NOW],
    }
    by_type: dict[Any, Sequence[Any]] = {
        bool: [False, True],
        str: [THING],
        Step: [step for steps in STEPS.values() for step in steps],
        datetime: [NOW],
    }
    if parameter.name in by_name:
        return by_name[parameter.name]
    return by_type.get(parameter.annotation) or list(_things(column))


def _things(column: Column) -> Iterator[SimpleNamespace]:
    """The thing in each of its states, private and public."""
    for state, is_public in product([*OrderState, *PledgeState], (False, True)):
        yield SimpleNamespace(
            id=THING, learner_id=THING, owner_id=column.owner, person_id=column.owner,
            organisation_id=column.organisation, state=state, is_public=is_public, is_private=not is_public,
            retire_after=NOW + timedelta(days=1),
        )  # fmt: skip


# --- Commands: read --------------------------------------------------------------------------------

_QUESTIONS: Final = {"id", "is_person", "is_system", "has", "holds", "keys", "organisations"}
_GIVEN_BY_THE_PORTAL: Final = {"actor", "now", "visit", "visitor", "keys", "lang", "party"}


@dataclass(frozen=True, slots=True)
class Command:
    room: str
    name: str
    asks: tuple[str, ...]
    fields: tuple[str, ...]


def commands() -> Iterator[Command]:
    """Every function that takes an actor first, with what it asks and the values it takes."""
    for room in ROOMS:
        for module in _modules(f"portal.{room}.commands"):
            short = module.__name__.removeprefix(f"portal.{room}.commands").strip(".")
            for function in _functions_of(module):
                taken = list(inspect.signature(function).parameters)
                if taken[:1] == ["actor"]:
                    fields = tuple(each for each in taken if each not in _GIVEN_BY_THE_PORTAL)
                    name = ".".join(filter(None, (short, function.__name__)))
                    yield Command(room, name, tuple(sorted(_asked(function, room))), fields)


@cache
def _asked(function: FunctionType, room: str, depth: int = 4) -> frozenset[str]:
    """Policies that a function asks, itself or through functions of its room, and questions to the actor.

    ``propose`` asks the policy of what is proposed, which is also asked of whoever accepts it.
    """
    found: set[str] = set()
    function = inspect.unwrap(function)
    for owner, name in _words_of(function):
        thing = function.__globals__.get(owner or name)
        said = getattr(thing, name, None) if owner and isinstance(thing, ModuleType) else thing
        if owner == "actor" and name in _QUESTIONS:
            found.add(f"actor.{name}")
        elif said is propose:
            found.add("propose")
        elif isinstance(said, FunctionType) and said.__module__.endswith(".policy"):
            found.add(said.__name__)
        elif isinstance(said, FunctionType) and said.__module__.startswith(f"portal.{room}.") and depth:
            found |= _asked(said, room, depth - 1)
    return frozenset(found)


def _words_of(function: FunctionType) -> Iterator[tuple[str, str]]:
    """Every name in a function, and every ``owner.name``."""
    for node in ast.walk(ast.parse(dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr
        elif isinstance(node, ast.Name):
            yield "", node.id


# --- Routes: looked at -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    path: str
    methods: str
    who: str
    proof: str
    fields: tuple[str, ...]


def openings(app: Flask) -> Iterator[Opening]:
    """Every route by its address: who may open it, whether a fresh proof is asked, what its forms take."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        guard = getattr(view, "__guard__", None)
        if guard is not None:
            methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            who = {"open_to_all": "everybody", "signed_in": "signed in"}.get(guard) or ", ".join(
                sorted(getattr(view, "__roles__", ()))
            )
            path = rule.rule.replace("/<lang:lang>", "")
            yield Opening(path or "/", methods, who, getattr(view, "__fresh__", ""), _form_fields(view))


def _form_fields(view: Callable[..., Any]) -> tuple[str, ...]:
    """Fields of the forms that a view names."""
    inner = inspect.unwrap(view)
    if not isinstance(inner, FunctionType):
        return ()
    named = [inner.__globals__.get(name) for name in inner.__code__.co_names]
    forms = [each for each in named if inspect.isclass(each) and issubclass(each, PortalForm)]
    return tuple(dict.fromkeys(name for form in forms for name in _fields_of(form)))


def _fields_of(form: type[PortalForm]) -> list[str]:
    return [name for name in dir(form) if isinstance(inspect.getattr_static(form, name), UnboundField)]


# --- The page ----------------------------------------------------------------------------------------

_HEAD: Final = f"""# Permissions

Written by `python -m tools.permissions update` from the policies, commands and routes themselves; a test
keeps it fresh. Change the code, not this page.

Admin is no master key: each policy names it or not. Roles are live only after the second factor, and an
organisation's parts come from its owner. A command asks its policy in its first line, whoever calls it; a
route's guard only decides what is shown at all. What a form or a command does not list as a field cannot be
changed through it, whatever else is sent.

{YES} yes · {NO} no · {SOME} depends on the thing or its state · {UNKNOWN} depends on more than is shown here

Columns: `link` holds a signed link or code of the thing, `person` is signed in and the thing is somebody
else's, `own` is the person it belongs to; `member`, `approver`, `owner` are parts in the organisation it
belongs to; roles are asked about a thing that is not theirs; `system` is the portal's own hand (jobs,
operators at the command line).

Commands that name no policy let what is given decide: a password, a token of a letter, a code. `actor.id`
means that only what belongs to the actor is touched; `propose` asks the policy of what is proposed.
"""


def page(app: Flask) -> str:
    """The whole text of docs/permissions.md."""
    return "\n".join((_HEAD, *_policy_tables(), *_command_tables(), *_route_table(app))) + "\n"


def _policy_tables() -> Iterator[str]:
    yield "## Functions and objects: what the policies answer"
    room_before = ""
    for room, name, policy in policies():
        if room != room_before:
            yield f"\n### {room}\n"
            yield from _table_head(["Function", *(column.name for column in COLUMNS)])
            room_before = room
        yield _row([f"`{name}`", *(answers(policy, column) for column in COLUMNS)])


def _command_tables() -> Iterator[str]:
    yield "\n## Commands: what is asked, and the fields that are taken"
    room_before = ""
    for command in commands():
        if command.room != room_before:
            yield f"\n### {command.room}\n"
            yield from _table_head(["Command", "Asks", "Fields"])
            room_before = command.room
        asks = _codes(command.asks) or "what is given decides"
        yield _row([f"`{command.name}`", asks, _codes(command.fields)])


def _route_table(app: Flask) -> Iterator[str]:
    yield "\n## Routes: who may open them, and the fields of their forms\n"
    yield from _table_head(["Route", "Methods", "Who", "Fresh proof", "Fields"])
    for opening in openings(app):
        yield _row([f"`{opening.path}`", opening.methods, opening.who, opening.proof, _codes(opening.fields)])


def _table_head(cells: list[str]) -> Iterator[str]:
    yield _row(cells)
    yield _row(["---"] * len(cells))


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _codes(names: Sequence[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def _functions_of(module: ModuleType) -> list[FunctionType]:
    """Public functions written in the module, in their order."""
    return [
        each
        for name, each in vars(module).items()
        if isinstance(each, FunctionType) and each.__module__ == module.__name__ and not name.startswith("_")
    ]


def _modules(name: str) -> Iterator[ModuleType]:
    """The module, or the package and all that is in it."""
    if find_spec(name) is None:
        return
    module = import_module(name)
    yield module
    for found in pkgutil.iter_modules(getattr(module, "__path__", [])):
        yield import_module(f"{name}.{found.name}")


def main(arguments: Sequence[str]) -> int:
    written = page(create_app())
    if list(arguments) == ["update"]:
        PAGE.write_text(written)
        return 0
    if PAGE.exists() and PAGE.read_text() == written:
        return 0
    print("docs/permissions.md is out of date: python -m tools.permissions update")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
