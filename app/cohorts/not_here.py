"""What a definition names and the PCN does not have: for a definition that comes from elsewhere."""

from collections.abc import Iterator

from sqlalchemy import func, literal, select, union_all

from app.cohorts.facts import codes_of
from app.library.cohort_rules import (
    AtPractice,
    BadRule,
    Condition,
    InProgramme,
    KnownTo,
    LatestValue,
    ValueMissing,
)
from app.library.definitions import Definition
from app.people.import_models import Source
from app.programmes.models import Programme
from tenants.db import db
from tenants.models import Practice

Name = tuple[str, str]
SENTENCES = {
    "practice": "No practice here has the code {}.",
    "source": "No source here is called “{}”.",
    "programme": "No programme here is called “{}”.",
}


def not_here(definition: Definition) -> list[str]:
    """What the definition names and the acting PCN does not have, in words, each once; in one statement.

    Such a rule can be counted all the same: nobody is of a practice, or known to a source, that is not there.
    Only a list of codes that there is not makes a definition impossible to count.
    """
    named = list(dict.fromkeys(_named(definition)))
    there = _there(named) if named else set()
    missing = [SENTENCES[kind].format(name) for kind, name in named if (kind, name) not in there]
    return [*missing, *unknown_lists(definition)]


def unknown_lists(definition: Definition) -> list[str]:
    """The lists of codes that the definition names and that there are not, in words, each once."""
    said = []
    for rule in definition.every_rule:
        if isinstance(rule, Condition | LatestValue | ValueMissing):
            try:
                codes_of(rule.codes, rule.code_list)
            except BadRule as bad:
                said.append(str(bad))
    return list(dict.fromkeys(said))


def _named(definition: Definition) -> Iterator[Name]:
    for rule in definition.every_rule:
        match rule:
            case AtPractice():
                yield from (("practice", code) for code in rule.codes)
            case KnownTo():
                yield "source", rule.source
            case InProgramme():
                yield "programme", rule.name


def _there(named: list[Name]) -> set[Name]:
    columns = {"practice": func.upper(Practice.code), "source": Source.name, "programme": Programme.name}
    selects = []
    for kind, column in columns.items():
        if names := [name for each, name in named if each == kind]:
            selects.append(select(literal(kind), column).where(column.in_(names)))
    return {(row[0], row[1]) for row in db.session.execute(union_all(*selects))}
