"""What this room, late on the spine, has to say on the pages of earlier ones."""

from flask import url_for
from sqlalchemy import Exists, exists, select

from app.here import can, here
from app.learning.models import LearningPage
from app.library import uses
from app.library.models import LibraryItem
from app.library.setup import TEMPLATE_KINDS
from app.outreach.models import Step
from app.permissions import P
from app.programmes import next_steps
from app.programmes.models import Milestone, Participant, Programme
from tenants.db import db

CHANNELS = {kind: channel for channel, kind in TEMPLATE_KINDS.items()}


@next_steps.offers
def publish_what_you_learnt(programme: Programme) -> next_steps.Todo | None:
    """Write and share the learning page, once somebody has had a conversation or the programme is closed."""
    if not can(P.WRITE_LEARNING) or programme.state == "set-up":
        return None
    published, talked = db.session.execute(select(_published(programme.id), _talked(programme.id))).one()
    if published or not (talked or programme.state == "closed"):
        return None
    return next_steps.Todo("Publish what you learnt", url_for("learning.page", programme_id=programme.id))


def _published(programme_id: int) -> Exists:
    return exists().where(LearningPage.programme_id == programme_id, LearningPage.state == "published")


def _talked(programme_id: int) -> Exists:
    return exists().where(
        Participant.programme_id == programme_id,
        Milestone.tenant_id == Participant.tenant_id,
        Milestone.participant_id == Participant.id,
        Milestone.kind == "conversation held",
        Milestone.withdrawn_at.is_(None),
    )


@uses.offers
def programmes_that_send_it(item: LibraryItem) -> list[uses.Use]:
    """The programmes with a step that sends this item, or that follow this SOP, in its newest version."""
    if here.organisation.kind != "pcn" or item.kind not in (*CHANNELS, "SOP"):
        return []
    sends = exists().where(
        Step.tenant_id == Programme.tenant_id,
        Step.programme_id == Programme.id,
        Step.template_name == item.name,
        Step.channel == CHANNELS.get(item.kind),
    )
    follows = Programme.setup["includes"].contains([{"kind": "SOP", "name": item.name}])
    statement = (
        select(Programme.id, Programme.name)
        .where(follows if item.kind == "SOP" else sends)
        .order_by(Programme.name)
    )
    return [
        uses.Use(name, url_for("programmes.view", programme_id=programme_id) if can(P.SEE_PROGRAMMES) else "")
        for programme_id, name in db.session.execute(statement)
    ]
