"""What each rule means in SQL: an expression that is true, false, or null where a value is missing.

Groups then are AND, OR and NOT, whose rules for null are the ones that `definitions.py` describes.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, and_, case, cast, func, literal, not_, null, or_, select, true

from app.cohorts.facts import BMI_CODES, Facts, codes_of, years_before
from app.library import cohort_rules as rules
from app.library.definitions import Group, Node
from app.library.person_rules import ETHNIC_GROUPS, NOT_KNOWN, NOT_STATED
from app.library.thresholds import LOWER_FOR, bmi_thresholds
from app.people.data_opt_outs import TYPE_1, people_with
from tenants.models import Practice

Truth = ColumnElement[bool]

# How systems write a sex that `rules.sex_of` leaves as it came.
UNKNOWN_SEX = ("", "x", "0", "u", "not known", "unknown", "not specified", "not recorded")
LETTERS = "".join(ETHNIC_GROUPS.values())


def truth_of(node: Node, facts: Facts) -> Truth:
    """Whether a person meets the rule or group; null where that hangs on a missing value."""
    if isinstance(node, Group):
        return _of_group(node.kind, [truth_of(rule, facts) for rule in node.rules])
    return _TRUTHS[type(node)](node, facts)


def can_be_missing(node: Node) -> bool:
    """Whether there are people of whom it cannot be told if they meet the rule or group."""
    match node:
        case Group():
            return any(map(can_be_missing, node.rules))
        case rules.Sex():
            return NOT_KNOWN not in node.sexes
        case rules.Ethnicity():
            return not {NOT_STATED, NOT_KNOWN} <= set(node.groups)
        case rules.Needs():
            return bool(node.languages)
        case _:
            return isinstance(node, rules.Deprivation | rules.LatestValue | rules.BodyMassIndex)


def _of_group(kind: str, truths: Sequence[Truth]) -> Truth:
    if kind == "all of":
        return and_(*truths)
    # The cast is for its brackets: NOT … IS NULL would be NOT (… IS NULL).
    return or_(*truths) if kind == "any of" else cast(not_(or_(*truths)), Boolean)


def _age(rule: rules.Age, facts: Facts) -> Truth:
    oldest = years_before(facts.on, rule.end + 1)
    return and_(facts.person.born <= years_before(facts.on, rule.start), facts.person.born > oldest)


def sex_recorded(facts: Facts) -> ColumnElement[str]:
    """The person's sex as one of SEXES."""
    written = func.lower(facts.person.sex)
    return case(
        (written.in_(("female", "f", "2")), "Female"),
        (written.in_(("male", "m", "1")), "Male"),
        (written.in_(UNKNOWN_SEX), NOT_KNOWN),
        else_="Indeterminate",
    )


def _sex(rule: rules.Sex, facts: Facts) -> Truth:
    recorded = sex_recorded(facts)
    wanted = recorded.in_(rule.sexes)
    return wanted if NOT_KNOWN in rule.sexes else case((recorded != NOT_KNOWN, wanted), else_=null())


def ethnic_letter(facts: Facts) -> ColumnElement[str]:
    """The letter of the person's 16+1 category; null where what is written is no such code.

    The first character is the national code, a second a local one: a word is not a code.
    """
    return case((func.length(facts.person.ethnicity) <= 2, func.upper(func.left(facts.person.ethnicity, 1))))


def _ethnicity(rule: rules.Ethnicity, facts: Facts) -> Truth:
    letter = ethnic_letter(facts)
    wanted = "".join(ETHNIC_GROUPS.get(group, "") for group in rule.groups)
    return case(
        (letter.in_(list(LETTERS)), letter.in_(list(wanted))),
        (letter == "Z", _known(NOT_STATED in rule.groups)),
        else_=_known(NOT_KNOWN in rule.groups),
    )


def _known(asked_for: bool) -> ColumnElement[Any]:
    return true() if asked_for else null()


def _practice(rule: rules.AtPractice, facts: Facts) -> Truth:
    return facts.person.practice_id.in_(select(Practice.id).where(func.upper(Practice.code).in_(rule.codes)))


def _deprivation(rule: rules.Deprivation, facts: Facts) -> Truth:
    return facts.decile(rule.release).in_(rule.deciles)


def _needs(rule: rules.Needs, facts: Facts) -> Truth:
    parts: list[Truth] = []
    if rule.languages:
        spoken = func.lower(func.nullif(facts.person.language, ""))
        parts.append(spoken.in_([language.lower() for language in rule.languages]))
    if rule.formats:
        parts.append(func.lower(facts.person.information_format).in_([one.lower() for one in rule.formats]))
    if rule.interpreter is not None:
        parts.append(facts.person.interpreter.is_(rule.interpreter))
    return and_(*parts)


def _condition(rule: rules.Condition, facts: Facts) -> Truth:
    found = facts.found(codes_of(rule.codes, rule.code_list), rule.within_months)
    return found.is_not(None) if rule.present else found.is_(None)


def _latest_value(rule: rules.LatestValue, facts: Facts) -> Truth:
    value = facts.latest(codes_of(rule.codes, rule.code_list), rule.within_months)
    limits = (
        (value.__ge__, rule.at_least),
        (value.__lt__, rule.below),
        (value.__le__, rule.at_most),
    )
    return and_(*(within(limit) for within, limit in limits if limit is not None))


def _body_mass_index(rule: rules.BodyMassIndex, facts: Facts) -> Truth:
    value = facts.latest(BMI_CODES, rule.within_months)
    general, lower = bmi_thresholds(rule.version, rule.at_least)
    if not rule.by_ethnicity:
        return value >= general
    letter = ethnic_letter(facts)
    return case(
        (value >= general, True),
        (value < lower, False),
        (and_(value.is_not(None), letter.in_(list(LETTERS))), letter.in_(list(LOWER_FOR))),
        else_=null(),
    )


def _value_missing(rule: rules.ValueMissing, facts: Facts) -> Truth:
    return facts.latest(codes_of(rule.codes, rule.code_list), rule.within_months).is_(None)


def _known_to(rule: rules.KnownTo, facts: Facts) -> Truth:
    return facts.listed(rule.source, rule.field, rule.value).is_not(None)


def _in_programme(rule: rules.InProgramme, facts: Facts) -> Truth:
    inside = facts.taking_part(rule.name)
    return inside.is_not(None) if rule.within else inside.is_(None)


_TRUTHS: dict[type, Callable[[Any, Facts], Truth]] = {
    rules.Age: _age,
    rules.Sex: _sex,
    rules.Ethnicity: _ethnicity,
    rules.AtPractice: _practice,
    rules.Deprivation: _deprivation,
    rules.Needs: _needs,
    rules.Condition: _condition,
    rules.LatestValue: _latest_value,
    rules.BodyMassIndex: _body_mass_index,
    rules.ValueMissing: _value_missing,
    rules.KnownTo: _known_to,
    rules.InProgramme: _in_programme,
}


def excluded_from(facts: Facts) -> list[Truth]:
    """The exclusions that always hold, in the order of EXCLUSIONS; never null."""

    def by_then(day: Any) -> Truth:
        return func.coalesce(day <= facts.on, literal(value=False))

    gone = or_(by_then(facts.person.left_on), by_then(facts.person.missing_since))
    told = func.coalesce(facts.person.id.in_(people_with(TYPE_1)), literal(value=False))
    return [by_then(facts.person.died_on), gone, or_(facts.person.type1_opt_out.is_(True), told)]
