"""Rows for tests, made from the mapped classes themselves, so that a new table needs no new factory.

`make(Model, **given)` fills in what is required and not given: texts, dates, numbers, the first value of a
`choice`, and the rows that foreign keys point at. It writes as whoever acts (`scope.current()`).
"""

import datetime as dt
import itertools
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, DateTime, LargeBinary, Numeric, Text, Time, inspect, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from app import clock
from tenants import scope
from tenants.db import Base, db
from tenants.models import Account, Organisation

_numbers = itertools.count(1)
KEYS = {"tenant_id", "org_id", "icb_id", "id", "origin_org_id", "written_by"}


def model_of(table: str) -> type[Base]:
    """The class mapped to `table`."""
    return next(m.class_ for m in Base.registry.mappers if m.local_table.name == table)


def make(model: type[Base], **given: Any) -> Any:
    """A new row of `model` as whoever acts now, flushed. Rows it needs are made too."""
    values = dict(given)
    for column in inspect(model).local_table.columns:
        if column.name in values or (column.name in KEYS and column.server_default is not None):
            continue
        if column.identity is not None:
            continue
        if column.name in ("org_id", "tenant_id") and column.foreign_keys:
            values[column.name] = scope.current().org
        elif (target := _parent(column)) is not None:
            if not column.nullable:
                values[column.name] = _parent_id(target)
        elif not column.nullable and column.default is None and column.server_default is None:
            values[column.name] = _value(column)
    _acting_columns(model, values, given)
    return _save(model, values)


def _save(model: type[Base], values: dict[str, Any]) -> Any:
    if "org_read" in model.__policies__ and "org" not in model.__policies__:
        db.session.execute(insert(model).values(**values).inline())
        return None
    row = model(**values)
    db.session.add(row)
    db.session.flush()
    return row


def _acting_columns(model: type[Base], values: dict[str, Any], given: dict[str, Any]) -> None:
    """Columns that name who acts and have no default of their own."""
    names = inspect(model).local_table.columns
    if "account_id" in names and names["account_id"].primary_key:
        values["account_id"] = given.get("account_id", scope.current().account)
    if "tenant_id" in names and names["tenant_id"].server_default is None:
        values["tenant_id"] = given.get("tenant_id", scope.current().tenant)


def _parent(column: Any) -> str | None:
    for key in column.foreign_keys:
        table, name = key.target_fullname.split(".")
        if name == "id" and column.name not in ("tenant_id", "org_id", "icb_id"):
            return str(table)
    return None


def _parent_id(table: str) -> int:
    if table == "organisation":
        partner = select(Organisation.id).where(Organisation.kind == "partner").limit(1)
        return int(db.session.scalars(partner).one())
    if table == "account":
        return scope.current().account or int(db.session.scalars(select(Account.id).limit(1)).one())
    return int(make(model_of(table)).id)


def _value(column: Any) -> Any:
    if column.info.get("choices"):
        return column.info["choices"][0]
    number = next(_numbers)
    kinds: list[tuple[type, Any]] = [
        (Boolean, False),
        (DateTime, clock.now()),
        (Date, dt.date(1980, 1, 1)),
        (Time, dt.time(9)),
        (BigInteger, number),
        (Numeric, 1),
        (LargeBinary, b"x"),
        (JSONB, {}),
        (Text, f"{column.name} {number}"),
    ]
    return next(value for kind, value in kinds if isinstance(column.type, kind))


def nhs_number(stem: int) -> str:
    """A valid NHS number of the range that is never issued, for `stem` 0 to 999999 (skips invalid ones)."""
    digits = f"999{stem:06d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True))
    check = (11 - total % 11) % 11
    return f"{digits}{check}" if check < 10 else nhs_number(stem + 1)


def person(practice_id: int, stem: int, **given: Any) -> Any:
    """A person of a practice with everything that outreach needs, `given` laid over it."""
    from app.people.import_models import ImportFile
    from app.people.models import Person

    source = make(ImportFile, kind="people", state="done")
    values: dict[str, Any] = {
        "practice_id": practice_id,
        "import_id": source.id,
        "pseudonym": f"P-{stem:06d}",
        "nhs_number": nhs_number(stem),
        "given_name": "Ada",
        "family_name": "Example",
        "name_key": "ada example",
        "born": dt.date(1970, 5, 4),
        "sex": "Female",
        "ethnicity": "A",
        "house": "1",
        "street": "High Street",
        "town": "Dover",
        "postcode": "CT16 1AA",
        "lsoa": "E01024198",
        "mobile": "07700900123",
        "home_phone": "",
        "email": "",
        "preferred_contact": "",
        "language": "en",
        "interpreter": False,
        "information_format": "",
        "registered_on": dt.date(2010, 1, 1),
        "type1_opt_out": False,
        "sensitive": False,
        "data_date": dt.date(2026, 1, 1),
        "updated_at": clock.now(),
    }
    return make(Person, **(values | given))
