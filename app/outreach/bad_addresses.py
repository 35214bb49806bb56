"""Numbers and addresses that do not reach a person. The value is bad: a new one is used at once."""

from sqlalchemy.dialects.postgresql import insert

from app import audit, clock, lifting
from app.outreach.gateway_models import BadAddress
from tenants import scope
from tenants.db import db

PURPOSE = "reaching people"


def mark(person_id: int, kind: str, value: str, *, why: str, source: str) -> bool:
    """Do not use `value` for this person any more; said twice, it is written once. True when it is new."""
    values = {
        "tenant_id": scope.current().tenant,
        "person_id": person_id,
        "kind": kind,
        "value": value,
        "why": why,
        "source": source,
        "marked_by": audit.actor().name,
        "marked_at": clock.now(),
    }
    new = insert(BadAddress).values(**values).on_conflict_do_nothing().returning(BadAddress.id)
    number = db.session.scalar(new)
    if number is not None:
        audit.record("marked as bad", kind, number, person_id=person_id, purpose=PURPOSE, why=why)
    return number is not None


def lift(bad: BadAddress, why: str = "") -> bool:
    """Use it again after all. False where that was said before."""
    if not lifting.lift(BadAddress, BadAddress.id == bad.id, by=audit.actor().name):
        return False
    audit.record("lifted", f"bad {bad.kind}", bad.id, person_id=bad.person_id, purpose=PURPOSE, why=why)
    return True
