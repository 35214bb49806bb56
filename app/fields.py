"""WTForms fields drawn as NHS.UK components.

A field declares its look once, `StringField("Name", widget=NHS("input", width="20"))`, and a template prints
it with `{{ form.name() }}`. Errors stand at the field and, by `error_summary`, at the top of the page.
"""

import datetime as dt
import re
import secrets
from typing import Any

from flask import current_app
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    FileField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Optional, StopValidation, ValidationError

from app import clock

GROUPS = {"radios", "checkboxes"}
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class NHS:
    """A WTForms widget that draws a field with one NHS macro and the parameters given here or at the call."""

    def __init__(self, component: str, **params: Any) -> None:
        self.component = component
        self.params = params

    def __call__(self, field: Any, **params: Any) -> Markup:
        macro = getattr(current_app.jinja_env.globals["nhs"], self.component)
        return Markup(macro(merge(self._of(field), self.params, params)))  # noqa: S704 - the macro escapes

    def _of(self, field: Any) -> dict[str, Any]:
        given: dict[str, Any] = {"name": field.name, "idPrefix" if self.group else "id": field.id}
        text = str(field.label.text)
        if self.group:
            given["fieldset"] = {"legend": {"text": text, "size": "s"}}
            given["items"] = list(self._items(field))
        else:
            given["label"] = {"text": text, "size": "s"}
        if field.description:
            given["hint"] = {"text": str(field.description)}
        if field.errors:
            given["errorMessage"] = {"text": str(field.errors[0])}
        return given | self._value(field)

    @property
    def group(self) -> bool:
        return self.component in GROUPS

    def _value(self, field: Any) -> dict[str, Any]:
        if self.component == "select":
            return {"items": list(self._items(field))}
        if self.component in {"input", "textarea", "searchInput"}:
            return {"value": field._value() or ""}
        return {}

    def _items(self, field: Any) -> Any:
        for value, label, chosen, *_ in field.iter_choices():
            item = {"value": str(value), "text": str(label)}
            yield item | ({"selected": chosen} if self.component == "select" else {"checked": chosen})


def merge(*layers: dict[str, Any]) -> dict[str, Any]:
    """One dictionary out of several, the later ones winning, dictionaries inside merged alike."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, dict) and isinstance(merged.get(key), dict)
            merged[key] = merge(merged[key], value) if both else value
    return merged


class Tick(BooleanField):
    """One checkbox that says one sentence."""

    class _Widget(NHS):
        def __init__(self) -> None:
            super().__init__("checkboxes")

        def _of(self, field: Any) -> dict[str, Any]:
            item: dict[str, Any] = {"value": "y", "text": str(field.label.text), "checked": bool(field.data)}
            given: dict[str, Any] = {"name": field.name, "idPrefix": field.id, "items": [item]}
            if field.description:
                item["hint"] = {"text": str(field.description)}
            if field.errors:
                given["errorMessage"] = {"text": str(field.errors[0])}
            return given

    widget = _Widget()


class DateParts(Field):
    """A date asked for as day, month and year. `data` is a date or None."""

    class _Widget(NHS):
        def __init__(self) -> None:
            super().__init__("dateInput")

        def _of(self, field: Any) -> dict[str, Any]:
            words = field.words or ["", "", ""]
            wrong = " nhsuk-input--error" if field.errors else ""
            items = [
                {
                    "id": f"{field.id}-{part}",
                    "name": f"{field.name}-{part}",
                    "label": part.capitalize(),
                    "value": words[position],
                    "classes": f"nhsuk-input--width-{4 if part == 'year' else 2}{wrong}",
                }
                for position, part in enumerate(("day", "month", "year"))
            ]
            given: dict[str, Any] = {
                "id": field.id,
                "fieldset": {"legend": {"text": str(field.label.text), "size": "s"}},
                "items": items,
            }
            if field.description:
                given["hint"] = {"text": str(field.description)}
            if field.errors:
                given["errorMessage"] = {"text": str(field.errors[0])}
            return given

    widget = _Widget()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.words: list[str] | None = None
        super().__init__(*args, **kwargs)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors = []
        given = self.default() if callable(self.default) else self.default
        self.data = data if isinstance(data, dt.date) else given
        self.words = [str(self.data.day), str(self.data.month), str(self.data.year)] if self.data else None
        names = (f"{self.name}-{part}" for part in ("day", "month", "year"))
        if formdata is not None and any(name in formdata for name in names):
            self._read(formdata)

    def _read(self, formdata: MultiDict[str, str]) -> None:
        self.words = [formdata.get(f"{self.name}-{part}", "").strip() for part in ("day", "month", "year")]
        self.data, self.raw_data = None, [word for word in self.words if word]
        if not self.raw_data:
            return
        try:
            day, month, year = (int(word) for word in self.words)
            self.data = dt.date(year, month, day)
        except (ValueError, OverflowError):
            self.process_errors = [f"{self.label.text} must be a real date, like 14 3 2027"]


class Form(FlaskForm):  # type: ignore[misc]
    """The form that every form here is: with the token against forgery, and texts without outer blanks."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            stripped = issubclass(unbound_field.field_class, (StringField, TextAreaField)) and not issubclass(
                unbound_field.field_class, PasswordField
            )
            options.setdefault("filters", []).extend([_strip] if stripped else [])
            return unbound_field.bind(form=form, **options)


def _strip(value: Any) -> Any:
    """Without outer blanks and control characters: NUL no database text may hold, the others no page."""
    return CONTROL.sub("", value).strip() if isinstance(value, str) else value


class OnceForm(Form):
    """A form that takes effect once: it carries a key made when it was drawn, unique where it is saved."""

    form_key = HiddenField(default=lambda: secrets.token_urlsafe(12))


class Needed(InputRequired):
    """The field must be filled in, and not with blanks alone; the message is an instruction."""

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def __call__(self, form: Any, field: Field) -> None:
        super().__call__(form, field)
        if isinstance(field.data, str) and not field.data.strip():
            field.errors = []
            raise StopValidation(str(self.message))


class NotAfterToday:
    """The date may not lie in the future. Asked when the form is checked, not when it is written down."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __call__(self, form: Any, field: Field) -> None:
        if field.data and field.data > clock.today():
            raise ValidationError(self.message)


def text_field(
    label: str, *validators: Any, hint: str = "", component: str = "input", **params: Any
) -> StringField:
    """A line of text (or, as "textarea", several)."""
    kind = TextAreaField if component == "textarea" else StringField
    return kind(label, list(validators), description=hint, widget=NHS(component, **params))


def email_field(label: str, *validators: Any, hint: str = "", **params: Any) -> EmailField:
    """An e-mail address."""
    extra = {"type": "email", "spellcheck": False} | params
    return EmailField(label, list(validators), description=hint, widget=NHS("input", **extra))


def password_field(label: str, *validators: Any, hint: str = "", **params: Any) -> PasswordField:
    """A password, with a button that shows it."""
    return PasswordField(label, list(validators), description=hint, widget=NHS("passwordInput", **params))


def _choices(choices: Any) -> Any:
    """Pairs of value and words, as WTForms wants them; anything else as it is."""
    if not isinstance(choices, (list, tuple)):
        return choices
    return [SelectChoice(*choice) if isinstance(choice, tuple) else choice for choice in choices]


def radio_field(label: str, choices: Any, *validators: Any, hint: str = "", **params: Any) -> RadioField:
    """One of a few."""
    return RadioField(
        label,
        list(validators),
        choices=_choices(choices),
        description=hint,
        widget=NHS("radios", **params),
        validate_choice=True,
    )


def ticks_field(
    label: str, choices: Any, *validators: Any, hint: str = "", **params: Any
) -> SelectMultipleField:
    """Any of several."""
    return SelectMultipleField(
        label,
        list(validators),
        choices=_choices(choices),
        description=hint,
        widget=NHS("checkboxes", **params),
    )


def select_field(label: str, choices: Any, *validators: Any, hint: str = "", **params: Any) -> SelectField:
    """One of many."""
    return SelectField(
        label, list(validators), choices=_choices(choices), description=hint, widget=NHS("select", **params)
    )


def file_field(label: str, *validators: Any, hint: str = "", **params: Any) -> FileField:
    """A file to bring in."""
    return FileField(label, list(validators), description=hint, widget=NHS("fileUpload", **params))


def error_summary(form: Form) -> list[dict[str, str]]:
    """Each error of `form` with the address of the field it stands at, for the NHS error summary."""
    listed = []
    for field in form:
        for message in field.errors[:1]:
            first = f"{field.id}-day" if isinstance(field, DateParts) else field.id
            listed.append({"text": str(message), "href": f"#{first}"})
    return listed + [{"text": str(message), "href": "#maincontent"} for message in form.form_errors]


__all__ = [
    "DateField", "HiddenField", "IntegerField", "Optional", "StopValidation", "TelField", "ValidationError",
]  # fmt: skip
