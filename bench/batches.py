"""A batch that is approved and in which everybody waits."""

from typing import Any

import psycopg
from flask import Flask

from app import audit, clock
from app.library.models import LibraryItem
from app.outreach.models import Batch, Step
from bench.filling import ICB, OUR_PCN
from tenants import scope
from tenants.db import db
from tenants.scope import Acting

OURS = Acting(org=OUR_PCN, tenant=OUR_PCN, icb=ICB)
EVERYBODY_WAITS = """
INSERT INTO contact
    (tenant_id, batch_id, step_id, participant_id, person_id, state, reference, recipient, body, created_at)
SELECT tenant_id, %(batch)s, %(step)s, id, person_id, 'waiting', gen_random_uuid(), '', '', now()
FROM participant WHERE tenant_id = %(pcn)s
"""


def approved(app: Flask, connection: psycopg.Connection[Any], channel: str, body: str) -> int:
    """A batch of messages with that text to everybody in the PCN's programme; its id."""
    connection.execute("UPDATE participant SET status = 'identified'")
    with app.app_context(), scope.as_acting(OURS), audit.by("Bench"):
        batch = _batch(channel, body)
        audit.record("added", "a batch", batch.id, purpose="measuring")
        db.session.commit()
        number = {"batch": batch.id, "step": batch.step_id, "pcn": OUR_PCN}
        db.session.remove()
    connection.execute(EVERYBODY_WAITS, number)
    connection.execute("VACUUM (ANALYZE)")
    return int(number["batch"])


def _batch(channel: str, body: str) -> Batch:
    """The step, its template and the batch, all of them approved; not yet committed."""
    moment, name = clock.now(), channel.capitalize()
    by = {"approved_by": "Bench", "approved_at": moment}
    step = Step(
        programme_id=OUR_PCN, position=1, name=name, channel=channel, template_name=name, after_days=0
    )
    item = LibraryItem(
        kind=channel,
        name=name,
        summary="",
        body=body,
        state="approved",
        made_by="Bench",
        made_at=moment,
        **by,
    )
    db.session.add_all([step, item])
    db.session.flush()
    batch = Batch(
        programme_id=OUR_PCN, step_id=step.id, template_id=item.id, state="approved", built_by="Bench",
        built_at=moment, manifest={}, **by,
    )  # fmt: skip
    db.session.add(batch)
    db.session.flush()
    return batch
