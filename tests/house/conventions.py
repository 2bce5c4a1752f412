"""What house.md promises about the source, as functions that read it and list what breaks a promise.

Each takes the root of a checkout, so that a test can plant a fault in a small one and see it found.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from jinja2 import Environment, nodes

Convention = Callable[[Path], list[str]]

GUARDS = {"open_to_all", "signed_in", "staff"}
ROUTES = {"route", "get", "post", "put", "patch", "delete"}
NAMELESS = {"util", "utils", "helper", "helpers", "base", "manager", "managers", "common", "misc"}
_TEXT = {
    ".py",
    ".html",
    ".txt",
    ".css",
    ".js",
    ".json",
    ".md",
    ".toml",
    ".cfg",
    ".in",
    ".yml",
    ".yaml",
    ".po",
    ".csv",
    "",
}
_UNREAD = {"instance", "node_modules", "__pycache__", "tmp"}
_HIDDEN_BUT_OURS = {".ci", ".github"}
# Written as patterns, so that this file names no such place itself.
_REGISTRY_HOST = re.compile(
    r"\b(pypi|pythonhosted|npmjs|crates|rubygems)\.(org|com|io)\b|\b(deb|security)\.debian\."
)
_DATA_ROOM = re.compile(r"\.\./shared\b|(?<![\w.])/work/(shared|main)\b")
_INLINE = (
    (re.compile(r"<style\b", re.I), "inline style sheet"),
    (re.compile(r"<[a-z][^<>]*\sstyle\s*=", re.I), "style attribute"),
    (re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*json)", re.I), "inline script"),
    (re.compile(r"<[a-z][^<>]*\son[a-z]+\s*=\s*[\"']", re.I), "event handler"),
    (re.compile(r"javascript:", re.I), "javascript: link"),
)


def only_db_commits(root: Path) -> list[str]:
    """``commit()`` stands in portal/db.py and nowhere else."""
    return [
        f"{file.relative_to(root)}:{call.lineno} commits; use transaction()"
        for file, tree in _modules(root / "portal", skip={"db.py"})
        for call in _calls(tree)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ]


def rooms_have_charters(root: Path) -> list[str]:
    """Each room's ``__init__.py`` is one sentence and no code."""
    wrong = []
    for folder in rooms(root):
        charter = folder / "__init__.py"
        tree = ast.parse(charter.read_text()) if charter.exists() else ast.Module([], [])
        sentence = ast.get_docstring(tree) or ""
        if len(tree.body) != 1 or not sentence:
            wrong.append(
                f"portal/{folder.name}/__init__.py must hold its charter, one sentence, and nothing else"
            )
        elif not sentence.endswith(".") or "\n\n" in sentence:
            wrong.append(f"portal/{folder.name}/__init__.py: a charter is one sentence: {sentence!r}")
    return wrong


def the_map_is_true(root: Path) -> list[str]:
    """Every room and every module outside them stands in docs/house.md, and no room that is not there."""
    drawn = (root / "docs" / "house.md").read_text()
    there = {room.name for room in rooms(root)}
    ground = [*(root / "portal").glob("*.py"), *(root / "portal" / "kernel").glob("*.py")]
    missing = [f"`{name}`" for name in sorted(there) if f"`{name}`" not in drawn]
    missing += [file.name for file in sorted(ground) if not re.search(rf"\b{re.escape(file.name)}\b", drawn)]
    slope = "\n".join(re.findall(r"^\| [\d½]+ \|.*", drawn, re.M))
    imagined = set(re.findall(r"`(\w+)`", slope)) - there - {file.stem for file in ground}
    return [
        *(f"docs/house.md does not show {name}" for name in missing),
        *(f"docs/house.md shows the room {name}, which is not there" for name in sorted(imagined)),
    ]


def modules_have_names(root: Path) -> list[str]:
    """No util.py, helpers.py, base.py, manager.py: what has no name yet has no home yet."""
    return [
        f"{file.relative_to(root)} is named after nothing"
        for folder in ("portal", "standin", "tests", "bench")
        for file in sorted((root / folder).rglob("*.py"))
        if file.stem in NAMELESS
    ]


def only_the_clock_tells_time(root: Path) -> list[str]:
    """``datetime.now``, ``utcnow``, ``date.today`` and ``time.time`` stand in kernel/clock.py only."""
    return [
        f"{file.relative_to(root)}:{call.lineno} asks {ast.unparse(call.func)}(); use kernel.clock"
        for file, tree in _modules(root / "portal", skip={"kernel/clock.py"})
        for call in _calls(tree)
        if re.fullmatch(
            r"(\w+\.)?(datetime\.(now|utcnow|today)|date\.today|time\.time)", ast.unparse(call.func)
        )
    ]


def time_is_given(root: Path) -> list[str]:
    """What time or day it is comes from the caller of a rule, a query or a command, never from a default."""
    return [
        f"{file.relative_to(root)}:{function.lineno} {function.name} has a time of its own"
        for file, tree in _modules(root / "portal", skip=set())
        if {"rules", "queries", "commands"} & {*file.parts, file.stem}
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for name in _with_default(function.args)
        if name in ("now", "today")
    ]


def _with_default(arguments: ast.arguments) -> Iterator[str]:
    places = [*arguments.posonlyargs, *arguments.args]
    yield from (each.arg for each in places[len(places) - len(arguments.defaults) :])
    alone = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    yield from (each.arg for each, default in alone if default is not None)


def rules_know_no_floats(root: Path) -> list[str]:
    """Kernel and rules count in integers and decimals; the footprint's compiler alone works with floats."""
    return [
        f"{file.relative_to(root)}:{node.lineno} uses a float"
        for file, tree in _modules(root / "portal", skip=set())
        if _is_pure(file.relative_to(root / "portal")) and "footprint/rules" not in file.as_posix()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float")
    ]


def views_carry_one_guard(root: Path) -> list[str]:
    """Every route function has exactly one of @open_to_all, @signed_in, @staff."""
    wrong = []
    for file, tree in _modules(root / "portal", skip=set()):
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            marks = [_name(decorator) for decorator in function.decorator_list]
            guards = [mark for mark in marks if mark in GUARDS]
            if any(_is_route(decorator) for decorator in function.decorator_list) and len(guards) != 1:
                wrong.append(
                    f"{file.relative_to(root)}:{function.lineno} {function.name} has guards {guards}, not one"
                )
    return wrong


def texts_can_be_found(root: Path) -> list[str]:
    """Texts are marked by names that the extractor knows; under another alias no catalogue holds them."""
    known = {"_", "N_", "gettext", "ngettext", "lazy_gettext", "lazy_ngettext"}
    return [
        f"{file.relative_to(root)}:{node.lineno} calls {name.name} {name.asname}, which no catalogue will see"
        for file, tree in _modules(root / "portal", skip=set())
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name in known and name.asname not in (None, *known)
    ]


def templates_are_used(root: Path) -> list[str]:
    """Every template is named by a view, a letter or another template."""
    folder = root / "templates"
    said = [
        name
        for file in folder.rglob("*.*")
        for name in re.findall(r"[\"']([^\"'\n]+)[\"']", file.read_text())
    ]
    said = [re.escape(name) for name in said]
    for _, tree in _modules(root / "portal", skip=set()):
        said += _texts_said(tree)
    spoken = re.compile("|".join(sorted(set(said))))
    return [
        f"templates/{name} is used by nothing"
        for name in sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.*"))
        if not any(spoken.fullmatch(alias) for alias in _aliases(name))
    ]


def _aliases(template: str) -> Iterator[str]:
    yield template
    stem = template.rsplit(".", 1)[0]
    if "/letter_" in stem:  # a letter is named without its ending, in its room also without its folder
        yield stem
        yield stem.rsplit("/", 1)[1]


def _texts_said(tree: ast.Module) -> Iterator[str]:
    """Patterns of all texts in a module; a place in an f-string stands for anything."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.escape(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "" for p in node.values]
            if any("letter_" in str(part) for part in parts):
                yield "".join(re.escape(str(part)) if part else ".+" for part in parts)


def templates_use_what_they_import(root: Path) -> list[str]:
    """No template imports a macro that it does not call; what it includes imports its own."""
    folder, jinja = root / "templates", Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    wrong = []
    for file in sorted(folder.rglob("*.*")):
        tree = jinja.parse(file.read_text())
        used = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"}
        for each in tree.find_all(nodes.FromImport):
            names = [name if isinstance(name, str) else name[1] for name in each.names]
            wrong += [f"{file.relative_to(root)}:{each.lineno} imports {n}" for n in names if n not in used]
    return wrong


def templates_hold_no_script_or_style(root: Path) -> list[str]:
    """The content security policy refuses inline script and style, so no template of a page has any.

    A letter is read by mail programs, which take styles from nowhere else.
    """
    return [
        f"{file.relative_to(root)}:{text.count(chr(10), 0, found.start()) + 1} {what}"
        for file in sorted((root / "templates").rglob("*.html"))
        if file.name != "letter.html"
        for text in [re.sub(r"{#.*?#}", lambda m: "\n" * m[0].count("\n"), file.read_text(), flags=re.S)]
        for pattern, what in _INLINE
        for found in pattern.finditer(text)
    ]


def nothing_points_outside(root: Path) -> list[str]:
    """No file reads from a folder beside the checkout, and none names a package registry's host."""
    wrong = []
    for file in _texts(root):
        text = file.read_text(errors="replace")
        for pattern, what in (
            (_DATA_ROOM, "a folder outside the checkout"),
            (_REGISTRY_HOST, "a package registry"),
        ):
            if found := pattern.search(text):
                line = text.count("\n", 0, found.start()) + 1
                wrong.append(f"{file.relative_to(root)}:{line} names {what}: {found[0]}")
    return wrong


CONVENTIONS: tuple[Convention, ...] = (
    only_db_commits,
    rooms_have_charters,
    the_map_is_true,
    modules_have_names,
    only_the_clock_tells_time,
    time_is_given,
    rules_know_no_floats,
    views_carry_one_guard,
    texts_can_be_found,
    templates_are_used,
    templates_use_what_they_import,
    templates_hold_no_script_or_style,
    nothing_points_outside,
)


# --- reading ----------------------------------------------------------------------------------------


def rooms(root: Path) -> list[Path]:
    """Folders of portal/ that hold code."""
    return sorted(
        folder for folder in (root / "portal").iterdir() if folder.is_dir() and any(folder.rglob("*.py"))
    )


def _modules(folder: Path, skip: set[str]) -> Iterator[tuple[Path, ast.Module]]:
    for file in sorted(folder.rglob("*.py")):
        if file.relative_to(folder).as_posix() not in skip:
            yield file, ast.parse(file.read_text(), filename=str(file))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _is_pure(file: Path) -> bool:
    return file.parts[0] == "kernel" or "rules" in file.parts or file.name in ("rules.py", "policy.py")


def _is_route(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in ROUTES
        and bool(decorator.args)
    )


def _name(decorator: ast.expr) -> str:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return target.attr if isinstance(target, ast.Attribute) else ast.unparse(target)


def _texts(root: Path) -> Iterator[Path]:
    for file in sorted(root.rglob("*")):
        inside = file.relative_to(root).parts
        if file.suffix in _TEXT and _is_written_by_people(inside) and file.is_file():
            yield file


def _is_written_by_people(inside: tuple[str, ...]) -> bool:
    hidden = {part for part in inside if part.startswith(".")} - _HIDDEN_BUT_OURS
    return not hidden and not _UNREAD.intersection(inside) and inside[:2] != ("static", "vendor")
