"""Numbers and addresses that do not reach a person. The value is bad: a new one is used at once."""

from app import audit, clock, lifting
from app.outreach.gateway_models import BadAddress
from tenants.adding import add_once

PURPOSE = "reaching people"


def mark(person_id: int, kind: str, value: str, *, why: str, source: str) -> bool:
    """Do not use `value` for this person any more; said twice, it is written once. True when it is new."""
    number = add_once(
        BadAddress, person_id=person_id, kind=kind, value=value, why=why, source=source,
        marked_by=audit.actor().name, marked_at=clock.now(),
    )  # fmt: skip
    if number is not None:
        audit.record("marked as bad", kind, number, person_id=person_id, purpose=PURPOSE, why=why)
    return number is not None


def lift(bad: BadAddress, why: str = "") -> bool:
    """Use it again after all. False where that was said before."""
    if not lifting.lift(BadAddress, BadAddress.id == bad.id, by=audit.actor().name):
        return False
    audit.record("lifted", f"bad {bad.kind}", bad.id, person_id=bad.person_id, purpose=PURPOSE, why=why)
    return True
