"""`flask people …`: the same stages from the command line, for extracts that arrive at night."""

import datetime as dt
from pathlib import Path

import click
from flask.cli import AppGroup

from app import audit
from app.people import deprivation, imports
from app.people.models import ImportFile
from app.people.sources import source_named
from tenants import scope
from tenants.db import db
from tenants.models import organisation_by_slug

SERVICE = "Command line"

group = AppGroup("people", help="Bring in people and what is known of them.")


@group.command("load-deprivation")
def load_deprivation() -> None:
    """Load the English Indices of Deprivation, 2025 and 2019. Doing it again changes nothing."""
    counts = deprivation.load()
    db.session.commit()
    for release in deprivation.RELEASES:
        click.echo(f"{counts[release.year]:,} areas of {release.areas_of}. {release.cited}")


@group.command("import")
@click.option("--pcn", required=True, help="The PCN's slug, like dover-town.")
@click.option("--source", required=True, help="The name of the source, as the PCN registered it.")
@click.option(
    "--data-date", required=True, type=click.DateTime(["%Y-%m-%d"]), help="When the extract was taken."
)
@click.option("--commit", is_flag=True, help="Save it. Without this it stops at the preview.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def bring_in(pcn: str, source: str, data_date: dt.datetime, commit: bool, file: Path) -> None:
    """Bring in FILE and print what would change, or with --commit what did."""
    organisation = organisation_by_slug("pcn", pcn)
    if organisation is None:
        raise click.ClickException(f"There is no PCN “{pcn}”. Its slug stands in its address, after /pcn/.")
    with scope.as_acting(organisation.acting()), audit.by(SERVICE):
        found_source = source_named(source)
        if found_source is None:
            raise click.ClickException(f"The PCN has no source “{source}”.")
        try:
            found = imports.bring_in(found_source, file, file.name, data_date.date(), SERVICE, save=commit)
        except imports.Stale as stale:
            raise click.ClickException("Another file is being saved. Try again when it is done.") from stale
        db.session.commit()
        click.echo("\n".join(report(found)))
        if found.state == "failed":
            raise click.exceptions.Exit(1)


def report(found: ImportFile) -> list[str]:
    """The outcome of an import, line by line, without anybody's identity."""
    if found.state == "failed":
        return [f"Nothing was brought in. {found.problem}"]
    lines = [f"{found.rows:>9,} rows"]
    for outcome in imports.OUTCOMES:
        lines.append(f"{found.counts[outcome]:>9,} {outcome}")
        reasons = found.counts["reasons"].get(outcome, {})
        lines += [f"{count:>14,} {reason}" for reason, count in reasons.items()]
    ended = "Saved." if found.state == "done" else "Not saved yet: say --commit, or save it in the browser."
    return [*lines, ended]
