"""Where in a definition a rule is to be put, as an address says it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.cohorts.builder import NoSuchPlace, added, at, check_list, depth_of, is_group, replaced
from app.cohorts.known_forms import GroupForm, KnownToForm, ProgrammeForm
from app.cohorts.record_forms import BmiForm, ConditionForm, LatestValueForm, MissingForm
from app.cohorts.rule_forms import (
    AgeForm,
    DeprivationForm,
    EthnicityForm,
    NeedsForm,
    PracticeForm,
    RuleForm,
    SexForm,
)
from app.library.definitions import DEEPEST, GROUPS
from tenants.db import Json

# What may be added, under the headings of the page that asks what.
KINDS: dict[str, tuple[type[RuleForm], ...]] = {
    "Who they are": (AgeForm, SexForm, EthnicityForm, PracticeForm, DeprivationForm, NeedsForm),
    "Their record": (ConditionForm, LatestValueForm, BmiForm, MissingForm),
    "Who else knows them": (KnownToForm, ProgrammeForm),
}
FORMS = {form.kind: form for forms in KINDS.values() for form in forms}


@dataclass(frozen=True)
class Spot:
    """A rule that is there (`place`), or the end of a list (`into`), in a new `group` where one is named.

    `form` is the form of the rule; `node` the rule that is there now, None for a new one.
    """

    form: type[RuleForm]
    place: str = ""
    into: str = ""
    group: str = ""
    node: Json | None = None

    @property
    def address(self) -> dict[str, str]:
        """The query that leads here again."""
        said = {"place": self.place, "into": self.into, "group": self.group, "kind": self.form.kind}
        return {name: value for name, value in said.items() if value}

    @property
    def leaves_out(self) -> bool:
        """Whether who meets the rule is left out."""
        return (self.place or self.into).startswith("leave_out")

    @property
    def heading(self) -> str:
        """What is done here: "Change the rule: age", "Add a rule: BMI by NICE’s classes"."""
        thing = "group" if self.form is GroupForm else "rule"
        title = (
            self.form.title
            if self.form.title[:2].isupper()
            else self.form.title[0].lower() + self.form.title[1:]
        )
        return f"{f'Change the {thing}' if self.node else f'Add a {thing}'}: {title}"

    def put(self, definition: Json, node: Json) -> Json:
        """The definition with `node` here. Raises NoSuchPlace."""
        if self.place:
            return replaced(definition, self.place, node)
        return added(definition, self.into, {"kind": self.group, "rules": [node]} if self.group else node)

    def instead(self) -> "Spot":
        """Where to put the rule when its place has gone meanwhile: at the end of the rules or exclusions."""
        return replace(self, place="", into=(self.place or self.into).split(".")[0], node=None)


def spot_from(args: Mapping[str, str], definition: Json) -> Spot:
    """The spot that the arguments of an address name. Raises NoSuchPlace."""
    kind, place = args.get("kind", ""), args.get("place", "")
    form = GroupForm if kind == GroupForm.kind else FORMS.get(kind)
    if form is None:
        raise NoSuchPlace(kind)
    if not place:
        return _new(form, args.get("into", ""), args.get("group", ""), definition)
    spot = Spot(form, place=place)
    try:
        node = at(definition, place)
    except NoSuchPlace:
        return spot.instead()
    return replace(spot, node=node) if kind_of(node) == kind else spot.instead()


def _new(form: type[RuleForm], into: str, group: str, definition: Json) -> Spot:
    check_list(definition, into)
    if group and not (group in GROUPS and depth_of(into) < DEEPEST):
        raise NoSuchPlace(group)
    return Spot(form, into=into, group=group)


def kind_of(node: Json) -> str:
    """Which form changes a rule or group."""
    return GroupForm.kind if is_group(node) else str(node["kind"])
