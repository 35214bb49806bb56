"""Files that are not what they should be: one clear sentence, and nothing is kept."""

import datetime as dt
import io

import pytest
from sqlalchemy import func, select

from app.files import StoredFile
from app.people import imports
from app.people.import_models import ImportFile, ImportRow
from app.people.models import Person
from tenants.db import db
from tests.people.files import ADA, BEN, CAZ, TITLES, people, person
from tests.people.sources import source
from tests.rows import nhs_number

TAKEN = dt.date(2026, 11, 2)
UPLOAD = "/pcn/dover-town/data/bring-in"


def brought(content: bytes, kind: str = "people", *, save: bool = False) -> ImportFile:
    return imports.bring_in(source(kind), content, "list.csv", TAKEN, "Alan", save=save)


def sent(client, source_id, content, *, key="once", name="list.csv", **given):
    fields = {
        "source": str(source_id),
        "data_date-day": "2",
        "data_date-month": "11",
        "data_date-year": "2025",
    }
    file = (io.BytesIO(content), name)
    data = fields | {"form_key": key, "file": file} | given
    return client.post(UPLOAD, data=data, content_type="multipart/form-data")


BAD = {
    "a PDF": (b"%PDF-1.7 \x00\x01", "The file is a PDF. Save it as CSV or .xlsx and bring that in."),
    "an old workbook": (
        b"\xd0\xcf\x11\xe0\x00\x01",
        "an Excel workbook of the old kind (.xls) or with a password",
    ),
    "a damaged workbook": (b"PK\x03\x04\x14\x00", "The workbook is damaged."),
    "nothing": (b"", "The file is empty. Export it again and bring in the new one."),
    "blanks": (b"\xef\xbb\xbf \r\n\r\n", "The file is empty."),
    "binary": (b"NHS" + b"\xff\x00\x81" * 200, "The file is not CSV text."),
    "other columns": (b"Name,Shoe size\r\nAda,5\r\n", "Missing: “NHS Number”, “Practice Code”"),
    "only titles": ((TITLES + "\r\n").encode(), "The file has column names and no rows."),
    "many columns": (",".join(f"c{n}" for n in range(300)).encode(), "The file has 300 columns."),
    "a column twice": ((TITLES + ",Surname\r\n").encode(), "Two columns hold the same thing"),
    "an open quotation mark": (
        people(*[person()] * 3, '"' + person(), *[person()] * 30),
        "A quotation mark that opens on line 5 is not closed.",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_file_that_is_wholly_wrong_fails_with_one_sentence_and_is_not_kept(acting, what):
    content, sentence = BAD[what]
    with acting("dover-town", "alan"):
        found = brought(content)
        assert found.state == "failed"
        assert sentence in (found.problem or "")
        assert found.file_id is None
        for kept in (ImportRow, StoredFile, Person):
            assert db.session.scalar(select(func.count()).select_from(kept)) == 0


def test_other_columns_are_named_as_missing_and_as_found(acting):
    with acting("dover-town", "alan"):
        problem = brought(b"Name;Shoe size\r\nAda;5\r\n").problem or ""
    assert "“Type 1 Opt Out”" in problem
    assert problem.endswith("Found: “Name”, “Shoe size”.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_separators_are_recognised(acting, encoding, delimiter):
    lines = people(person(given="Zoë", family="Müller")).decode().replace(",", delimiter)
    with acting("dover-town", "alan"):
        found = brought(lines.encode(encoding), save=True)
        assert (found.state, found.counts["new"]) == ("done", 1)
        kept = db.session.scalars(select(Person)).one()
        assert (kept.given_name, kept.family_name) == ("Zoë", "Müller")


def test_a_windows_1252_file_may_be_plain_for_the_first_million_characters(acting):
    many = [person(nhs_number(stem), given="Plain") for stem in range(1000, 16_000)]
    content = people(*many).decode().encode() + person(ADA, given="Zoë").encode("cp1252")
    assert len(content) > 1024 * 1024
    with acting("dover-town", "alan"):
        brought(content, save=True)
        last = select(Person.given_name).where(Person.nhs_number == ADA)
        assert db.session.scalars(last).one() == "Zoë"


def test_titles_may_be_written_in_other_ways_and_stand_anywhere(acting):
    titles = "Surname;FORENAME;nhs no;d.o.b;practice;type1;dod;deduction_date;Shoe size"
    line = f"Lovelady;Ada;{ADA};1-2-70;g82999;;;;5"
    with acting("dover-town", "alan"):
        assert brought(f"sep=;\r\n{titles}\r\n{line}\r\n".encode()).counts["new"] == 1


def test_lines_are_numbered_as_the_user_sees_them_in_the_file(acting):
    two_lines = person(BEN, given='"Ben\r\nBenjamin"')
    content = people(person(ADA), two_lines, "", ",,,,,,,,,,", person("none"), person(CAZ, practice="X99999"))
    with acting("dover-town", "alan"):
        found = brought(content)
        assert (found.rows, found.counts["new"]) == (4, 2)
        refused = ImportRow.outcome == "refused"
        rows = db.session.execute(
            select(ImportRow.line, ImportRow.outcome, ImportRow.reason).where(refused)
        ).all()
    assert sorted(rows) == [
        (7, "refused", "no NHS number"),
        (8, "refused", "unknown practice"),
    ]


REFUSED = {
    "fewer values than columns": person()[:-2],
    "more values than columns": person() + ",x",
    "NHS number is not ten digits": person("999"),
    "date of birth cannot be read": person(born="31/02/1970"),
    "date of death cannot be read": person(died="last week"),
    "date of leaving cannot be read": person(left="?"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_line_that_could_be_misread_is_refused_with_the_reason(acting, reason):
    with acting("dover-town", "alan"):
        found = brought(people(person(BEN), REFUSED[reason]))
        assert found.counts["reasons"]["refused"] == {reason: 1}


@pytest.mark.parametrize("what", ["a PDF", "nothing", "other columns"])
def test_what_the_beginning_shows_is_said_at_the_field_and_what_was_entered_stays(client_of, source_of, what):
    content, sentence = BAD[what]
    page = sent(client_of("alan"), source_of(), content)
    assert page.status_code == 422
    assert sentence in page.text
    assert 'value="2025"' in page.text
    assert 'href="#file"' in page.text


class Large(io.RawIOBase):
    """A body that says how long it is, takes no room, and remembers how much of it was read."""

    def __init__(self, megabytes: int) -> None:
        self.size, self.place, self.read_bytes = megabytes * 1024 * 1024, 0, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = (0, self.place, self.size)[whence] + offset
        return self.place

    def readinto(self, buffer) -> int:
        self.read_bytes += len(buffer)
        return len(buffer)


def test_a_file_of_200_mb_is_refused_before_it_is_read(client_of):
    body = Large(200)
    answer = client_of("alan").post(
        UPLOAD,
        input_stream=body,
        content_type="multipart/form-data; boundary=b",
    )
    assert answer.status_code == 413
    assert body.read_bytes == 0
    assert "The file is larger than 100 MB." in answer.text
    assert "Bring in a file" in answer.text


def test_only_the_upload_takes_more_than_a_form(client_of):
    body = Large(3)
    answer = client_of("alan").post(
        "/pcn/dover-town/data/1/save",
        input_stream=body,
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 404
    assert body.read_bytes == 0


HEADLESS = {
    "a patient list": (people(person()).split(b"\r\n", 1)[1], "people"),
    "a list of a group": (b"Ada;Lovelady;1 Feb 1970;Choir\r\nBen;Bell;2 Mar 1971;Choir\r\n", "named"),
    "events": (f"{ADA[:3]} {ADA[3:6]} {ADA[6:]},2026-01-05,60621009,BMI,31,kg/m2".encode(), "events"),
}


@pytest.mark.parametrize("what", HEADLESS)
def test_a_file_without_column_names_shows_nobody_and_keeps_nothing_of_them(acting, what):
    content, kind = HEADLESS[what]
    with acting("dover-town", "alan"):
        found = brought(content, kind)
        assert found.state == "failed"
        assert found.problem == (
            "The first line of the file holds values, not the names of its columns. "
            "Export it again with the names of the columns in its first line."
        )
        assert found.cursor == {}


def test_the_upload_shows_nobody_of_a_file_without_column_names(client_of, source_of):
    content, _ = HEADLESS["a patient list"]
    answer = sent(client_of("alan"), source_of(), content)
    assert answer.status_code == 422
    assert "holds values, not the names of its columns" in answer.text
    assert "Lovelady" not in answer.text
    assert ADA not in answer.text
