"""`flask tenants`: onboarding from a file, and one PCN's data out or away, audited as "Command line"."""

from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app import audit, clock
from app.known_organisations import forget_organisations
from app.network.onboarding import ROOMS, stored_files
from app.permissions import ROLES
from tenants import leaving, lifecycle, scope
from tenants.db import db
from tenants.models import Organisation, organisation_by_slug
from tenants.onboarding_check import check_file

COMMAND_LINE = "Command line"
KIND_WORDS = {"icb": "ICB", "pcn": "PCN", "partner": "partner"}

tenants = AppGroup("tenants", help="Onboard, list, export and erase PCNs.")

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@tenants.command()
@click.argument("file", type=EXISTING_FILE)
def onboard(file: Path) -> None:
    """Onboard what FILE (YAML) describes. The whole file is checked first; a fault anywhere saves nothing."""
    with scope.as_acting(scope.NOBODY):
        plan, faults = check_file(_text_of(file), ROLES)
    if plan is None:
        for fault in faults:
            click.echo(f"{file.name}, {fault}" if fault.line else f"{file.name}: {fault}", err=True)
        raise click.ClickException(f"{_count(len(faults), 'fault')} in {file.name}. Nothing was saved.")
    try:
        with audit.by(COMMAND_LINE):
            report = lifecycle.onboard(plan, ROOMS)
    except IntegrityError:
        raise click.ClickException("Somebody is onboarding the same just now. Run it again.") from None
    for line in report.said:
        click.echo(line)
    for invited in report.invited:
        click.echo(f"Invitation for {invited.name} <{invited.email}>, works once: {invited.link}")


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(
            f"{file.name} is not UTF-8 text. Save it as UTF-8. Nothing was saved."
        ) from None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@tenants.command("list")
def list_() -> None:
    """List ICBs with their PCNs and partners: kind, address, name, code, state."""
    icb = aliased(Organisation)
    with scope.as_acting(scope.NOBODY):
        rows = db.session.execute(
            select(Organisation, icb.name)
            .join(icb, icb.id == Organisation.icb_id)
            .order_by(icb.name, Organisation.kind, Organisation.name)
        ).all()
    for organisation, icb_name in rows:
        state = f"closed {organisation.closed_at:%Y-%m-%d}" if organisation.closed_at else "open"
        kind = KIND_WORDS[organisation.kind]
        click.echo(
            "\t".join((kind, organisation.slug, organisation.name, organisation.code or "-", icb_name, state))
        )


@tenants.command()
@click.argument("slug")
@click.argument("file", type=NEW_FILE)
def export(slug: str, file: Path) -> None:
    """Write all that is the PCN's (at the address SLUG) to the ZIP FILE. It holds patient data."""
    organisation = _pcn(slug)
    if file.exists():
        raise click.ClickException(f"{file} is there already. Choose another name.")
    with audit.by(COMMAND_LINE):
        manifest = leaving.export(organisation, file, audit.record, clock.now(), stored_files)
    rows = sum(table["rows"] for table in manifest["tables"].values())
    held = _count(len(manifest["files"]), "file")
    click.echo(f"{organisation.name}: {_count(rows, 'row')} and {held} written to {file}")


@tenants.command()
@click.argument("slug")
@click.option("--yes-erase", "again", required=True, metavar="SLUG", help="The address again, to be sure.")
def erase(slug: str, again: str) -> None:
    """Erase all that is the PCN's (at the address SLUG), for good. Export it first."""
    if again != slug:
        raise click.ClickException(f"--yes-erase says “{again}”, not “{slug}”. Nothing was erased.")
    organisation = _pcn(slug)
    try:
        with audit.by(COMMAND_LINE):
            erased = leaving.erase(organisation, audit.record, clock.now())
    except leaving.NotErased as error:
        raise click.ClickException(str(error)) from None
    forget_organisations()
    for table, rows in erased.items():
        click.echo(f"{table}\t{rows}")
    click.echo(f"{organisation.name} is erased and closed. Its audit trail, which names no patient, stays.")


def _pcn(slug: str) -> Organisation:
    with scope.as_acting(scope.NOBODY):
        organisation = organisation_by_slug("pcn", slug)
    if organisation is None:
        raise click.ClickException(f"There is no PCN with the address “{slug}”. See: flask tenants list")
    if organisation.closed_at:
        raise click.ClickException(f"{organisation.name} was erased on {organisation.closed_at:%d %B %Y}.")
    return organisation
