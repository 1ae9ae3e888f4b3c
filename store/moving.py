"""The statement that moves what was sent into a dataset as its rules leave it: joined, dropped, filled, numbered on."""

from __future__ import annotations

from psycopg2.sql import SQL, Composable, Composed, Identifier, Literal

from store.columns import ROW
from store.intake import Intake
from store.joining import pairing


def moving(table: Identifier, intake: Intake, sent: Identifier, last: int) -> Composed:
    """Insert the rows of `sent` behind the last one, in the order they were sent."""
    query = SQL(
        "INSERT INTO {table} ({row}, {names}) SELECT {last} + row_number() OVER (ORDER BY s.{row}), {values}"
        " FROM {sent} AS s{pairing} WHERE {conditions} ORDER BY s.{row}"
    )
    keys = [Identifier(name) for name in intake.keyed]
    names = [Identifier(column.physical) for column in intake.columns]
    values = [*(_filled(intake, name, place) for name, place in intake.places.items()), *(SQL("s.{}").format(k) for k in keys)]
    return query.format(
        table=table,
        row=Identifier(ROW),
        names=SQL(", ").join([*names, *keys]),
        last=Literal(last),
        values=SQL(", ").join(values),
        sent=sent,
        pairing=_pairing(intake),
        conditions=SQL(" AND ").join(_conditions(intake)),
    )


def _filled(intake: Intake, name: str, place: Composed) -> Composable:
    if name not in intake.rules.fill:
        return place
    return SQL("coalesce({}, {})").format(place, Literal(intake.rules.fill[name]))


def _pairing(intake: Intake) -> Composable:
    if intake.joined is None or intake.rules.join is None:
        return SQL("")
    return pairing(intake.joined, intake.rules.join.how, intake.own_key)


def _conditions(intake: Intake) -> list[Composable]:
    rules, places = intake.rules, intake.places
    present = [SQL("{} IS NOT NULL").format(places[name]) for name in rules.drop_null]
    alike = [SQL("{} LIKE {} ESCAPE ''").format(places[name], Literal(rule.like)) for name, rule in rules.where.items()]
    return [SQL("true"), *present, *alike]
