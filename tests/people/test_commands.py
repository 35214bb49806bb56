"""The room's commands."""

import pytest
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.people.models import ImportFile, Person
from tenants.db import db
from tests.people.files import ADA, people, person

IMPORT = [
    "people",
    "import",
    "--pcn",
    "dover-town",
    "--source",
    "Practices’ list",
    "--data-date",
    "2026-11-02",
]


@pytest.fixture
def file(tmp_path, source_of):
    source_of()
    path = tmp_path / "list.csv"
    path.write_bytes(people(person(ADA), person("none")))
    return str(path)


def test_without_commit_it_stops_at_the_preview(app, acting, file):
    answer = app.test_cli_runner().invoke(args=[*IMPORT, file])
    assert answer.exit_code == 0, answer.output
    assert "1 new" in answer.output
    assert "1 no NHS number" in answer.output
    assert "Lovelady" not in answer.output
    with acting("dover-town"):
        assert db.session.scalars(select(ImportFile.state)).one() == "checked"
        assert db.session.scalar(select(func.count()).select_from(Person)) == 0


def test_with_commit_it_saves_and_is_put_down_to_the_command_line(app, acting, file):
    answer = app.test_cli_runner().invoke(args=[*IMPORT, file, "--commit"])
    assert answer.output.endswith("Saved.\n")
    with acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Person)) == 1
        assert set(db.session.scalars(select(AuditEvent.actor))) == {"Command line"}


def test_a_wrong_file_and_an_unknown_pcn_end_with_one_sentence(app, tmp_path, file):
    wrong = tmp_path / "wrong.pdf"
    wrong.write_bytes(b"%PDF-1.7")
    answer = app.test_cli_runner().invoke(args=[*IMPORT, str(wrong)])
    assert (answer.exit_code, answer.output.strip()) == (
        1,
        "Nothing was brought in. The file is a PDF. Save it as CSV or .xlsx and bring that in.",
    )
    nowhere = app.test_cli_runner().invoke(args=[*IMPORT[:3], "nowhere", *IMPORT[4:], file])
    assert "There is no PCN “nowhere”." in nowhere.output
