"""What is done to rows on their way into a dataset, declared when it is put and done again at each append.

In this order: columns are chosen, texts masked, another dataset joined, rows dropped, what is still missing filled. So
what drops and fills sees masked texts and joined columns. Source of the steps: KSQL's MASK_LEFT, IFNULL, JOIN and LIKE.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from errors import InvalidInput
from store.columns import ColumnInfo, Type

LONGEST_NAME = 200
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Character = Annotated[str, Field(min_length=1, max_length=1, pattern=r"^[^\x00-\x1f]$")]
Count = Annotated[int, Field(ge=1, le=1000)]
Filling = bool | float | Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mask(Frozen):
    """Hide the first characters of a text: `upper` stands for capitals, `lower` for small letters, `digit`, `other`."""

    left: Count
    upper: Character = "*"
    lower: Character = "*"
    digit: Character = "*"
    other: Character = "*"


class Like(Frozen):
    """Keep the rows whose text is like this: % is any text, _ any character; capitals matter."""

    like: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class Join(Frozen):
    """Add columns of another dataset, found by the value that both have in the column `on`."""

    dataset: Annotated[str, Field(max_length=63)]
    on: Name
    columns: Annotated[list[Name] | None, Field(min_length=1, max_length=1000, description="Without it: all but `on`.")] = None
    how: Annotated[Literal["inner", "left"], Field(description="What has no partner is dropped, or kept with nulls.")] = "inner"


class Rules(Frozen):
    """All that is declared of a dataset; nothing has to be."""

    types: Annotated[dict[Name, Type], Field(max_length=1000, description="Types by column; what is not told is inferred.")] = {}
    columns: Annotated[list[Name] | None, Field(min_length=1, max_length=1000, description="Keep only these, in this order.")] = (
        None
    )
    mask: Annotated[
        dict[Name, Count | Mask], Field(max_length=100, description="How many characters of a text to hide, by column.")
    ] = {}
    join: Join | None = None
    drop_null: Annotated[list[Name], Field(max_length=1000, description="Drop rows where one of these is missing.")] = []
    where: Annotated[dict[Name, Like], Field(max_length=100, description="Keep only rows that are like this.")] = {}
    fill: Annotated[
        dict[Name, Filling], Field(max_length=1000, description="What stands where a value is missing, by column.")
    ] = {}

    @property
    def alter_rows(self) -> bool:
        """Whether rows are changed by more than what happens to each text by itself."""
        return bool(self.join or self.drop_null or self.where or self.fill)

    @property
    def declared(self) -> dict[str, Type]:
        """The types that are told: a masked column is a text, whatever its cells look like."""
        return {**self.types, **dict.fromkeys(self.mask, "text")}

    def told(self) -> dict[str, Any] | None:
        """As it was declared, for people and for the store; None when nothing was."""
        return self.model_dump(mode="json", exclude_defaults=True) or None


NO_RULES = Rules()


def rules_of(document: Mapping[str, Any] | None) -> Rules:
    """Read rules as the store keeps them."""
    return Rules.model_validate(document or {})


def pointer(field: str, *parts: str | int) -> str:
    """Point at a place of the request: /mask/user."""
    return "/".join(("", field, *(str(part).replace("~", "~0").replace("/", "~1") for part in parts)))


def check_sent(rules: Rules, types: Mapping[str, Type]) -> None:
    """Refuse rules about columns that were not sent, or of the wrong type. Raises InvalidInput naming the rule."""
    _known("types", rules.types, types)
    kept = types
    if rules.columns is not None:
        _known("columns", rules.columns, types)
        _once("columns", rules.columns)
        kept = {name: types[name] for name in rules.columns}
    _known("mask", rules.mask, kept)
    for name in rules.mask:
        if rules.types.get(name, "text") != "text":
            raise InvalidInput("only texts are masked; leave its type out", field=pointer("types", name))
    if rules.join is not None:
        _known("join", (rules.join.on,), kept)


def check_stored(rules: Rules, columns: Iterable[ColumnInfo]) -> None:
    """Refuse rules about columns that will not be there, joined ones included, or of the wrong type."""
    types = {column.name: column.type for column in columns}
    _known("drop_null", rules.drop_null, types)
    _once("drop_null", rules.drop_null)
    _known("where", rules.where, types)
    _known("fill", rules.fill, types)
    for name in rules.where:
        if types[name] != "text":
            raise InvalidInput(f"the column holds a {types[name]}; like is for texts", field=pointer("where", name))
    for name, value in rules.fill.items():
        if type_of(value) != types[name]:
            detail = f"the column holds a {types[name]}; fill it with one"
            raise InvalidInput(detail, field=pointer("fill", name))
        if name in rules.drop_null:
            raise InvalidInput(
                "rows where it is missing are dropped by drop_null; nothing is left to fill", field=pointer("fill", name)
            )


def type_of(value: object) -> Type:
    """The type of one value that is not missing."""
    return "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def _known(rule: str, names: Iterable[str], types: Mapping[str, Type]) -> None:
    for name in names:
        if name not in types:
            raise InvalidInput(f"{rule} names the column {name}, which is not there", field=pointer(rule, name))


def _once(rule: str, names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InvalidInput(f"the column {name} stands twice", field=pointer(rule, place))
