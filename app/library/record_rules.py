"""Rules about what is in somebody's record: conditions, values, other sources, other programmes.

"In the last n months" is after the same day n months before, up to and with the day itself: twelve months to
31 March begin on 1 April. Source: NHS England, QOF business rules.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from app.library.rule_parts import BadRule, CodeListName, Parts, either, in_last, json_number, plain
from app.library.thresholds import BMI_CLASSES, BMI_VERSIONS, bmi_thresholds

CODED = {"codes", "code", "list", "version"}


@dataclass(frozen=True)
class Condition:
    """Any of the codes is in the record on or before the day; with `present` false, none of them is.

    What is not in the record counts as not there: nobody is ever missing a condition.
    """

    KIND: ClassVar = "condition"
    NEEDED: ClassVar = {"name"}
    MAY: ClassVar = {"codes", "list", "version", "present", "within_months"}

    name: str
    codes: tuple[str, ...] = ()
    code_list: CodeListName | None = None
    present: bool = True
    within_months: int | None = None

    @classmethod
    def read(cls, parts: Parts) -> "Condition":
        """From its parts. Raises BadRule."""
        listed = parts.code_list()
        return cls(
            parts.words("name"), parts.codes(), listed, parts.yes("present", otherwise=True), parts.months()
        )

    @property
    def label(self) -> str:
        return f"{'' if self.present else 'no '}{self.name}{in_last(self.within_months)}"

    @property
    def aloud(self) -> str:
        verb = "have" if self.present else "do not have"
        return f"{verb} {self.name} in their record{in_last(self.within_months)}"

    @property
    def as_json(self) -> dict[str, Any]:
        given = {"kind": "condition", "name": self.name} | _coded(self.codes, self.code_list)
        return given | ({} if self.present else {"present": False}) | _looking_back(self.within_months)


@dataclass(frozen=True)
class LatestValue:
    """The latest usable value of the codes on or before the day is within the limits that are given.

    Missing where there is none, or none so recent.
    """

    KIND: ClassVar = "latest value"
    NEEDED: ClassVar = {"name"}
    MAY: ClassVar = CODED | {"at_least", "below", "at_most", "within_months"}

    name: str
    codes: tuple[str, ...] = ()
    at_least: Decimal | None = None
    below: Decimal | None = None
    at_most: Decimal | None = None
    code_list: CodeListName | None = None
    within_months: int | None = None

    @classmethod
    def read(cls, parts: Parts) -> "LatestValue":
        """From its parts. Raises BadRule."""
        listed = parts.code_list()
        at_least, below, at_most = (parts.number(name) for name in ("at_least", "below", "at_most"))
        _check_limits(at_least, below, at_most)
        return cls(
            parts.words("name"), parts.codes(), at_least, below, at_most, listed, parts.months()
        )  # fmt: skip

    @property
    def label(self) -> str:
        return f"latest {self.name} {self.limits}{in_last(self.within_months)}"

    @property
    def aloud(self) -> str:
        return f"have a latest {self.name} of {self.limits}{in_last(self.within_months)}"

    @property
    def limits(self) -> str:
        """The limits in words: `30 or more`, `42 to 47`, `below 48`."""
        if self.at_least is not None and self.at_most is not None:
            return f"{plain(self.at_least)} to {plain(self.at_most)}"
        said = [] if self.at_least is None else [f"{plain(self.at_least)} or more"]
        said += [] if self.below is None else [f"below {plain(self.below)}"]
        said += [] if self.at_most is None else [f"{plain(self.at_most)} or less"]
        return " but ".join(said)

    @property
    def as_json(self) -> dict[str, Any]:
        given: dict[str, Any] = {
            "kind": "latest value",
            **_coded(self.codes, self.code_list),
            "name": self.name,
        }
        if len(self.codes) == 1:  # as it has been written from the first
            given["code"] = given.pop("codes")[0]
        limits = {"at_least": self.at_least, "below": self.below, "at_most": self.at_most}
        given |= {name: json_number(limit) for name, limit in limits.items() if limit is not None}
        return given | _looking_back(self.within_months)


@dataclass(frozen=True)
class BodyMassIndex:
    """The latest BMI is at least at the lower end of a class of NICE's, by one version of the thresholds.

    With `by_ethnicity`, the lower thresholds hold for the family backgrounds that NICE names. Somebody
    between the two whose ethnicity is not known is missing, and so is who has no BMI, or none so recent.
    """

    KIND: ClassVar = "bmi"
    NEEDED: ClassVar = {"at_least"}
    MAY: ClassVar = {"by_ethnicity", "version", "within_months"}

    at_least: str
    by_ethnicity: bool = False
    version: str = BMI_VERSIONS[-1]
    within_months: int | None = None

    @classmethod
    def read(cls, parts: Parts) -> "BodyMassIndex":
        """From its parts. Raises BadRule."""
        if parts.data["at_least"] not in BMI_CLASSES:
            raise BadRule(f"Write at_least: {either(BMI_CLASSES)}")
        version = parts.data.get("version", BMI_VERSIONS[-1])
        if version not in BMI_VERSIONS:
            raise BadRule(f"Write version: {either(BMI_VERSIONS)}")
        return cls(parts.data["at_least"], parts.yes("by_ethnicity", False), version, parts.months())

    @property
    def label(self) -> str:
        return f"latest BMI {self._class}{in_last(self.within_months)}"

    @property
    def aloud(self) -> str:
        return f"have a latest BMI of {self._class}{in_last(self.within_months)}"

    @property
    def _class(self) -> str:
        general, lower = bmi_thresholds(self.version, self.at_least)
        if not self.by_ethnicity:
            return f"{plain(general)} or more ({self.at_least})"
        return f"{plain(general)} or more, or {plain(lower)} by ethnicity ({self.at_least})"

    @property
    def as_json(self) -> dict[str, Any]:
        given = {"kind": "bmi", "at_least": self.at_least, "by_ethnicity": self.by_ethnicity}
        return given | {"version": self.version} | _looking_back(self.within_months)


@dataclass(frozen=True)
class ValueMissing:
    """No usable value of the codes is in the record on or before the day, or none so recent."""

    KIND: ClassVar = "value missing"
    NEEDED: ClassVar = {"name"}
    MAY: ClassVar = CODED | {"within_months"}

    name: str
    codes: tuple[str, ...] = ()
    code_list: CodeListName | None = None
    within_months: int | None = None

    @classmethod
    def read(cls, parts: Parts) -> "ValueMissing":
        """From its parts. Raises BadRule."""
        listed = parts.code_list()
        return cls(parts.words("name"), parts.codes(), listed, parts.months())

    @property
    def label(self) -> str:
        return f"no {self.name} value{in_last(self.within_months)}"

    @property
    def aloud(self) -> str:
        return f"have no {self.name} value that can be used{in_last(self.within_months)}"

    @property
    def as_json(self) -> dict[str, Any]:
        given = {"kind": "value missing", "name": self.name} | _coded(self.codes, self.code_list)
        return given | _looking_back(self.within_months)


@dataclass(frozen=True)
class KnownTo:
    """On the list of a source of the PCN, and not missing from it since; with `field`, with that value there.

    Capitals do not matter in the value. Who is not on the list is not known to it: nobody is ever missing.
    """

    KIND: ClassVar = "known to"
    NEEDED: ClassVar = {"source"}
    MAY: ClassVar = {"field", "value"}

    source: str
    field: str | None = None
    value: str | None = None

    @classmethod
    def read(cls, parts: Parts) -> "KnownTo":
        """From its parts. Raises BadRule."""
        if parts.has("field") != parts.has("value"):
            raise BadRule("Write field and value together")
        if not parts.has("field"):
            return cls(parts.words("source"))
        return cls(parts.words("source"), parts.words("field"), parts.words("value"))

    @property
    def label(self) -> str:
        return f"known to {self.source}{self._with}"

    @property
    def aloud(self) -> str:
        return f"are known to {self.source}{self._with}"

    @property
    def _with(self) -> str:
        return f" ({self.field}: {self.value})" if self.field else ""

    @property
    def as_json(self) -> dict[str, Any]:
        given = {"kind": "known to", "source": self.source}
        return given | ({"field": self.field, "value": self.value} if self.field and self.value else {})


@dataclass(frozen=True)
class InProgramme:
    """In another programme of the PCN, or not in it, as it stands when people are counted.

    Who was left out of it or opted out of it is not in it.
    """

    KIND: ClassVar = "programme"
    NEEDED: ClassVar = {"name"}
    MAY: ClassVar = {"in"}

    name: str
    within: bool = True

    @classmethod
    def read(cls, parts: Parts) -> "InProgramme":
        """From its parts. Raises BadRule."""
        return cls(parts.words("name"), parts.yes("in", otherwise=True))

    @property
    def label(self) -> str:
        return f"{'' if self.within else 'not '}in the programme {self.name}"

    @property
    def aloud(self) -> str:
        return f"are {self.label}"

    @property
    def as_json(self) -> dict[str, Any]:
        return {"kind": "programme", "name": self.name, "in": self.within}


def _check_limits(at_least: Decimal | None, below: Decimal | None, at_most: Decimal | None) -> None:
    if at_least is None and below is None and at_most is None:
        raise BadRule("Add at_least, below or at_most to the latest value rule")
    if below is not None and at_most is not None:
        raise BadRule("Write below or at_most, not both")
    if at_least is not None and (
        (below is not None and below <= at_least) or (at_most is not None and at_most < at_least)
    ):
        raise BadRule("Change the limits: no value can be within them")


def _coded(codes: tuple[str, ...], code_list: CodeListName | None) -> dict[str, Any]:
    return code_list.as_json if code_list else {"codes": list(codes)}


def _looking_back(months: int | None) -> dict[str, Any]:
    return {} if months is None else {"within_months": months}
