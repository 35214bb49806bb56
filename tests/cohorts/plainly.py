"""A definition read plainly, in Python, person by person: what the one SQL statement is held against.

It reads the dictionaries of the file format and small dictionaries of people, and shares no code with the
product but the data of thresholds and limits. True, False, or None where a value is missing.
"""

import calendar
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.people.codes import MEASURES

Json = dict[str, Any]
GROUPS = {"White": "ABC", "Mixed": "DEFG", "Asian": "HJKL", "Black": "MNP", "Other": "RS"}
BMI = {
    "overweight": (25, 23),
    "obesity": (30, 27.5),
    "obesity class 2": (35, 32.5),
    "obesity class 3": (40, 37.5),
}
BMI_CODES = ["60621009", "846931000000101"]


class Reading:
    """A definition on a day, read for people: dictionaries with the columns of a person, `events` (code, on,
    value), `entries` (source, state, missing_since, fields), `programmes` (name, status), `areas` (release to
    decile) and `practice` (its code).
    """

    def __init__(self, definition: Json, on: dt.date) -> None:
        self.rules: Sequence[Json] = definition["rules"]
        self.leave_out: Sequence[Json] = definition.get("leave_out", [])
        self.on = on

    def excluded(self, person: Json) -> list[bool]:
        """Which exclusions hold: the three that always do, then the definition's own."""
        day = self.on
        return [
            person["died_on"] is not None and person["died_on"] <= day,
            any(gone is not None and gone <= day for gone in (person["left_on"], person["missing_since"])),
            person["type1_opt_out"],
            *(self.truth(node, person) is True for node in self.leave_out),
        ]

    def member(self, person: Json, but: int = -1) -> bool:
        """Whether the person is in the cohort, of a definition without rule number `but`."""
        rules = [node for number, node in enumerate(self.rules) if number != but]
        return not any(self.excluded(person)) and all(self.truth(node, person) is True for node in rules)

    def truth(self, node: Json, person: Json) -> bool | None:
        """Whether a rule or group holds; None where that hangs on what is missing."""
        kind = node["kind"]
        if kind not in ("all of", "any of", "none of"):
            found = getattr(self, "_" + kind.replace(" ", "_"))(node, person)
            assert found in (True, False, None)
            return found if found is None else bool(found)
        truths = [self.truth(rule, person) for rule in node["rules"]]
        if kind == "all of":
            return False if False in truths else None if None in truths else True
        some = True if True in truths else None if None in truths else False
        return some if kind == "any of" or some is None else not some

    def _age(self, rule: Json, person: Json) -> bool:
        return rule["from"] <= age_of(person["born"], self.on) <= rule["to"]

    def _sex(self, rule: Json, person: Json) -> bool | None:
        sex = sex_of(person["sex"])
        return None if sex == "Not known" and sex not in rule["sexes"] else sex in rule["sexes"]

    def _ethnicity(self, rule: Json, person: Json) -> bool | None:
        group = group_of(person["ethnicity"])
        unknown = group in ("Not stated", "Not known")
        return None if unknown and group not in rule["groups"] else group in rule["groups"]

    def _practice(self, rule: Json, person: Json) -> bool:
        return person["practice"] in rule["codes"]

    def _deprivation(self, rule: Json, person: Json) -> bool | None:
        decile = person["areas"].get(rule["release"])
        return None if decile is None else decile in rule["deciles"]

    def _needs(self, rule: Json, person: Json) -> bool | None:
        truths: list[bool | None] = []
        if "languages" in rule:
            truths.append(person["language"] in rule["languages"] if person["language"] else None)
        if "formats" in rule:
            truths.append(person["information_format"] in rule["formats"])
        if "interpreter" in rule:
            truths.append(person["interpreter"] == rule["interpreter"])
        return False if False in truths else None if None in truths else True

    def _condition(self, rule: Json, person: Json) -> bool:
        found = any(
            self._in_time(rule, event) for event in person["events"] if event["code"] in rule["codes"]
        )
        return found == rule.get("present", True)

    def _latest_value(self, rule: Json, person: Json) -> bool | None:
        value = self._latest(rule, rule.get("codes") or [rule["code"]], person)
        if value is None:
            return None
        return (
            value >= exactly(rule.get("at_least", 0))
            and value < exactly(rule.get("below", 10**9))
            and value <= exactly(rule.get("at_most", 10**9))
        )

    def _bmi(self, rule: Json, person: Json) -> bool | None:
        value = self._latest(rule, BMI_CODES, person)
        general, lower = BMI[rule["at_least"]]
        if value is None or value >= general or value < lower or not rule["by_ethnicity"]:
            return None if value is None else value >= general
        code = person["ethnicity"].upper()
        if group_of(code) in ("Not stated", "Not known"):
            return None
        return code[0] in "HJKLRMNPDEF"

    def _value_missing(self, rule: Json, person: Json) -> bool:
        return self._latest(rule, rule["codes"], person) is None

    def _known_to(self, rule: Json, person: Json) -> bool:
        return any(self._is_known_by(entry, rule) for entry in person["entries"])

    def _is_known_by(self, entry: Json, rule: Json) -> bool:
        gone = entry["missing_since"] is not None and entry["missing_since"] <= self.on
        if entry["source"] != rule["source"] or entry["state"] != "linked" or gone:
            return False
        said = str(entry["fields"].get(rule.get("field"), "")).strip().lower()
        return "field" not in rule or said == rule["value"].lower()

    def _programme(self, rule: Json, person: Json) -> bool:
        inside = any(
            name == rule["name"] and status not in ("left out", "opted out")
            for name, status in person["programmes"]
        )
        return inside == rule.get("in", True)

    def _latest(self, rule: Json, codes: Sequence[str], person: Json) -> Decimal | None:
        usable = [
            (event["on"], event["value"])
            for event in person["events"]
            if event["code"] in codes and self._in_time(rule, event) and can_be_true(event)
        ]
        return max(usable)[1] if usable else None

    def _in_time(self, rule: Json, event: Json) -> bool:
        months = rule.get("within_months")
        return event["on"] <= self.on and (months is None or event["on"] > months_ago(self.on, months))


def age_of(born: dt.date, day: dt.date) -> int:
    """Whole years; who was born on 29 February turns older on 1 March of other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def months_ago(day: dt.date, months: int) -> dt.date:
    """The same day of an earlier month, or that month's last."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def exactly(limit: float) -> Decimal:
    """A limit as it was written."""
    return Decimal(str(limit))


def can_be_true(event: Json) -> bool:
    """Whether an event has a value that is within the limits of its measure."""
    limits = MEASURES.get(event["code"])
    value = event["value"]
    return value is not None and (limits is None or limits.lowest <= value <= limits.highest)


def sex_of(written: str) -> str:
    """The sex in the words of the rule."""
    said = written.lower()
    if said in ("", "unknown", "x"):
        return "Not known"
    return {"female": "Female", "male": "Male"}.get(said, "Indeterminate")


def group_of(written: str) -> str:
    """The ethnic group of what is written: a letter of the 16+1, with a local second character or none."""
    if len(written) not in (1, 2):
        return "Not known"
    if written[0].upper() == "Z":
        return "Not stated"
    return next((group for group, letters in GROUPS.items() if written[0].upper() in letters), "Not known")
