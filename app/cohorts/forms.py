"""Forms of the definition's pages: its day, saving and sharing it, and reading it from a file."""

from wtforms.validators import Length

from app.fields import DateParts, Form, HiddenField, Needed, NotAfterToday, text_field


class DayForm(Form):
    """The day on which people are counted, and the mark of the definition that the page showed."""

    on = DateParts(
        "Day on which people are counted",
        [
            Needed("Enter the day on which people are counted"),
            NotAfterToday("The day must not be in the future"),
        ],
        description="Ages and values are looked at as they were on this day. For example, 2 11 2026",
    )
    seen = HiddenField()


class VersionForm(Form):
    """Why a version is saved, and the mark of the definition that the page showed."""

    why = text_field(
        "Why?",
        Needed("Enter why you save it, so that others understand"),
        Length(max=500, message="The reason must be 500 characters or fewer"),
        hint="For example: Age from 40, as the clinicians asked on 3 November",
        component="textarea",
        rows="3",
    )
    seen = HiddenField()
