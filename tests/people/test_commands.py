"""The room's commands: the same stages at night, put down to a service account of the PCN."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.people.import_models import ImportFile, ServiceAccount, SourceAgreement
from app.people.models import Person
from tenants.db import db
from tests.people.files import ADA, BEN, people, person
from tests.rows import make

IMPORT = ["people", "import", "--pcn", "dover-town", "--source", "Practices’ list"]
TAKEN = ["--data-date", "2026-11-02"]
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "import-report.schema.json").read_text())


@pytest.fixture
def registered(acting, source_of):
    """A source with an agreement, and a service account to act."""
    source_of()
    with acting("dover-town"):
        make(ServiceAccount, name="Night extracts", role="analyst")
        db.session.commit()


@pytest.fixture
def file(tmp_path, registered):
    path = tmp_path / "list.csv"
    path.write_bytes(people(person(ADA), person("none")))
    return str(path)


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=[*IMPORT, *arguments])


def how_many(acting, model):
    with acting("dover-town"):
        return db.session.scalar(select(func.count()).select_from(model))


def test_without_commit_it_stops_at_a_preview_that_can_be_saved_in_the_browser(app, acting, client_of, file):
    answer = run(app, *TAKEN, file)
    assert answer.exit_code == 3, answer.output
    assert "1 new" in answer.output
    assert "1 no NHS number" in answer.output
    assert "Lovelady" not in answer.output
    assert how_many(acting, Person) == 0
    address = answer.output.strip().splitlines()[-1].removeprefix("http://localhost")
    page = client_of("alan").get(address)
    assert "Save 1 person" in page.text
    assert "Brought in by Night extracts" in page.text


def test_with_commit_it_saves_and_is_put_down_to_the_service_account(app, acting, file):
    answer = run(app, *TAKEN, "--commit", file)
    assert "Saved." in answer.output
    assert how_many(acting, Person) == 1
    with acting("dover-town"):
        done = db.session.execute(select(AuditEvent.actor, AuditEvent.role)).all()
        assert {tuple(one) for one in done} == {("Night extracts", "analyst")}


def test_nothing_refused_ends_with_0(app, registered, tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(people(person(ADA), person(BEN)))
    assert run(app, *TAKEN, "--commit", str(path)).exit_code == 0


def test_the_json_report_is_what_its_schema_says(app, file):
    answer = run(app, *TAKEN, "--json", "--whole", file)
    report = json.loads(answer.stdout)
    assert set(report) == set(SCHEMA["required"]) == set(SCHEMA["properties"])
    assert set(report["counts"]) == set(SCHEMA["properties"]["counts"]["required"])
    assert report["exit"] == answer.exit_code == 3
    assert report["state"] in SCHEMA["properties"]["state"]["enum"]
    assert report["counts"]["new"] == 1
    assert report["reasons"] == {"refused": {"no NHS number": 1}}
    assert (report["whole"], report["by"], report["data_date"]) == (True, "Night extracts", "2026-11-02")


def test_without_a_date_today_is_taken_and_said(app, acting, file):
    answer = run(app, file)
    assert "Taken as of today" in answer.stderr
    with acting("dover-town"):
        found = db.session.scalars(select(ImportFile)).one()
        assert found.data_date == found.brought_at.date()


def test_columns_that_must_be_named_wait_for_somebody(app, registered, tmp_path, client_of):
    path = tmp_path / "list.csv"
    path.write_bytes(people(person(ADA)).replace(b"Date of Birth", b"Geburtsdatum"))
    answer = run(app, *TAKEN, "--commit", str(path))
    assert answer.exit_code == 4
    assert "Say which column of the file is which." in answer.output
    address = answer.output.strip().splitlines()[-1].removeprefix("http://localhost")
    assert "Say which column is which" in client_of("alan").get(address).text


def test_a_doubtful_file_is_not_saved_by_a_command(app, acting, file, monkeypatch):
    from app.people import imports

    checked = imports._checked

    def doubting(found):
        checked(found)
        found.doubts = ["Fewer than half of its people are known."]

    monkeypatch.setattr(imports, "_checked", doubting)
    answer = run(app, *TAKEN, "--commit", file)
    assert answer.exit_code == 7
    assert "Say whether this is the right file." in answer.output
    assert how_many(acting, Person) == 0


def test_without_a_service_account_it_says_who_can_add_one(app, source_of, tmp_path):
    source_of()
    path = tmp_path / "list.csv"
    path.write_bytes(people(person(ADA)))
    answer = run(app, *TAKEN, str(path))
    assert answer.exit_code == 1
    assert "Dora, Mandy or Max can add one in Settings" in answer.output


def test_of_several_service_accounts_one_must_be_named(app, acting, file):
    with acting("dover-town"):
        make(ServiceAccount, name="Weekly lists", role="analyst")
        db.session.commit()
    unclear = run(app, *TAKEN, file)
    assert unclear.exit_code == 1
    assert "say which with --as. They are “Night extracts”, “Weekly lists”." in unclear.output
    assert run(app, *TAKEN, "--as", "Weekly lists", file).exit_code == 3
    assert "no service account “Nobody” in use" in run(app, *TAKEN, "--as", "Nobody", file).output


def test_an_agreement_that_is_over_stops_it(app, acting, file):
    with acting("dover-town"):
        agreement = db.session.scalars(select(SourceAgreement)).one()
        agreement.ended_at = agreement.recorded_at
        db.session.commit()
    answer = run(app, *TAKEN, "--commit", file)
    assert answer.exit_code == 1
    assert "No agreement with this source is in date." in answer.output
    assert how_many(acting, ImportFile) == 0


def test_a_wrong_file_an_unknown_pcn_and_an_unknown_source_end_with_one_sentence(app, tmp_path, file):
    wrong = tmp_path / "wrong.pdf"
    wrong.write_bytes(b"%PDF-1.7")
    answer = run(app, *TAKEN, str(wrong))
    assert (answer.exit_code, answer.output.strip()) == (
        1,
        "Nothing was brought in. The file is a PDF. Save it as CSV or .xlsx and bring that in.",
    )
    runner = app.test_cli_runner()
    nowhere = runner.invoke(args=["people", "import", "--pcn", "nowhere", "--source", "x", file])
    assert "There is no PCN “nowhere”." in nowhere.output
    unknown = runner.invoke(args=[*IMPORT[:-1], "Shoes", file])
    assert "The PCN has no source “Shoes”. It has: “Practices’ list”." in unknown.output
