"""The small forms of rules about the record: conditions, latest values, BMI, and values that are missing."""

from typing import Any, ClassVar

from wtforms import ValidationError

from app.cohorts.numbers import decimal_field, months_field
from app.cohorts.rule_forms import RuleForm
from app.fields import Needed, Tick, radio_field, select_field
from app.library.rule_parts import json_number
from app.library.thresholds import BMI_CLASSES, BMI_VERSIONS, bmi_source
from app.people.code_lists import code_list, code_lists
from tenants.db import Json

OWN = "own"  # the choice that keeps the codes, or the version of a list, that the rule has now
LIMITS = ("at_least", "at_most", "below")
UNITS = "BMI in kg/m², weight in kg, height in cm, blood pressure in mmHg, HbA1c in mmol/mol"
MONTHS = "Leave empty if it counts however old it is."


class _OfAList(RuleForm):
    """A rule about the concepts of a code list, or about codes written out in the rule as it was."""

    list_kind = ""
    code_list: Any
    kept: Json

    def prepare(self) -> None:
        """The lists in their newest versions; a rule keeps its own until another is chosen."""
        newest = [
            (found.name, f"{found.name} (version {found.version})") for found in code_lists(self.list_kind)
        ]
        self.kept = codes_of(self.was)
        own = [(OWN, self._as_it_is(self.kept))] if self.kept else []
        self.code_list.choices = [("", "Choose one"), *own, *newest]

    def _as_it_is(self, codes: Json) -> str:
        if "list" in codes:
            return f"{codes['name']} (version {codes['version']}), as it is"
        count = len(codes.get("codes", "1"))
        return f"{codes['name']} ({count} {'code' if count == 1 else 'codes'}), as it is"

    def codes(self) -> Json:
        """The part of the rule that says which concepts count."""
        if self.code_list.data == OWN:
            return self.kept
        found = code_list(self.code_list.data)
        return {"name": found.name, "list": found.name, "version": found.version}


def codes_of(node: Json) -> Json:
    """The part of a rule that says which concepts count."""
    return {key: node[key] for key in ("name", "code", "codes", "list", "version") if key in node}


class ConditionForm(_OfAList):
    """A condition in the record, or not there."""

    kind = "condition"
    title = "Condition"
    hint = "A condition that is in the record, or that is not"
    fresh: ClassVar[Json] = {"present": "yes"}
    list_kind = "condition"
    code_list = select_field(
        "Condition",
        [],
        Needed("Choose the condition"),
        hint="Lists of SNOMED CT codes, each with its version",
    )
    present = radio_field(
        "Is it in the record?",
        [("yes", "It is in the record"), ("no", "It is not in the record")],
        Needed("Choose whether it is in the record"),
    )
    within_months = months_field("Recorded within the last", MONTHS)

    @classmethod
    def data_of(cls, node: Json) -> Json:
        present = "yes" if node.get("present", True) else "no"
        return {"code_list": OWN, "present": present, "within_months": node.get("within_months")}

    def node(self) -> Json:
        present = {} if self.present.data == "yes" else {"present": False}
        return {"kind": self.kind} | self.codes() | present | _within(self)


class LatestValueForm(_OfAList):
    """The latest value of a measure, compared."""

    kind = "latest value"
    title = "Latest value of a measure"
    hint = "For example a latest HbA1c of 48 or more, within 24 months"
    list_kind = "measure"
    code_list = select_field("Measure", [], Needed("Choose the measure"))
    at_least = decimal_field("At least", UNITS)
    at_most = decimal_field("At most", "Leave empty if there is no upper limit.")
    below = decimal_field("Below", "In place of “At most”, where the limit itself does not count.")
    within_months = months_field("Taken within the last", MONTHS)

    @classmethod
    def data_of(cls, node: Json) -> Json:
        return {"code_list": OWN, "within_months": node.get("within_months")} | {
            name: node.get(name) for name in LIMITS
        }

    def validate_below(self, field: Any) -> None:
        """One upper limit at most."""
        if field.data is not None and self.at_most.data is not None:
            raise ValidationError("Enter “At most” or “Below”, not both")

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """One limit at least. A field that may be left empty is not asked itself."""
        fine = super().validate(*args, **kwargs)
        entered = any(self[name].raw_data and self[name].raw_data[0].strip() for name in LIMITS)
        if not entered:
            self.at_least.errors = ["Enter at least one limit"]
        return bool(fine and entered)

    def node(self) -> Json:
        limits = {name: self[name].data for name in LIMITS if self[name].data is not None}
        said = {name: json_number(limit) for name, limit in limits.items()}
        return {"kind": self.kind} | self.codes() | said | _within(self)


class BmiForm(RuleForm):
    """A class of the latest BMI, with the thresholds of NICE."""

    kind = "bmi"
    title = "BMI by NICE’s classes"
    hint = "Overweight or obesity, with lower thresholds by ethnicity if you like"
    at_least = radio_field(
        "The latest BMI is at least", [(name, name[0].upper() + name[1:]) for name in BMI_CLASSES],
        Needed("Choose the class"),
    )  # fmt: skip
    by_ethnicity = Tick("Use NICE’s lower thresholds for the family backgrounds that they are given for")
    within_months = months_field("Taken within the last", MONTHS)
    version = BMI_VERSIONS[-1]

    def prepare(self) -> None:
        self.version = self.was.get("version", BMI_VERSIONS[-1])
        self.at_least.description = f"Source: {bmi_source(self.version)}"

    def node(self) -> Json:
        said = {"kind": self.kind, "at_least": self.at_least.data, "by_ethnicity": self.by_ethnicity.data}
        return said | {"version": self.version} | _within(self)


class MissingForm(_OfAList):
    """No usable value of a measure."""

    kind = "value missing"
    title = "Value that is missing"
    hint = "People without a usable value of a measure, so that it can be taken"
    list_kind = "measure"
    code_list = select_field("Measure", [], Needed("Choose the measure"))
    within_months = months_field("No value within the last", MONTHS)

    @classmethod
    def data_of(cls, node: Json) -> Json:
        return {"code_list": OWN, "within_months": node.get("within_months")}

    def node(self) -> Json:
        return {"kind": self.kind} | self.codes() | _within(self)


def _within(form: Any) -> Json:
    months = form.within_months.data
    return {"within_months": months} if months else {}
