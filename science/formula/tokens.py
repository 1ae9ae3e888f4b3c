"""The first stage: a formula's text cut into tokens, each knowing where it stands."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from errors import FormulaError
from science.limits import Limits

PATTERN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<assignment><<-|<-|->|:=|\|>)
  | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?L?)
  | (?P<name>(?:[^\W\d_]|\.(?!\d))[\w.]*)
  | (?P<quoted>`(?:[^`\\]|\\.)+`)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<operator>\*\*|%%|%/%|%in%|<=|>=|==|!=|&&|\|\||::|[-+*/^():,~<>!&|=])
    """,
    re.VERBOSE | re.DOTALL,
)
ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "'": "'", "`": "`"}
LOOKALIKES = {"−": "-", "–": "-", "—": "-", "∼": "~", "˜": "~", "×": "*", "·": ":", "“": '"', "”": '"', "‘": "'", "’": "'"}
ASSIGNMENT = "a formula cannot assign; to compare with a negative number put a space between < and -"


class Token(NamedTuple):
    kind: str  # number, name, quoted, text, operator or end
    text: str  # what it means: quotes taken off, ** turned into ^
    start: int
    end: int


def tokens_of(text: str, limits: Limits) -> list[Token]:
    """Cut a formula into tokens, the last of kind "end".

    Raises LimitExceeded for a text that is too long, FormulaError for a character that cannot stand in a formula.
    """
    limits.check("max_formula_length", len(text), f"the formula has {len(text)} characters", field="formula")
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = PATTERN.match(text, position)
        if match is None or match.lastgroup == "assignment":
            raise _unreadable(text, position, assignment=match is not None)
        if match.lastgroup != "space":
            tokens.append(_token(match, text))
        position = match.end()
    tokens.append(Token("end", "", len(text), len(text)))
    return tokens


def _token(match: re.Match[str], text: str) -> Token:
    kind, written = str(match.lastgroup), match.group()
    if kind in ("quoted", "text"):
        written = _unescaped(written[1:-1], text, match.start() + 1)
    return Token(kind, "^" if written == "**" and kind == "operator" else written, match.start(), match.end())


def _unescaped(inside: str, text: str, start: int) -> str:
    for found in re.finditer(r"[^\S ]|[^\s\w]", inside):
        if unicodedata.category(found.group())[0] == "C":
            raise _unreadable(text, start + found.start())
    if "\\" not in inside:
        return inside
    for found in re.finditer(r"\\(.)", inside, re.DOTALL):
        if found.group(1) not in ESCAPES:
            known = " ".join("\\" + letter for letter in ESCAPES)
            raise FormulaError(
                f"this escape is not known; the known ones are {known}", formula=text, position=start + found.start()
            )
    return re.sub(r"\\(.)", lambda found: ESCAPES[found.group(1)], inside)


def _unreadable(text: str, position: int, *, assignment: bool = False) -> FormulaError:
    shown = "".join("\ufffd" if unicodedata.category(c)[0] == "C" and c not in "\n\t" else c for c in text)
    return FormulaError(ASSIGNMENT if assignment else _reason(text[position]), formula=shown, position=position)


def _reason(character: str) -> str:
    if character in LOOKALIKES:
        return f"write a plain {LOOKALIKES[character]} here"
    if character in "\"'`":
        return f"the {character} opened here is never closed"
    if unicodedata.category(character)[0] == "C":
        return f"the character U+{ord(character):04X} cannot stand in a formula"
    return f"{character} cannot stand in a formula; a column whose name has it is written in backquotes"
