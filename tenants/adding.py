"""Adding what must stand once, however often and by however many at the same moment it is said."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from tenants import scope
from tenants.db import TenantRow, db


def add_once(model: type[TenantRow], **values: Any) -> int | None:
    """Add a row of the acting PCN. Its id; None where one stands that a unique key takes for the same."""
    new = insert(model).values(tenant_id=scope.current().tenant, **values)
    return db.session.scalar(new.on_conflict_do_nothing().returning(model.id))
