"""Who writes: the PCN's settings and its name, for the messages of one programme."""

from app.outreach.wording import Letterhead
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db
from tenants.models import Organisation, settings_of_pcn


def letterhead_of(programme: Programme) -> Letterhead:
    """What stands in every message of `programme`."""
    pcn = db.session.get(Organisation, scope.current().tenant)
    return Letterhead(pcn.name if pcn else "", programme.name, settings_of_pcn())
