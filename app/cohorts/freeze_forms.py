"""The forms that freeze a cohort, and refresh it."""

from app.cohorts.refresh import ALWAYS, Change
from app.fields import Form, HiddenField, Needed, radio_field, ticks_field


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
    seen = HiddenField()


class RefreshForm(Form):
    """Which reasons to leave count. `mark` says what the page had shown."""

    leave = ticks_field("Leave out those who", [], hint="Whoever has answered us stays in all the same.")
    mark = HiddenField()
    reasons: list[str]

    def of(self, change: Change) -> "RefreshForm":
        """The form with the reasons that may be chosen: those that do not hold whatever is chosen."""
        self.reasons = sorted(why for why in change.reasons if why not in ALWAYS)
        self.leave.choices = [(why, why[0].upper() + why[1:]) for why in self.reasons]
        return self
