"""Full-width marks in GIFT and Aiken, as Chinese input methods type them, recognised and repaired."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

# Nobody types questions as long as this.
MAX_REPAIRED: Final = 20_000
# White space inside a line: a repair never joins two lines. What was taken is not given back: several gaps
# in a row would be tried with every length of each.
_GAP: Final = r"[^\S\n]{0,9}+"
_WIDE: Final = str.maketrans("｛｝＝～＃％：＼", "{}=~#%:\\")
_TITLE: Final = re.compile(r"^(\s*)(?:：：|::)(.*?)(?:：：|::)", re.S)
# Inside the answers a mark counts where one can stand: at the beginning or after white space or a brace.
_MARK: Final = re.compile(r"(^|[\s｛{])([＝～])")
_WEIGHT: Final = re.compile(rf"([=~]){_GAP}[％%]{_GAP}(-?[\d.０-９]+){_GAP}[％%]")
_ARROW: Final = re.compile(rf"{_GAP}(?:[－—―]{{1,3}}[＞>]|-＞|→){_GAP}")
_TOLERANCE: Final = re.compile(rf"(?<=[\d０-９]){_GAP}：{_GAP}(?=[\d０-９.])")
_DIGITS: Final = str.maketrans("０１２３４５６７８９．", "0123456789.")
_COMMENT: Final = re.compile(r"^([^\S\n]*)／／", re.M)

_LETTER: Final = "A-ZＡ-Ｚa-zａ-ｚ"
_OPTION: Final = re.compile(rf"^({_GAP})(?![A-Z][.)] )([{_LETTER}]){_GAP}[.．、)）:：]{_GAP}(?=\S)")
_ANSWER: Final = re.compile(
    rf"^{_GAP}[\[【(（]?{_GAP}(?:正确答案|参考答案|答案|ＡＮＳＷＥＲ|answer){_GAP}[\]】)）]?{_GAP}(?:[:：]|是|为)?{_GAP}[(（]?"
    rf"{_GAP}([{_LETTER}]){_GAP}[)）]?[。.]?{_GAP}$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Repair:
    """One line before and after."""

    line: int
    before: str
    after: str


def repaired_gift(text: str) -> str:
    """GIFT whose marks are half-width; characters of the texts themselves stay as they are."""
    pieces = re.split(r"(\n[ \t]*(?:\r?\n)+)", text)
    return "".join(_question(piece) for piece in pieces)


def _question(text: str) -> str:
    if len(text) > MAX_REPAIRED:
        return text
    text = _COMMENT.sub(r"\1//", text)
    text = _TITLE.sub(r"\1::\2::", text)
    opened = re.search(r"(?<!\\)[{｛]", text)
    if not opened:
        return text
    closed = re.search(r"(?<!\\)[}｝]", text[opened.end() :])
    if not closed:
        return text
    end = opened.end() + closed.start()
    return text[: opened.start()] + "{" + _body(text[opened.end() : end]) + "}" + text[end + 1 :]


def _body(text: str) -> str:
    text = _MARK.sub(lambda found: found[1] + found[2].translate(_WIDE), text)
    text = re.sub(r"(?<=[^\s\\])～(?=[^\d０-９])|^～", "~", text)
    text = text.replace("＃", "#")
    if re.fullmatch(r"\s*[ＴＦ]\s*|\s*(?:ＴＲＵＥ|ＦＡＬＳＥ|正确|错误|对|错|√|×)\s*(?:#.*)?", text, re.S):
        return _verdict(text)
    text = _WEIGHT.sub(lambda found: f"{found[1]}%{found[2].translate(_DIGITS)}%", text)
    if text.lstrip().startswith("#"):
        return _TOLERANCE.sub(":", text).translate(_DIGITS)
    return _ARROW.sub(" -> ", text)


_VERDICTS: Final = {"Ｔ": "T", "Ｆ": "F", "ＴＲＵＥ": "TRUE", "ＦＡＬＳＥ": "FALSE"} | {
    **dict.fromkeys(("正确", "对", "√"), "TRUE"),
    **dict.fromkeys(("错误", "错", "×"), "FALSE"),
}


def _verdict(text: str) -> str:
    said, mark, rest = text.partition("#")
    return _VERDICTS[said.strip()] + mark + rest


def repaired_aiken(text: str) -> str:
    """Aiken with ``A. `` and ``ANSWER: A`` for Ａ．, A、 and 答案：Ａ; a question's first line stays."""
    lines, is_first = [], True
    for line in text.split("\n"):
        if not is_first and len(line) <= MAX_REPAIRED:
            line = _ANSWER.sub(lambda found: f"ANSWER: {_half(found[1])}", line)
            line = _OPTION.sub(lambda found: f"{found[1]}{_half(found[2])}. ", line)
        is_first = not line.strip() or line.lstrip().startswith("ANSWER:")
        lines.append(line)
    return "\n".join(lines)


def _half(letter: str) -> str:
    code = ord(letter)
    return (chr(code - 0xFEE0) if code > 0xFF00 else letter).upper()


REPAIRS: Final[dict[str, Callable[[str], str]]] = {"gift": repaired_gift, "aiken": repaired_aiken}


def repairs(kind: str, text: str) -> Iterator[Repair]:
    """What a repair would change, line by line; nothing for a format that has no such marks."""
    if kind in REPAIRS:
        lines = zip(text.split("\n"), REPAIRS[kind](text).split("\n"), strict=True)
        for number, (before, after) in enumerate(lines, start=1):
            if before != after:
                yield Repair(number, before.strip(), after.strip())
