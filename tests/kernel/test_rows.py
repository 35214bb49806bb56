"""Every mapped class: a row of one organisation, read, changed and deleted by another: nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, inspect, select, update
from sqlalchemy.exc import DBAPIError

from tenants import scope
from tenants.db import Base, db
from tenants.policies import UNPOLICED, mapped_tables
from tests import guard, rows
from tests.checking import counted
from tests.world import World

POLICED = sorted(name for name, policies in mapped_tables().items() if policies)
STRANGERS = ("medway-central", "sowe-valley", "aspire", "kent-and-medway")


@pytest.fixture(autouse=True)
def arranging() -> Iterator[None]:
    """Rows are put in place without an audit event."""
    with guard.seeding():
        yield


def _columns(model: type[Base]) -> Any:
    return inspect(model).local_table.columns


def _change(model: type[Base]) -> Any:
    column = next(c for c in _columns(model) if not c.primary_key and not c.foreign_keys and c.name != "id")
    return update(model).values({column.name: column})


def _published(model: type[Base]) -> bool:
    return "published_read" in model.__policies__


@pytest.mark.parametrize("table", POLICED)
def test_a_stranger_reads_changes_and_deletes_nothing(app: Flask, world: World, table: str) -> None:
    model = rows.model_of(table)
    with app.app_context():
        with scope.as_acting(world.acting("dover-town", "mandy")):
            if not _count(model):
                rows.make(model)
            assert _count(model), "the owner sees it"
            db.session.commit()
        for slug in STRANGERS:
            with scope.as_acting(world.acting(slug, "mo" if _personal(model) else None)):
                _sees_nothing(
                    model, shared=_published(model) and world.icbs[slug] == world.icbs["dover-town"]
                )
        with scope.as_acting(scope.NOBODY):
            _sees_nothing(model, shared=False)


def _sees_nothing(model: type[Base], *, shared: bool) -> None:
    own = _own_rows(model)
    assert shared or _count(model) == own, "a stranger's row was read"
    for statement in (_change(model), delete(model)):
        assert _touched(statement) in (own, None), "a stranger's row was changed"


def _touched(statement: Any) -> int | None:
    """How many rows the statement changes (rolled back), None where it is not permitted at all."""
    try:
        with db.session.begin_nested() as attempt:
            touched: int = db.session.execute(statement).rowcount
            attempt.rollback()
            return touched
    except DBAPIError as error:
        if "permission denied" in str(error):
            return None
        raise


def _count(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def _personal(model: type[Base]) -> bool:
    """Whether the rows are an account's own, such as its sessions."""
    return "account" in model.__policies__


def _own_rows(model: type[Base]) -> int:
    """Rows that the stranger itself put there when the world was made."""
    acting = scope.current()
    owner = {"tenant_id": acting.tenant, "org_id": acting.org}
    if _personal(model):
        owner = {"account_id": acting.account}
    columns = _columns(model)
    for name, value in owner.items():
        if name in columns and columns[name].primary_key:
            statement = select(func.count()).select_from(model).where(columns[name] == value)
            return 0 if value is None else db.session.scalar(statement) or 0
    return 0


@pytest.mark.parametrize("table", POLICED)
def test_nobody_writes_a_row_in_another_organisations_name(app: Flask, world: World, table: str) -> None:
    model = rows.model_of(table)
    leader = "tenant_id" if table == "referral_party" else next(iter(_columns(model))).name
    stolen = {"tenant_id": "dover-town", "org_id": "dover-town", "icb_id": "kent-and-medway"}
    value = world.organisations[stolen[leader]] if leader in stolen else world.accounts["mandy"]
    with app.app_context(), scope.as_acting(world.acting("sowe-valley", "sam")), pytest.raises(DBAPIError):
        rows.make(model, **{leader: value})


def test_a_committed_transaction_leaves_nothing_behind_on_its_connection(app: Flask, world: World) -> None:
    with app.app_context():
        with scope.as_acting(world.acting("dover-town")):
            db.session.commit()
        with scope.as_acting(scope.NOBODY):
            for table in POLICED:
                assert db.session.scalar(select(func.count()).select_from(rows.model_of(table))) == 0


def test_the_short_list_names_only_tables_without_a_tenant() -> None:
    for table in UNPOLICED:
        if table in Base.metadata.tables:
            assert not {"tenant_id", "person_id", "org_id"} & set(Base.metadata.tables[table].columns.keys())


def test_the_criteria_are_off_here_and_on_in_the_service(app: Flask, world: World) -> None:
    with app.app_context(), scope.as_acting(world.acting("dover-town")), counted() as statements:
        _count(rows.model_of("practice"))
        assert "tenant_id" not in statements[-1]
        scope.TENANT_CRITERIA = True
        _count(rows.model_of("practice"))
        assert "WHERE practice.tenant_id" in statements[-1].replace("\n", " ")
