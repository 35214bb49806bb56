"""What the scenarios share: the service, the people at their browsers, and what was found on the way."""

import datetime as dt
import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
from flask import Flask

from app import clock
from tenants import scope
from tenants.db import db
from tenants.models import organisation_by_slug
from tests.conftest import application
from tests.journeys.browser import Office, Person
from tests.journeys.serving import ROOT, Service

DATA = ROOT / "app" / "demo" / "data" / "dover-town"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected.json").read_text())
PCN = "/pcn/dover-town"
PASSWORD = "three wet conkers"


@dataclass
class Journey:
    """One telling of the story."""

    service: Service
    office: Office
    begins: dt.datetime
    files: Path
    broke_at: str = ""
    desks: dict[str, Person] = field(default_factory=dict)
    programme: str = ""
    kept: dict[str, Any] = field(default_factory=dict)
    _app: Flask | None = None

    def on_day(self, after: int, hour: int = 10) -> None:
        """It is that many days after the first, at `hour`. Everybody's session has ended by then."""
        self.everybody_leaves()
        self.service.it_is(self.begins.replace(hour=hour) + dt.timedelta(days=after))

    def everybody_leaves(self) -> None:
        """Close all windows. What was read at them is kept."""
        for person in self.desks.values():
            self.kept.setdefault("read", {}).setdefault(person.name, []).extend(person.read)
            person.leave()
        self.desks.clear()

    def at_desk(self, name: str, *, script: bool = True) -> Person:
        """Somebody of the demonstration, signed in, with or without JavaScript."""
        key = name if script else f"{name}, no script"
        if key not in self.desks:
            person = self.desks[key] = self.office.seat(name, script=script)
            person.open("/demonstration")
            button = person.page.get_by_role(
                "button", name=re.compile(f"Sign in as {re.escape(name)},")
            ).first
            with person.page.expect_navigation():
                button.click()
            person.arrived()
        return self.desks[key]

    def stranger(self, name: str, *, script: bool = True) -> Person:
        """Somebody who is not signed in."""
        person = self.desks[name] = self.office.seat(name, script=script)
        return person

    def read_by(self, name: str) -> list[str]:
        """Every page that the person of that name was shown, from the first day."""
        now = [page for person in self.desks.values() if person.name == name for page in person.read]
        return [*self.kept.get("read", {}).get(name, []), *now]

    def file(self, name: str) -> Path:
        """One of Dover Town's files, unpacked."""
        path = self.files / name
        if not path.exists():
            path.write_bytes(gzip.decompress((DATA / f"{name}.gz").read_bytes()))
        return path

    def app(self) -> Flask:
        """An application of this process on the service's database."""
        self._app = self._app or application(self.service.environ)
        return self._app

    @contextmanager
    def rows(self, kind: str = "pcn", slug: str = "dover-town") -> Iterator[Any]:
        """A database session in which that organisation looks at its own rows."""
        with self.app().app_context():
            with scope.as_acting(scope.NOBODY):
                organisation = organisation_by_slug(kind, slug)
                assert organisation is not None
                acting = organisation.acting()
            with scope.as_acting(acting):
                yield db.session
            db.session.remove()

    def end(self) -> None:
        """Let go of the database."""
        if self._app is not None:
            with self._app.app_context():
                db.engine.dispose()

    def picture_what_went_wrong(self) -> None:
        """A picture of each open window."""
        for name, person in self.desks.items():
            person.page.screenshot(path=self.office.album / f"broke-{name}.png", full_page=True)


def code_of(secret: str) -> str:
    """What the authenticator app shows at this moment of the service's clock."""
    return pyotp.TOTP(secret).at(clock.now())
