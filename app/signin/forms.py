"""The forms of signing in, joining and one's own account."""

from typing import Any

from wtforms import EmailField, Field, PasswordField
from wtforms.validators import EqualTo, Length, Regexp

from app.fields import Form, Needed, Tick, ValidationError, email_field, password_field, text_field
from app.signin.rules import password_fault

LIKE_AN_ADDRESS = r"^[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}$"
NO_CONTROL = r"^[^\x00-\x1f]*$"
ADVICE = "At least 12 characters. Three random words that you can remember make a good password."


class GoodPassword:
    """The password is one that may be chosen; the form says for which address with `email`."""

    def __call__(self, form: Any, field: Field) -> None:
        if fault := password_fault(field.data or "", form.email):
            raise ValidationError(fault)


def _own_address() -> EmailField:
    return email_field(
        "Email address",
        Needed("Enter your email address"),
        Regexp(
            LIKE_AN_ADDRESS, message="Enter an email address in the correct format, like name@example.com"
        ),
        autocomplete="username",
    )


class Enter(Form):
    """E-mail address and password."""

    email = _own_address()
    password = password_field("Password", Needed("Enter your password"), autocomplete="current-password")


class Forgot(Form):
    """The address whose password is forgotten."""

    email = _own_address()


class Code(Form):
    """One code from the authenticator app."""

    code = text_field(
        "6-digit code",
        Needed("Enter the 6-digit code from your authenticator app"),
        Length(max=20, message="Code must be 6 numbers"),
        width="5",
        code=True,
        inputmode="numeric",
        autocomplete="one-time-code",
        spellcheck=False,
    )


class RecoveryCode(Form):
    """One of the ten recovery codes."""

    code = text_field(
        "Recovery code",
        Needed("Enter one of your recovery codes"),
        Length(max=40, message="Enter one recovery code, like abcd-efgh-jkmn"),
        hint="It has 12 letters and numbers, like abcd-efgh-jkmn",
        width="20",
        code=True,
        autocomplete="off",
        autocapitalize="none",
        spellcheck=False,
    )


class _ForAddress(Form):
    """A form in which a password is chosen for the account of `email`."""

    def __init__(self, email: str, **given: Any) -> None:
        self.email = email
        super().__init__(**given)


class Join(_ForAddress):
    """Somebody new: their name and the password they choose."""

    name = text_field(
        "Your full name",
        Needed("Enter your full name"),
        Length(max=100, message="Name must have 100 characters or fewer"),
        Regexp(NO_CONTROL, message="Name must have letters, spaces and punctuation only"),
        hint="As the people you work with know you",
        autocomplete="name",
    )
    password = password_field(
        "Choose a password",
        Needed("Choose a password"),
        GoodPassword(),
        hint=ADVICE,
        autocomplete="new-password",
    )
    again = password_field(
        "Type the password again",
        Needed("Type the password again"),
        EqualTo("password", message="Both passwords must be the same"),
        autocomplete="new-password",
    )


class GivePassword(Form):
    """The password that the account has."""

    password = password_field("Your password", Needed("Enter your password"), autocomplete="current-password")


def _new_password() -> PasswordField:
    return password_field(
        "New password",
        Needed("Choose a new password"),
        GoodPassword(),
        hint=ADVICE,
        autocomplete="new-password",
    )


def _new_password_again() -> PasswordField:
    return password_field(
        "Type the new password again",
        Needed("Type the new password again"),
        EqualTo("new", message="Both new passwords must be the same"),
        autocomplete="new-password",
    )


class NewPassword(_ForAddress):
    """The password that the account is to have, where the one before is forgotten."""

    new = _new_password()
    again = _new_password_again()


class ChangePassword(_ForAddress):
    """The password that the account has, and the one it is to have."""

    password = password_field(
        "Your password now", Needed("Enter the password you have now"), autocomplete="current-password"
    )
    new = _new_password()
    again = _new_password_again()


class Saved(Form):
    """The recovery codes are somewhere safe."""

    saved = Tick("I have saved my recovery codes", [Needed("Save your recovery codes, then tick the box")])
