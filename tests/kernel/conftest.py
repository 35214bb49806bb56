"""The tests of isolation run without the criteria that the session adds: the database protects, not they."""

import pytest

from tenants import scope


@pytest.fixture(autouse=True)
def criteria_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements carry no `tenant_id = …` of the session's."""
    monkeypatch.setattr(scope, "TENANT_CRITERIA", False)
