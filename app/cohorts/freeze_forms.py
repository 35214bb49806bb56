"""The form that freezes a cohort."""

from app.fields import Form, Needed, radio_field


class FreezeForm(Form):
    """Freezing, and whether a clinician looks through the list before anybody is contacted."""

    screened_first = radio_field(
        "Does a clinician look through the list before anybody is contacted?",
        [
            ("yes", "Yes, nobody is contacted before a clinician has said to keep them"),
            ("no", "No, everybody whose practice releases its people may be contacted"),
        ],
        Needed("Choose whether a clinician looks through the list first"),
        hint="This cannot be changed later.",
    )
