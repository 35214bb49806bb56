"""What was heard on calls and waits for somebody to act on it."""

from flask import Response, flash
from werkzeug.exceptions import NotFound
from wtforms.validators import Length

from app import audit
from app.fields import Form, Needed, Tick, error_summary, text_field
from app.outreach import alerts
from app.outreach.views import bp, to
from app.permissions import Permission, requires
from app.render import render

LATELY = 25  # settled ones shown


class SettleForm(Form):
    """What was done about what was heard."""

    what_was_done = text_field(
        "What was done?",
        Needed("Write what was done, and by whom"),
        Length(max=1000, message="Make what was done 1,000 characters or fewer"),
        hint="Whom you told, what you found and what was decided.",
        component="textarea",
        rows=4,
    )
    contact_again = Tick("They may be contacted again")


@bp.get("/pcn/<slug>/alerts", endpoint="alerts")
@requires(Permission.ACT_ON_ALERTS)
def alert_list() -> Response:
    """What waits to be acted on, and what was settled lately."""
    waiting, settled = alerts.open_ones(), alerts.settled_ones(LATELY)
    people = [one.person.id for one in (*waiting, *settled)]
    audit.record_each("viewed", "alerts", list(dict.fromkeys(people)), purpose=alerts.PURPOSE)
    return render("outreach/alerts.jinja", waiting=waiting, settled=settled)


@bp.route("/pcn/<slug>/alerts/<int:alert_id>", methods=["GET", "POST"])
@requires(Permission.ACT_ON_ALERTS)
def settle_alert(alert_id: int) -> Response:
    """What was heard, by whom and when; and what was done about it."""
    found = alerts.raised_at(alert_id)
    if found is None:
        raise NotFound
    form = SettleForm()
    if form.validate_on_submit():
        done = alerts.settle(
            found.alert, str(form.what_was_done.data), contact_again=bool(form.contact_again.data)
        )
        said = "Settled." if done else "A colleague has settled this already. Nothing was done twice."
        flash(said, "success" if done else "error")
        return to("outreach.alerts")
    audit.record("viewed", "alert", found.alert.id, person_id=found.person.id, purpose=alerts.PURPOSE)
    errors = error_summary(form)
    return render(
        "outreach/settle_alert.jinja", 422 if errors else 200, found=found, form=form, errors=errors,
        to_do=alerts.TO_DO[found.alert.kind], due_at=alerts.due_at(found.alert.raised_at),
        for_the_practice=found.alert.kind in alerts.FOR_THE_PRACTICE,
    )  # fmt: skip
