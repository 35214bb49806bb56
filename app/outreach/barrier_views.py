"""What stands in people's way, and where it can be changed."""

from flask import Response, current_app, url_for

from app import audit
from app.outreach.barriers import CHANGES, RELEASE, heard_in
from app.outreach.views import bp, mine
from app.people.deprivation import CITED
from app.permissions import Permission, requires
from app.programmes.models import Programme
from app.render import render

# Where something is changed: endpoint, and what the link says.
PLACES = {
    "steps": ("outreach.steps", "Change the steps"),
    "menu": ("programmes.setup", "See what is on offer"),
    "script": ("library.browse", "Change the wording in the library"),
}


@bp.get("/pcn/<slug>/programmes/<int:programme_id>/outreach/barriers")
@requires(Permission.SEE_OUTREACH)
def barriers(programme_id: int) -> Response:
    """The barriers heard on calls, by deprivation and ethnicity, each with what can be changed."""
    programme: Programme = mine(Programme, programme_id)
    heard = heard_in(programme.id)
    audit.record("viewed", "barriers", programme.id, purpose="running the programme")
    changes = [(name, CHANGES[name][0], *_place(CHANGES[name][1], programme)) for name in heard.barriers]
    return render(
        "outreach/barriers.jinja", programme=programme, heard=heard, changes=changes,
        source=CITED.format(release=RELEASE),
    )  # fmt: skip


def _place(where: str, programme: Programme) -> tuple[str, str]:
    """The address at which it is changed, and what the link says."""
    endpoint, words = PLACES[where]
    takes_it = current_app.url_map.is_endpoint_expecting(endpoint, "programme_id")
    return (url_for(endpoint, programme_id=programme.id) if takes_it else url_for(endpoint)), words
