"""Onboarding, exporting and erasing by command, on a database of its own with real commits."""

import csv
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import audit, files
from app.audit import AuditEvent
from tenants import leaving, scope
from tenants.db import Base, db
from tenants.models import Account, Agreement, Invitation, Membership, Organisation, PcnSettings, Practice
from tenants.scope import Acting
from tests import guard
from tests.rows import make, model_of, person
from tests.tenants.test_onboarding import BAD, EXAMPLE
from tests.world import CANARIES, World

SECRET_OF = {"dover-town": b"Wrenfield letter", "medway-central": b"Larkmere letter"}


@pytest.fixture
def run(live: Flask) -> Any:
    """Run `flask tenants …` and return its result."""
    return lambda *words: live.test_cli_runner().invoke(args=["tenants", *map(str, words)])


@pytest.fixture
def two_pcns(live: Flask, world: World) -> Flask:
    """Dover Town and Medway Central with a row in every table that can hold one, and a stored file each."""
    for slug, practice in (("dover-town", "G82999"), ("medway-central", "G82989")):
        with live.app_context(), scope.as_acting(world.acting(slug)), audit.by("Test"), guard.seeding():
            fill(slug, world.practices[practice])
            db.session.commit()
    return live


def fill(slug: str, practice_id: int) -> None:
    person(practice_id, 1, family_name=CANARIES[slug])
    files.store(f"{CANARIES[slug]} letter.pdf", "application/pdf", [SECRET_OF[slug]])
    for table, _ in leaving.own_tables():
        name = table.name
        made = db.session.scalar(select(func.count()).select_from(table))
        if name not in leaving.LEFT and name != "membership" and not made:
            make(model_of(name))
    audit.record("viewed", "person", 1, person_id=1, note=CANARIES[slug])


def counts(app: Flask, world: World, slug: str) -> dict[str, int]:
    """How many rows of each table are the organisation's."""
    return counted(app, world.acting(slug))


def counted(app: Flask, acting: Acting) -> dict[str, int]:
    """How many rows of each table are the acting organisation's."""
    with app.app_context(), scope.as_acting(acting):
        return {table.name: leaving._count(table, own) for table, own in leaving.own_tables()}


# Onboarding.


@pytest.fixture
def example(tmp_path: Path) -> Path:
    file = tmp_path / "harbour.yaml"
    file.write_text(EXAMPLE)
    return file


def onboarded(app: Flask, slug: str) -> Organisation:
    with app.app_context(), scope.as_acting(scope.NOBODY):
        return db.session.scalars(select(Organisation).where(Organisation.slug == slug)).one()


def test_a_file_brings_icb_partner_pcn_practices_invitations_and_agreement(
    run: Any, live: Flask, example: Path
) -> None:
    result = run("onboard", example)
    assert result.exit_code == 0, result.output
    assert len(re.findall(r"http://localhost/invitation/\S+", result.output)) == 5
    pcn = onboarded(live, "harbour-view")
    with live.app_context(), scope.as_acting(pcn.acting()):
        assert db.session.scalars(select(Practice.code).order_by(Practice.code)).all() == ["G82950", "G82951"]
        assert db.session.scalars(select(PcnSettings)).one().phone == "01304 555 0199"
        assert db.session.scalars(select(Agreement)).one().reference == "KM-2026-031"
        invited = dict(db.session.execute(select(Invitation.role, Invitation.practice_id)).all())
        assert set(invited) == {"PCN manager", "clinician", "practice releaser"}
        assert invited["practice releaser"] is not None
        actors = db.session.scalars(select(AuditEvent.actor).distinct()).all()
        assert actors == ["Command line"]
    partner = onboarded(live, "harbour-walkers")
    service = Base.metadata.tables["service"]
    with live.app_context(), scope.as_acting(partner.acting()):
        assert db.session.execute(select(service.c.name, service.c.origin_name)).all() == [
            ("Walk and talk", "Harbour Walkers")
        ]
        assert db.session.scalars(select(Invitation.role)).all() == ["partner coordinator"]


def test_running_it_again_adds_nothing_and_says_so(run: Any, live: Flask, example: Path) -> None:
    run("onboard", example)
    acting = onboarded(live, "harbour-view").acting()
    before = counted(live, acting)
    result = run("onboard", example)
    assert result.exit_code == 0
    assert "Harbour View PCN is there already: left as it is" in result.output
    assert "Invitation for" not in result.output
    assert counted(live, acting) == before


def test_a_half_done_file_is_taken_up_where_it_stopped(run: Any, live: Flask, tmp_path: Path) -> None:
    begin = tmp_path / "begin.yaml"
    begin.write_text(EXAMPLE[: EXAMPLE.index("pcn:")])
    assert run("onboard", begin).exit_code == 0
    whole = tmp_path / "whole.yaml"
    whole.write_text(EXAMPLE)
    result = run("onboard", whole)
    assert result.exit_code == 0, result.output
    assert "NHS Kent and Medway ICB" not in result.output
    assert "Harbour View PCN added" in result.output


def test_a_file_with_faults_ends_with_status_1_names_all_of_them_and_saves_nothing(
    run: Any, live: Flask, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(BAD)
    with live.app_context(), scope.as_acting(scope.NOBODY):
        before = db.session.scalar(select(func.count(Organisation.id)))
    result = run("onboard", bad)
    assert result.exit_code == 1
    assert (
        "bad.yaml, line 9, practices[2].code: “G82999” is already at practices[1]. Remove one"
        in result.output
    )
    assert "21 faults in bad.yaml. Nothing was saved." in result.output
    with live.app_context(), scope.as_acting(scope.NOBODY):
        assert db.session.scalar(select(func.count(Organisation.id))) == before


def test_a_file_that_is_not_utf8_is_refused_with_one_sentence(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("icb: {slug: café}".encode("latin-1"))
    result = run("onboard", file)
    assert result.exit_code == 1
    assert "not UTF-8" in result.output


def test_the_list_names_every_organisation(run: Any) -> None:
    result = run("list")
    assert "PCN\tdover-town\tDover Town PCN\tU99901\tKent and Medway ICB\topen" in result.output


# Export.


def test_an_export_holds_all_of_one_pcn_and_no_word_of_the_other(
    run: Any, two_pcns: Flask, world: World, tmp_path: Path
) -> None:
    target = tmp_path / "dover.zip"
    result = run("export", "dover-town", target)
    assert result.exit_code == 0, result.output
    assert target.stat().st_mode & 0o077 == 0
    held = counts(two_pcns, world, "dover-town")
    with zipfile.ZipFile(target) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        for name in archive.namelist():
            assert b"Larkmere" not in archive.read(name), name
            assert b"Finchcombe" not in archive.read(name), name
        assert set(manifest["tables"]) == set(held) - leaving.AS_FILES
        for table, described in manifest["tables"].items():
            content = archive.read(f"{table}.csv")
            rows = list(csv.DictReader(io.StringIO(content.decode())))
            exported = 1 if table == "audit_event" else 0  # the export's own event comes after the counting
            assert len(rows) == described["rows"] == held[table] - exported, table
            assert hashlib.sha256(content).hexdigest() == described["sha256"], table
            assert not [column for column in (rows[0] if rows else {}) if column.endswith("_hash")]
        (name,) = [n for n in archive.namelist() if "Wrenfield" in n]
        assert archive.read(name) == SECRET_OF["dover-town"]


def test_an_export_is_recorded_and_never_overwrites(
    run: Any, two_pcns: Flask, world: World, tmp_path: Path
) -> None:
    target = tmp_path / "dover.zip"
    assert run("export", "dover-town", target).exit_code == 0
    again = run("export", "dover-town", target)
    assert again.exit_code == 1
    assert "is there already" in again.output
    with two_pcns.app_context(), scope.as_acting(world.acting("dover-town")):
        newest = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert newest is not None
        assert (newest.action, newest.actor, newest.role) == ("exported", "Command line", "service")


# Erasure.


def test_an_erasure_leaves_nothing_of_one_pcn_and_all_of_the_other(
    run: Any, two_pcns: Flask, world: World
) -> None:
    others = {
        slug: counts(two_pcns, world, slug) for slug in ("medway-central", "sowe-valley", "one-you-kent")
    }
    before = counts(two_pcns, world, "dover-town")
    untested = {name for name, rows in before.items() if not rows}
    assert not untested, f"fill() puts no row into {untested}"
    result = run("erase", "dover-town", "--yes-erase", "dover-town")
    assert result.exit_code == 0, result.output
    after = counts(two_pcns, world, "dover-town")
    assert {name for name, rows in after.items() if rows} == {"audit_event", "organisation"}
    assert after["audit_event"] == before["audit_event"] + 1
    for slug, held in others.items():
        still = counts(two_pcns, world, slug)
        mailbox = {"referral_party"} if slug == "one-you-kent" else set()
        assert {n: r for n, r in still.items() if n not in mailbox} == {
            n: r for n, r in held.items() if n not in mailbox
        }, slug
    with two_pcns.app_context(), scope.as_acting(world.acting("dover-town")):
        tombstone = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert tombstone is not None
        assert (tombstone.action, tombstone.actor) == ("erased", "Command line")
        assert tombstone.detail["tables"]["person"] == before["person"]
        assert db.session.get_one(Organisation, world.organisations["dover-town"]).closed_at is not None


def test_an_erased_pcn_cannot_be_entered_exported_or_onboarded_again(
    run: Any, two_pcns: Flask, world: World, tmp_path: Path
) -> None:
    from tests.conftest import signed_in_client

    run("erase", "dover-town", "--yes-erase", "dover-town")
    assert "was erased" in run("export", "dover-town", tmp_path / "x.zip").output
    assert "was erased" in run("erase", "dover-town", "--yes-erase", "dover-town").output
    again = tmp_path / "again.yaml"
    again.write_text(
        EXAMPLE.replace("harbour-view\n", "dover-town\n").replace("slug: harbour-view ", "slug: dover-town ")
    )
    assert "Dover Town PCN was closed" in run("onboard", again).output
    assert signed_in_client(two_pcns, world, "mandy").get("/pcn/dover-town/settings").status_code == 404


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("dover-town", "--yes-erase", "medway-central"), "not “dover-town”"),
        (("nowhere", "--yes-erase", "nowhere"), "no PCN with the address “nowhere”"),
        (("one-you-kent", "--yes-erase", "one-you-kent"), "no PCN with the address"),
        (("dover-town",), "--yes-erase"),
    ],
)
def test_an_erasure_needs_the_same_address_twice_and_a_pcn(
    run: Any, live: Flask, world: World, words: tuple[str, ...], message: str
) -> None:
    before = counts(live, world, "dover-town")
    result = run("erase", *words)
    assert result.exit_code != 0
    assert message in result.output
    assert counts(live, world, "dover-town") == before


def test_an_erasure_that_finds_a_row_left_changes_nothing(
    live: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts(live, world, "dover-town")
    monkeypatch.setattr(leaving, "delete", lambda table: select(table))
    with live.app_context(), audit.by("Test"):
        organisation = db.session.get_one(Organisation, world.organisations["dover-town"])
        db.session.expunge(organisation)
        with pytest.raises(leaving.NotErased, match="membership"):
            leaving.erase(organisation, audit.record, organisation.created_at)
    assert counts(live, world, "dover-town") == before


def test_every_table_is_somebodys(live: Flask) -> None:
    """A new table is either covered by export and erasure, or on this list with the reason."""
    covered = {table.name for table, _ in leaving.own_tables()}
    assert set(Base.metadata.tables) - covered == {
        "credential",
        "password_reset",  # the person's own
        "signed_in",  # the person's own
        "signin_attempt",  # keyed hashes
        "deprivation",  # published statistics
        "worker_beat",  # no organisation's
    }


def test_memberships_go_with_the_pcn_and_accounts_and_other_memberships_stay(
    run: Any, live: Flask, world: World
) -> None:
    run("erase", "dover-town", "--yes-erase", "dover-town")
    with live.app_context(), scope.as_acting(Acting(account=world.accounts["both"])):
        assert db.session.scalars(select(Membership.role)).all() == ["partner coordinator"]
        assert db.session.get_one(Account, world.accounts["mandy"]).email == "mandy@example.test"
