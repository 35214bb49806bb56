"""`flask library …`"""

import click
from flask.cli import AppGroup

from app import audit
from app.library.starter import SETS, STARTERS, load, publish_all
from tenants import scope
from tenants.db import db
from tenants.models import organisation_by_slug

commands = AppGroup("library", help="The shared library.")


@commands.command("publish-starter")
@click.option("--icb", required=True, help="The slug of the ICB that shares it, such as kent-and-medway.")
@click.option("--set", "name", type=click.Choice(SETS), help="One set alone; else all of them.")
def publish_starter(icb: str, name: str | None) -> None:
    """Load the starter sets as an ICB's own items and share them with its members."""
    organisation = organisation_by_slug("icb", icb)
    if organisation is None:
        raise click.ClickException(f"There is no ICB {icb}. `flask tenants onboard` makes one.")
    with scope.as_acting(organisation.acting()), audit.by("Starter set"):
        shared = [
            one for folder in ([name] if name else SETS) for one in publish_all(load(STARTERS / folder))
        ]
        db.session.commit()
    click.echo(f"{len(shared)} items are shared in {icb}.")
