"""`flask people …`: the same stages from the command line, for extracts that arrive at night."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from werkzeug.exceptions import Forbidden

from app import clock
from app.config import MEGABYTE
from app.people import deprivation, imports, reports, service_accounts
from app.people.import_models import ImportFile, Source
from app.people.sources import NoAgreement, open_sources, source_named
from app.permissions import Permission
from app.render import date
from tenants.db import db

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
    "--data-date", type=click.DateTime(["%Y-%m-%d"]), help="When the extract was taken; today if left out."
)
@click.option("--whole", is_flag=True, help="The extract holds everybody of its source.")
@click.option("--commit", is_flag=True, help="Save it. Without this it stops at the preview.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--as", "account", help="The service account that acts, where there are several.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def bring_in(
    pcn: str, source: str, data_date: dt.datetime | None, whole: bool, commit: bool, as_json: bool,
    account: str | None, file: Path,
) -> None:  # fmt: skip
    """Bring in FILE as the PCN's service account and print what would change, or with --commit what did.

    Exit status: 0 all is fine, 1 nothing was brought in, 3 some rows were refused, 4 something waits for
    somebody's decision, 7 both.
    """
    taken = data_date.date() if data_date else clock.today()
    if data_date is None:
        click.echo(f"Taken as of today, {date(taken)}. Say --data-date if the extract is older.", err=True)
    with _told(), service_accounts.acting_as(pcn, account, Permission.BRING_IN_DATA) as acting:
        found = _brought_in(_source(source), file, taken, acting.name, whole=whole, commit=commit)
        db.session.commit()
        url = f"{current_app.config['BASE_URL']}/pcn/{pcn}/data/{found.id}"
        report = reports.as_json(found, url) if as_json else reports.as_lines(found, url)
        click.echo(json.dumps(report, indent=2, ensure_ascii=False) if as_json else "\n".join(report))
        status = reports.status_of(found)
    raise click.exceptions.Exit(status)


def _source(name: str) -> Source:
    found = source_named(name)
    if found is None:
        names = ", ".join(f"“{one.name}”" for one in open_sources()) or "none"
        raise click.ClickException(f"The PCN has no source “{name}”. It has: {names}.")
    return found


def _brought_in(
    source: Source, file: Path, taken: dt.date, by: str, *, whole: bool, commit: bool
) -> ImportFile:
    """The file at its preview, or saved where that is asked for and nobody has to answer first."""
    limit = current_app.config["UPLOAD_LIMIT"]
    if file.stat().st_size > limit:
        raise click.ClickException(f"The file is larger than {limit // MEGABYTE} MB. Split it.")
    found = imports.bring_in(source, file, file.name, taken, by, save=False, whole=whole)
    if commit and found.state == "checked" and not found.doubts:
        imports.start_saving(found)
        while imports.save_on(found):
            pass
    return found


@contextmanager
def _told() -> Iterator[None]:
    """What stops the command is one sentence."""
    try:
        yield
    except (service_accounts.CannotAct, Forbidden) as cannot:
        raise click.ClickException(str(getattr(cannot, "description", None) or cannot)) from cannot
    except imports.Stale as stale:
        raise click.ClickException("Another file is being saved. Try again when it is done.") from stale
    except NoAgreement as missing:
        raise click.ClickException(
            "No agreement with this source is in date. A PCN manager can record one in Data, under Sources."
        ) from missing
