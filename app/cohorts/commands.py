"""`flask cohorts evaluate`: what a definition gives, from the command line, for work that runs at night."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import BigInteger, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from werkzeug.exceptions import Forbidden

from app import audit
from app.cohorts.criteria import Evaluation, evaluate
from app.cohorts.definition import PURPOSE, countable
from app.cohorts.not_here import not_here
from app.library.cohort_rules import BadRule
from app.library.definitions import LONGEST_FILE, Definition, read_definition_file
from app.people.models import Person
from app.people.service_accounts import CannotAct, acting_as
from app.permissions import Permission
from tenants.db import Json, db
from tenants.models import Practice

UNREADABLE, NOT_HERE = 3, 4

group = AppGroup("cohorts", help="Find whom a programme is for.")


@group.command("evaluate")
@click.option("--pcn", required=True, help="The PCN's slug, like dover-town.")
@click.option("--on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day to count people on.")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON, the members too.")
@click.option("--as", "account", help="The service account that acts, where there are several.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def count(pcn: str, on: dt.datetime, as_json: bool, account: str | None, file: Path) -> None:
    """Count, as the PCN's service account, whom the definition in FILE finds. The numbers are exact.

    Exit status: 0 all is fine, 1 nobody can act or the file cannot be opened, 3 the definition cannot be
    read, 4 it was counted and names something that the PCN does not have.
    """
    whole = _read(file)
    try:
        with acting_as(pcn, account, Permission.DEFINE_COHORTS) as acting:
            found = evaluate(whole, on.date())
            report = report_of(found, whole) | {"pcn": pcn, "by": acting.name}
            _record(found, whole)
            db.session.commit()
    except CannotAct as cannot:
        raise click.ClickException(str(cannot)) from cannot
    except Forbidden as forbidden:
        raise click.ClickException(str(forbidden.description)) from forbidden
    shown = json.dumps(report, indent=2, ensure_ascii=False) if as_json else "\n".join(lines_of(report))
    click.echo(shown)
    raise click.exceptions.Exit(NOT_HERE if report["not_here"] else 0)


def _read(file: Path) -> Definition:
    """The definition in `file`. Says each fault with its place and ends with the status for it."""
    try:
        with file.open(encoding="utf-8-sig") as text:
            return countable(read_definition_file(text.read(LONGEST_FILE + 1)))
    except UnicodeDecodeError:
        faults = ["The file is not text in UTF-8"]
    except BadRule as bad:
        faults = bad.faults
    for fault in faults:
        click.echo(fault, err=True)
    raise click.exceptions.Exit(UNREADABLE)


def report_of(found: Evaluation, whole: Definition) -> Json:
    """What was found, as JSON has it. People are pseudonyms, practices their codes; nobody is named."""
    codes = {key: code for key, code in db.session.execute(select(Practice.id, Practice.code))}
    return {
        "on": found.on.isoformat(),
        "definition": whole.as_json,
        "sentence": whole.aloud,
        "not_here": not_here(whole),
        "people": found.people,
        "attrition": found.attrition,
        "count": found.count,
        "gain": found.gain,
        "missing": found.missing,
        "exclusions": found.exclusions,
        "by_practice": {codes[practice]: number for practice, number in found.by_practice.items()},
        "members": _pseudonyms(found.members),
    }


def _pseudonyms(members: list[int]) -> list[str]:
    these = Person.id == db.func.any(cast(members, ARRAY(BigInteger)))
    return list(db.session.scalars(select(Person.pseudonym).where(these).order_by(Person.pseudonym)))


def _record(found: Evaluation, whole: Definition) -> None:
    audit.record(
        "exported", "cohort", purpose=PURPOSE, count=found.count, on=found.on.isoformat(),
        definition=whole.as_json,
    )  # fmt: skip


def lines_of(report: dict[str, Any]) -> list[str]:
    """The report in lines for a terminal, without the members."""
    steps = [
        f"{step['left']:>9,}  {'left out' if step['step'] == 'leave out' else 'kept'}: {step['label']}"
        for step in report["attrition"]
    ]
    gain = [f"{more:>9,}  more without: {label}" for label, more in report["gain"].items()]
    missing = [
        f"{one['without']:>9,}  without a value: {one['label']} ({one['only']:,} of them meet all else)"
        for one in report["missing"]
    ]
    warned = [f"Not in this PCN: {line}" for line in report["not_here"]]
    return [report["sentence"], f"{report['people']:>9,}  on the lists", *steps, *gain, *missing, *warned]
