"""`flask --app app keys create|list|revoke`, `results sweep` and `samples load`: what an operator does at the terminal."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from errors import InvalidInput
from resources.dataset_commands import dataset_commands
from resources.service import service
from store import keys, results, samples, sites
from store.engine import reading, writing, writing_once

SHARED = ("samples", "anonymous")  # made by the first migration
HEADINGS = ("id", "site", "kind", "ends in", "created", "revoked", "origins")

key_commands = AppGroup("keys", help="Make, list and end the keys of sites.")
result_commands = AppGroup("results", help="What is kept.")
sample_commands = AppGroup("samples", help="The sample datasets that everyone may read.")


def register(app: Flask) -> None:
    """Add the commands to the application's command line."""
    for commands in (key_commands, result_commands, sample_commands, dataset_commands):
        app.cli.add_command(commands)


@key_commands.command("create")
@click.option("--site", required=True, help="Name of the site; made if it is new.")
@click.option("--kind", type=click.Choice(["sk", "pk"]), default="sk", help="Secret (the default) or publishable.")
@click.option("--origin", "origins", multiple=True, help="For pk: https://example.com; may be given several times.")
def create(site: str, kind: keys.Kind, origins: tuple[str, ...]) -> None:
    """Make a key and print it. It is shown this once."""
    if (kind == "pk") != bool(origins):
        raise click.UsageError("a pk key needs at least one --origin, an sk key takes none")
    if site in SHARED:
        raise click.UsageError(f"the site {site} is everybody's; a key is for a site of one's own")
    try:
        with writing(service().engine) as connection:
            owner = sites.find(connection, site) or sites.create(connection, site)
            key = keys.create(connection, owner.id, kind, origins)
    except InvalidInput as error:
        raise click.ClickException(error.detail) from None
    click.echo(key.text)


@key_commands.command("list")
@click.option("--site", help="Only the keys of this site.")
def list_(site: str | None) -> None:
    """Show the keys, without what is secret in them."""
    with reading(service().engine) as connection:
        names = {each.id: each.name for each in sites.list_(connection)}
        found = [key for key in keys.list_(connection) if site in (None, names[key.site_id])]
    click.echo(_table([HEADINGS, *(_row(key, names[key.site_id]) for key in found)]))


@key_commands.command("revoke")
@click.argument("key_id", type=int)
def revoke(key_id: int) -> None:
    """End a key: from now on it opens nothing."""
    with writing(service().engine) as connection:
        revoked = keys.revoke(connection, key_id)
    if not revoked:
        raise click.ClickException(f"there is no living key {key_id}; `keys list` shows them")
    click.echo(f"key {key_id} is revoked")


@result_commands.command("sweep")
def sweep() -> None:
    """Delete the results that have expired. A worker does this every hour by itself."""
    with writing_once(service().engine) as connection:
        swept = results.sweep(connection)
    click.echo(f"{swept} expired results deleted")


@sample_commands.command("load")
def load() -> None:
    """Load the sample datasets; those already there are left or renewed."""
    with writing(service().engine) as connection:
        samples.load(connection)


def _row(key: keys.ListedKey, site: str) -> tuple[str, ...]:
    revoked = f"{key.revoked_at:%Y-%m-%d}" if key.revoked_at else ""
    return (str(key.id), site, key.kind, key.ending, f"{key.created_at:%Y-%m-%d}", revoked, " ".join(key.origins))


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
