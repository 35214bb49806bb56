"""The small form of each kind of rule: who somebody is and where they live.

Each form knows its rule both ways: `data_of` gives the values to show for a rule as it is kept, `node` the
rule that what was entered makes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from wtforms import ValidationError

from app.cohorts.numbers import whole_field
from app.fields import Form, HiddenField, Needed, radio_field, text_field, ticks_field
from app.languages import LANGUAGES
from app.library.person_rules import DECILES, ETHNICITIES, OLDEST, RELEASES, SEXES
from tenants.db import Json

Pairs = Sequence[tuple[str, str]]
COLUMNS = {"classes": "nhsuk-checkboxes--small oast-columns"}


@dataclass(frozen=True)
class Choices:
    """What this PCN has to choose from: value and words of each practice, source and programme.

    `fields` holds the names of what each source says of people, by the source's name.
    """

    practices: Pairs = ()
    sources: Pairs = ()
    programmes: Pairs = ()
    fields: dict[str, list[str]] = field(default_factory=dict)


class RuleForm(Form):
    """What every rule's form has: `seen`, the mark of the definition that its page showed."""

    kind: ClassVar[str]
    title: ClassVar[str]
    hint: ClassVar[str] = ""
    needs_choices: ClassVar[str] = ""
    fresh: ClassVar[Json] = {}  # the values of the fields for a new rule
    seen = HiddenField()

    @classmethod
    def data_of(cls, node: Json) -> Json:
        """The values of the fields for a rule as it is kept."""
        return node

    def node(self) -> Json:
        """The rule that what was entered makes."""
        raise NotImplementedError

    def of(self, choices: Choices, node: Json | None) -> None:
        """Take in what there is to choose from, and the rule as it is now (None for a new one)."""
        self.choices, self.was = choices, node or {}
        self.prepare()

    def prepare(self) -> None:
        """Give the fields their choices."""

    def unmarked(self) -> "RuleForm":
        """The form without its errors, for somebody who is still filling it in."""
        for one in self:
            one.errors = []
        self.form_errors: list[str] = []
        return self


class _NotBelow:
    """The number must not be below that of another field."""

    def __init__(self, other: str) -> None:
        self.other = other

    def __call__(self, form: Any, field: Any) -> None:
        lowest = form[self.other].data
        if lowest is not None and field.data is not None and field.data < lowest:
            raise ValidationError(f"Enter {lowest} or more, or lower the youngest age")


class AgeForm(RuleForm):
    """From one age to another."""

    kind = "age"
    title = "Age"
    hint = "Whole years on the day on which people are counted"
    youngest = whole_field("Youngest age", "Enter the youngest age", OLDEST)
    oldest = whole_field("Oldest age", "Enter the oldest age", OLDEST, _NotBelow("youngest"))

    @classmethod
    def data_of(cls, node: Json) -> Json:
        return {"youngest": node["from"], "oldest": node["to"]}

    def node(self) -> Json:
        return {"kind": self.kind, "from": self.youngest.data, "to": self.oldest.data}


class SexForm(RuleForm):
    """As the practices' lists say it."""

    kind = "sex"
    title = "Sex"
    hint = "As the practice has it on its list"
    sexes = ticks_field("Sex", [(sex, sex) for sex in SEXES], Needed("Choose at least one"))

    def node(self) -> Json:
        return {"kind": self.kind, "sexes": self.sexes.data}


class EthnicityForm(RuleForm):
    """One of the groups of the NHS's ethnic categories."""

    kind = "ethnicity"
    title = "Ethnic group"
    hint = "The groups of the NHS list of ethnic categories, as the practice has recorded it"
    groups = ticks_field(
        "Ethnic group",
        [(group, group) for group in ETHNICITIES],
        Needed("Choose at least one group"),
        hint="“Not stated” is who was asked and did not say. “Not known” is who was not asked.",
    )

    def node(self) -> Json:
        return {"kind": self.kind, "groups": self.groups.data}


class PracticeForm(RuleForm):
    """On the list of some practices of the PCN."""

    kind = "practice"
    title = "Practice"
    hint = "People of some of the PCN’s practices only"
    needs_choices = "practices"
    codes = ticks_field("Practices", [], Needed("Choose at least one practice"))

    def prepare(self) -> None:
        known = {code for code, _ in self.choices.practices}
        gone = [(code, f"{code}, not a practice of your PCN") for code in self.was.get("codes", [])]
        self.codes.choices = [*self.choices.practices, *(pair for pair in gone if pair[0] not in known)]

    def node(self) -> Json:
        return {"kind": self.kind, "codes": self.codes.data}


class DeprivationForm(RuleForm):
    """Where somebody lives, by the English Indices of Deprivation."""

    kind = "deprivation"
    title = "Deprivation of where they live"
    hint = "Deciles of the English Indices of Deprivation. Deciles 1 and 2 are the most deprived fifth"
    fresh: ClassVar[Json] = {"release": str(max(RELEASES))}
    release = radio_field(
        "Which release of the index?",
        [(str(year), str(year)) for year in sorted(RELEASES, reverse=True)],
        Needed("Choose the release"),
        hint="Releases do not compare with each other. Use the newest unless a plan names another.",
    )
    deciles = ticks_field(
        "Deciles",
        [(str(n), f"{n}{' (most deprived)' if n == 1 else ''}") for n in DECILES],
        Needed("Choose at least one decile"),
        hint="Deciles 1 and 2 together are the most deprived fifth.",
        **COLUMNS,
    )

    @classmethod
    def data_of(cls, node: Json) -> Json:
        return {"release": str(node["release"]), "deciles": [str(decile) for decile in node["deciles"]]}

    def node(self) -> Json:
        deciles = sorted(int(decile) for decile in self.deciles.data or [])
        return {"kind": self.kind, "release": int(self.release.data), "deciles": deciles}


class NeedsForm(RuleForm):
    """A language, a format or an interpreter that somebody needs."""

    kind = "needs"
    title = "Language or format that they need"
    hint = "What they need so that information reaches them"
    fresh: ClassVar[Json] = {"interpreter": ""}
    languages = ticks_field("Language", list(LANGUAGES.items()), **COLUMNS)
    formats = text_field(
        "Formats",
        hint="As the practices write them, with a comma between them. For example: Large print, Braille",
    )
    interpreter = radio_field(
        "Interpreter", [("", "Either"), ("yes", "They need one"), ("no", "They need none")]
    )

    @classmethod
    def data_of(cls, node: Json) -> Json:
        spoken = {None: "", True: "yes", False: "no"}[node.get("interpreter")]
        return {**node, "formats": ", ".join(node.get("formats", [])), "interpreter": spoken}

    def prepare(self) -> None:
        more = [code for code in self.was.get("languages", []) if code not in LANGUAGES]
        self.languages.choices = [*LANGUAGES.items(), *((code, code) for code in more)]

    def node(self) -> Json:
        formats = [one.strip() for one in str(self.formats.data or "").split(",") if one.strip()]
        said = {"languages": self.languages.data, "formats": formats}
        spoken = {"interpreter": self.interpreter.data == "yes"} if self.interpreter.data else {}
        return {"kind": self.kind} | {name: value for name, value in said.items() if value} | spoken

    def validate_languages(self, field: Any) -> None:
        """One of the three at least."""
        if not (field.data or self.formats.data or self.interpreter.data):
            raise ValidationError(
                "Choose a language, write a format, or say whether they need an interpreter"
            )
