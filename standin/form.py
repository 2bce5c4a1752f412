"""Form-encoded nested parameters (``line_items[0][price_data][currency]=cny``) as plain values."""

import re
from typing import Any
from urllib.parse import parse_qsl

from standin.errors import invalid

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def decode(text: str) -> dict[str, Any]:
    """The nested value of a query or a form body. Raises ApiError for names that contradict each other."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=1000):
        shape = _NAME.fullmatch(name)
        if shape is None:
            raise invalid(f"Invalid parameter name: {name}", name)
        _put(tree, [shape[1], *re.findall(r"\[([^\[\]]*)\]", shape[2])], value, name)
    return {key: _with_lists(value) for key, value in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str, name: str) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise invalid(f"Parameter {name} is given both as a value and as a group", name)
    last = path[-1] or str(len(tree))
    if last in tree:
        raise invalid(f"Parameter {name} is given twice", name)
    tree[last] = value


def _with_lists(value: Any) -> Any:
    """Groups whose keys are 0, 1, 2 … become lists."""
    if not isinstance(value, dict):
        return value
    if [str(place) for place in range(len(value))] == sorted(value, key=lambda key: (len(key), key)):
        return [_with_lists(value[str(place)]) for place in range(len(value))]
    return {key: _with_lists(inner) for key, inner in value.items()}
