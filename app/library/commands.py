"""`flask library …`"""

import click
from flask.cli import AppGroup

from app import audit
from app.library.starter import STARTERS, load, publish_all
from tenants import scope
from tenants.db import db
from tenants.models import organisation_by_slug

commands = AppGroup("library", help="The shared library.")


@commands.command("publish-starter")
@click.option("--icb", required=True, help="The slug of the ICB that shares it, such as kent-and-medway.")
@click.option("--set", "name", default="dover-town", show_default=True, help="A folder of templates/starter.")
def publish_starter(icb: str, name: str) -> None:
    """Load a starter set as an ICB's own items and share them with its members."""
    organisation = organisation_by_slug("icb", icb)
    if organisation is None:
        raise click.ClickException(f"There is no ICB {icb}. `flask tenants onboard` makes one.")
    if not (STARTERS / name / "setup.yaml").is_file():
        raise click.ClickException(f"There is no starter set {name}.")
    with scope.as_acting(organisation.acting()), audit.by("Starter set"):
        shared = publish_all(load(STARTERS / name))
        db.session.commit()
    click.echo(f"{len(shared)} items are shared in {icb}.")
