"""The small forms of rules about other sources and other programmes, and of a group of rules."""

from typing import Any, ClassVar

from wtforms import ValidationError

from app.cohorts.builder import GROUP_WORDS
from app.cohorts.rule_forms import Pairs, RuleForm
from app.fields import Needed, radio_field, select_field, text_field
from tenants.db import Json


class KnownToForm(RuleForm):
    """On the list of another source, optionally with something that the list says."""

    kind = "known to"
    title = "Known to a source"
    hint = "On the list of a service or group that you bring in"
    needs_choices = "sources"
    source = select_field("Source", [], Needed("Choose the source"))
    field = select_field(
        "What must its list say of them?",
        [],
        hint="Choose “Anything” if it is enough that they are on the list",
    )
    value = text_field(
        "What does it say there?", hint="Capital letters do not matter. For example: Completed"
    )

    def prepare(self) -> None:
        names = sorted({name for listed in self.choices.fields.values() for name in listed})
        self.source.choices = [("", "Choose a source"), *_with(self.choices.sources, self.was.get("source"))]
        self.field.choices = [
            ("", "Anything"), *_with([(name, name) for name in names], self.was.get("field"))
        ]  # fmt: skip

    def validate_field(self, field: Any) -> None:
        """A field must be one that the chosen source's list has."""
        known = self.choices.fields.get(str(self.source.data), [])
        if field.data and known and field.data not in known:
            raise ValidationError(
                f"{self.source.data} does not say “{field.data}”. It says {', '.join(known)}"
            )

    def validate_value(self, field: Any) -> None:
        """A value is asked for with a field, and not without."""
        if self.field.data and not field.data:
            raise ValidationError(f"Enter what the list says under “{self.field.data}”")
        if field.data and not self.field.data:
            raise ValidationError("Choose what must say this, or leave it empty")

    def node(self) -> Json:
        said = {"kind": self.kind, "source": self.source.data}
        return said | ({"field": self.field.data, "value": self.value.data} if self.field.data else {})


class ProgrammeForm(RuleForm):
    """In another programme of this PCN, or not."""

    kind = "programme"
    title = "In another programme"
    hint = "People who are, or are not, in another programme of your PCN"
    fresh: ClassVar[Json] = {"inside": "no"}
    needs_choices = "programmes"
    name = select_field("Programme", [], Needed("Choose the programme"))
    inside = radio_field(
        "Are they in it?",
        [("no", "They are not in it"), ("yes", "They are in it")],
        Needed("Choose whether they are in it"),
    )

    @classmethod
    def data_of(cls, node: Json) -> Json:
        return {"name": node["name"], "inside": "yes" if node.get("in", True) else "no"}

    def prepare(self) -> None:
        known = _with(self.choices.programmes, self.was.get("name"))
        self.name.choices = [("", "Choose a programme"), *known]

    def node(self) -> Json:
        return {"kind": self.kind, "name": self.name.data, "in": self.inside.data == "yes"}


class GroupForm(RuleForm):
    """How the rules of a group go together, and what the group is called."""

    kind = "group"
    title = "Group"
    together = radio_field("Of the rules in the group", list(GROUP_WORDS.items()), Needed("Choose one"))
    called = text_field("What do you call the group?", hint="If you like. It stands in the list of steps.")

    @classmethod
    def data_of(cls, node: Json) -> Json:
        return {"together": node["kind"], "called": node.get("name", "")}

    def node(self) -> Json:
        named = {"name": self.called.data} if self.called.data else {}
        return {"kind": self.together.data} | named | {"rules": self.was["rules"]}


def _with(pairs: Pairs, kept: str | None) -> list[tuple[str, str]]:
    """`pairs`, and what the rule has now where that is no longer one of them."""
    gone = [] if kept is None or kept in {value for value, _ in pairs} else [(kept, f"{kept} (not here now)")]
    return [*pairs, *gone]
