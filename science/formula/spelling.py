"""R's own spelling of an expression (deparse): what names a term."""

from __future__ import annotations

import re

from science.formula.parser import RESERVED, TRUTHS
from science.formula.tree import Argument, Call, Chain, Group, Name, Node, Number, Power, Text, Truth, Unary

SYNTACTIC = re.compile(r"(?:[^\W\d_]|\.(?!\d))[\w.]*")
TIGHT = frozenset({"/", ":", "%%", "%/%"})  # R writes no spaces around these
DIGITS = 15  # R's deparse and as.character keep this many significant digits
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def spelled(node: Node) -> str:
    """Write an expression as R's deparse does: `log(x,base=2)` becomes `log(x, base = 2)`."""
    match node:
        case Name():
            return quoted_name(node.text)
        case Number():
            return number_text(node.value) + ("L" if node.whole else "")
        case Text():
            return '"' + "".join(ESCAPES.get(character, character) for character in node.value) + '"'
        case Truth():
            return "TRUE" if node.value else "FALSE"
        case Unary():
            return node.operator + spelled(node.operand)
        case Chain():
            return spelled(node.first) + "".join(_spaced(operator) + spelled(operand) for operator, operand in node.rest)
        case Power():
            return f"{spelled(node.base)}^{spelled(node.exponent)}"
        case Group():
            return f"({spelled(node.inner)})"
        case Call():
            prefix = f"{quoted_name(node.prefix)}::" if node.prefix else ""
            return f"{prefix}{quoted_name(node.function)}({', '.join(map(_argument, node.arguments))})"


def quoted_name(name: str) -> str:
    """Put a name in backquotes unless R could read it without."""
    if SYNTACTIC.fullmatch(name) and name not in RESERVED and name not in TRUTHS and name != "Inf":
        return name
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def number_text(value: float) -> str:
    """Write a number as R's as.character: the fewest of 15 digits that tell it apart, fixed unless that is longer."""
    if value == 0:
        return "0"
    if value in (float("inf"), float("-inf")):
        return "Inf" if value > 0 else "-Inf"
    sign = "-" if value < 0 else ""
    mantissa, exponent = f"{abs(value):.{DIGITS - 1}e}".split("e")
    digits = mantissa.replace(".", "").rstrip("0")
    power = int(exponent)
    scientific = digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + f"e{'-' if power < 0 else '+'}{abs(power):02d}"
    fixed = _fixed(digits, power)
    return sign + (fixed if len(fixed) <= len(scientific) else scientific)


def _fixed(digits: str, power: int) -> str:
    if power < 0:
        return "0." + "0" * (-power - 1) + digits
    if len(digits) <= power + 1:
        return digits + "0" * (power + 1 - len(digits))
    return digits[: power + 1] + "." + digits[power + 1 :]


def _spaced(operator: str) -> str:
    return operator if operator in TIGHT else f" {operator} "


def _argument(argument: Argument) -> str:
    value = spelled(argument.value)
    return value if argument.name is None else f"{quoted_name(argument.name)} = {value}"
