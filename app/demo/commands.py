"""`flask demo load`."""

import click
from flask.cli import AppGroup

from app.demo.load import SCENES, is_empty
from app.demo.load import load as load_scene

commands = AppGroup("demo", help="The demonstration's made-up organisations and people.")


@commands.command()
@click.option("--scene", type=click.Choice(sorted(SCENES)), default="full", show_default=True)
@click.option("--if-empty", is_flag=True, help="Do nothing where something has been loaded before.")
def load(scene: str, if_empty: bool) -> None:
    """Put a scene into an empty database."""
    if not is_empty():
        if if_empty:
            return
        raise click.ClickException("There are organisations here already. `make reset` starts again.")
    load_scene(scene, lambda step: click.echo(f"Loading: {step}"))
