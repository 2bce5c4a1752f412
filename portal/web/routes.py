"""Routes that learn to write their address when somebody first asks for it.

Werkzeug compiles two functions per rule when the rule is bound, a millisecond each: with some four hundred
rules that is nine tenths of create_app, for a command or a worker that will link to a few of them.
"""

from collections.abc import Callable

from werkzeug.routing import IntegerConverter, Rule

_Builder = Callable[..., tuple[str, str]]

# Kept for the process: what a rule writes follows from its words and defaults, whichever app holds it.
_builders: dict[tuple[str, str, bool], _Builder] = {}


class Whole(IntegerConverter):
    """``<int:…>`` of at most twelve digits, which every column holds; a longer one is no address of ours."""

    regex = r"[0-9]{1,12}"


class Route(Rule):
    """A rule whose builders are compiled at first use."""

    def _compile_builder(self, append_unknown: bool = True) -> _Builder:
        key = (self.rule, repr(self.defaults), append_unknown)
        compiled = super()._compile_builder

        def build(rule: Rule, /, **values: object) -> tuple[str, str]:
            if key not in _builders:
                _builders[key] = compiled(append_unknown)
            return _builders[key](rule, **values)

        return build
