"""XML of strangers as plain nodes with their lines: no document type, no entity, no network, bounded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from portal.kernel.errors import N_, InvalidInput
from portal.training.rules.formats.exchange import MAX_BYTES, FileTooLarge

MAX_DEPTH: Final = 60
MAX_NODES: Final = 400_000


class XmlBroken(InvalidInput):
    message = N_("Line %(line)s: this is not well-formed XML.")


class XmlForbidden(InvalidInput):
    message = N_("Document types and entities are not read: they can be used to attack.")


class XmlTooDeep(InvalidInput):
    message = N_("This XML is nested too deeply or has too many elements.")


@dataclass(slots=True)
class Node:
    """An element: its local name, attributes, line, and texts and elements in order."""

    name: str
    attributes: dict[str, str]
    line: int
    content: "list[Node | str]" = field(default_factory=list)

    def __iter__(self) -> "Iterator[Node]":
        return (part for part in self.content if isinstance(part, Node))

    def all(self, name: str) -> "list[Node]":
        return [child for child in self if child.name == name]

    def first(self, name: str) -> "Node | None":
        return next((child for child in self if child.name == name), None)

    def walk(self) -> "Iterator[Node]":
        """Itself and every element below, in document order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(list(node))

    @property
    def text(self) -> str:
        """Its own characters, those of elements inside left out."""
        return "".join(part for part in self.content if isinstance(part, str))

    def value(self, name: str) -> str:
        """The characters of its first child of that name; ``""`` without one."""
        child = self.first(name)
        return child.text.strip() if child else ""


def read_xml(data: bytes) -> Node:
    """The root. Raises FileTooLarge, XmlBroken, XmlForbidden, XmlTooDeep."""
    if len(data) > MAX_BYTES:
        raise FileTooLarge()
    growing = _Growing()
    try:
        growing.parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError):  # the last two: encodings nobody knows
        raise XmlBroken(line=growing.parser.ErrorLineNumber) from None
    return growing.root


class _Growing:
    """The tree while it is read; stops at what is forbidden before anything is expanded."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self._open = [Node("", {}, 0)]
        self._count = 0

    @property
    def root(self) -> Node:
        return next(iter(self._open[0]))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > MAX_DEPTH or self._count > MAX_NODES:
            raise XmlTooDeep()
        own = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        node = Node(name.rpartition(" ")[2], own, self.parser.CurrentLineNumber)
        self._open[-1].content.append(node)
        self._open.append(node)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].content.append(text)

    def _refuse(self, *declared: object) -> None:
        raise XmlForbidden()


def inner_html(node: Node) -> str:
    """What an element holds, as HTML."""
    return "".join(escape(part) if isinstance(part, str) else _outer_html(part) for part in node.content)


_VOID: Final = {"br", "hr", "img"}


def _outer_html(node: Node) -> str:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in node.attributes.items())
    if node.name in _VOID:
        return f"<{node.name}{attributes}>"
    return f"<{node.name}{attributes}>{inner_html(node)}</{node.name}>"


Element = ElementTree.Element


def element(name: str, /, *children: Element, text: str = "", **attributes: str) -> Element:
    made = ElementTree.Element(name, attributes)
    made.text = text or None
    made.extend(children)
    return made


def written(root: Element) -> bytes:
    """The document in UTF-8, with its declaration and a line end."""
    text = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()
