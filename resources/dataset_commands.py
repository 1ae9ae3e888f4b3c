"""`flask --app app datasets register|unregister`: an administrator lets a site read a table that is there already."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from errors import LamplightError
from resources.service import service
from store import registered, sites
from store.engine import Connection, writing

dataset_commands = AppGroup("datasets", help="Tables and views of the database that sites may read as datasets.")


@dataset_commands.command("register")
@click.argument("site")
@click.argument("name")
@click.argument("table")
@click.option("--order-by", "order", multiple=True, help="A column that orders the rows; may be given several times.")
def register(site: str, name: str, table: str, order: tuple[str, ...]) -> None:
    """Let SITE read TABLE, which is schema.table, as the dataset NAME."""
    schema, dot, relation = table.partition(".")
    if not dot:
        raise click.UsageError("write the table as schema.table")
    try:
        with writing(service().engine) as connection:
            info = registered.register(connection, _site_id(connection, site), name, schema, relation, order)
    except LamplightError as error:
        raise click.ClickException(error.detail) from None
    click.echo(f"{info.name}: {info.rows} rows of {len(info.columns)} columns")
    if info.source is not None and info.source.role is None:
        click.echo("this server lets no role be made that may only read; reading is in read-only transactions all the same")


@dataset_commands.command("unregister")
@click.argument("site")
@click.argument("name")
def unregister(site: str, name: str) -> None:
    """Forget the dataset NAME of SITE; its table stays as it is."""
    with writing(service().engine) as connection:
        forgotten = registered.unregister(connection, _site_id(connection, site), name)
    if not forgotten:
        raise click.ClickException("the site has no registered dataset of this name")
    click.echo(f"{name} is no dataset any more")


def _site_id(connection: Connection, name: str) -> int:
    found = sites.find(connection, name)
    if found is None:
        raise click.ClickException("there is no such site; `keys create --site` makes one")
    return found.id
