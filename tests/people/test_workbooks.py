"""Excel workbooks: read as the text of one sheet, line by line, and measured before anything is built."""

import csv
import datetime as dt
import io
import tracemalloc
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app import files
from app.people import imports, jobs, workbooks
from app.people.columns import PEOPLE, WrongFile
from app.people.import_models import ImportFile, ImportRow
from app.people.models import Person
from tenants.db import db
from tests.people import sources
from tests.people.files import ADA, BEN, CAZ, TITLES
from tests.people.test_bad_files import sent

TAKEN = dt.date(2026, 11, 2)
LINE = (
    "G82999",
    "Ada",
    "Lovelady",
    dt.date(1970, 2, 1),
    "CT16 1AA",
    "E01024198",
    "07700 900123",
    None,
    None,
    "N",
)


def saved(workbook: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def workbook(*lines, title="Patients") -> openpyxl.Workbook:
    """A workbook whose one sheet is a patient list of those lines."""
    made = openpyxl.Workbook()
    made.active.title = title
    made.active.append(TITLES.split(","))
    for line in lines:
        made.active.append(line)
    return made


def brought(content: bytes) -> ImportFile:
    return imports.bring_in(sources.source("people"), content, "list.xlsx", TAKEN, "Alan", save=False)


def test_a_workbook_is_read_like_csv_with_numbers_and_dates_as_cells(acting):
    made = workbook((int(ADA), *LINE), (BEN, *LINE), [], (f" {CAZ[:3]} {CAZ[3:6]} {CAZ[6:]}", *LINE))
    with acting("dover-town", "alan"):
        found = imports.bring_in(sources.source("people"), saved(made), "l.xlsx", TAKEN, "Alan")
        assert (found.state, found.counts["new"], found.rows) == ("done", 3, 3)
        assert found.cursor["sheet"] == ["Patients", 0, 0]
        kept = db.session.execute(select(Person.nhs_number, Person.born, Person.mobile)).all()
        same = (dt.date(1970, 2, 1), "07700900123")
        assert {tuple(one) for one in kept} == {(ADA, *same), (BEN, *same), (CAZ, *same)}


def test_lines_are_numbered_as_in_the_sheet(acting):
    made = workbook((ADA, *LINE), [], ("none", *LINE), (CAZ, "X99999", *LINE[1:]))
    made.active["C2"] = "Ada\nLouise"
    with acting("dover-town", "alan"):
        brought(saved(made))
        refused = select(ImportRow.line, ImportRow.reason).where(ImportRow.outcome == "refused")
        assert sorted(db.session.execute(refused).all()) == [(4, "no NHS number"), (5, "unknown practice")]


def test_the_sheet_with_the_columns_is_read_and_hidden_ones_are_not(acting, client_of):
    made = openpyxl.Workbook()
    made.active.append(["Extract of all patients"])
    hidden = made.create_sheet("Old")
    hidden.sheet_state = "hidden"
    for sheet in (hidden, made.create_sheet("Patients")):
        sheet.append(TITLES.split(","))
        sheet.append((ADA, *LINE))
    with acting("dover-town", "alan"):
        found = brought(saved(made))
        db.session.commit()
        assert (found.counts["new"], found.cursor["sheet"]) == (1, ["Patients", 1, 0])
    page = client_of("alan").get(f"/pcn/dover-town/data/{found.id}").text
    assert "Read from the sheet “Patients”. 1 other sheet with rows was left out." in page


def test_the_workbook_is_replaced_by_its_text_encrypted_and_gone_after_30_days(acting, moved):
    moved(dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC))
    with acting("dover-town", "alan"):
        found = brought(saved(workbook((ADA, *LINE))))
        stored = db.session.scalars(select(files.StoredFile)).one()
        assert files.content(stored).decode().startswith(TITLES)
        assert stored.expires_at == found.brought_at + imports.KEPT
        sealed = db.session.scalars(select(files.FileChunk.sealed)).all()
        assert not any(b"Lovelady" in chunk or TITLES.encode() in chunk for chunk in sealed)
        jobs.forget({"import_id": found.id})
        assert db.session.scalar(select(func.count()).select_from(files.FileChunk)) == 0


CELLS = {
    9434765919.0: "9434765919",
    1.5: "1.5",
    45750.0: "45750",
    True: "yes",
    False: "no",
    dt.date(2025, 4, 3): "2025-04-03",
    dt.datetime(2025, 4, 3): "2025-04-03",  # noqa: DTZ001
    dt.datetime(2025, 4, 3, 10, 5): "2025-04-03 10:05:00",  # noqa: DTZ001
    "a\r\nb\nc": "a b c",
    999791000000106.0: "999791000000106",
    1049321000000109.0: "1.049321000E+15",
}


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_what_stands_in_a_cell(cell):
    assert workbooks.cell_text(cell) == CELLS[cell]


def test_a_code_whose_last_digits_excel_has_lost_is_refused_and_not_taken_for_another(acting):
    made = openpyxl.Workbook()
    made.active.append(["NHS Number", "Date", "SNOMED Code", "Value", "Units"])
    made.active.append([ADA, dt.date(2026, 1, 1), 1049321000000109, 48, "mmol/mol"])
    with acting("dover-town", "alan"):
        imports.bring_in(sources.source("people"), saved(workbook((ADA, *LINE))), "l.xlsx", TAKEN, "Alan")
        found = imports.bring_in(sources.source("events"), saved(made), "e.xlsx", TAKEN, "Alan", save=False)
        assert found.counts["reasons"]["refused"] == {"not a SNOMED code": 1}


def test_cells_that_hold_errors_are_told(acting, client_of):
    made = workbook((ADA, *LINE))
    made.active["L2"] = "#N/A"
    with acting("dover-town", "alan"):
        found = brought(saved(made))
        db.session.commit()
    page = client_of("alan").get(f"/pcn/dover-town/data/{found.id}").text
    assert "1 cell of the workbook holds an error like #N/A and is read as empty" in page


def packed(parts: dict[str, bytes]) -> bytes:
    """A zip of those parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def changed(content: bytes, sheet: bytes) -> bytes:
    """A real workbook with another sheet in its place."""
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    return packed(parts | {"xl/worksheets/sheet1.xml": sheet})


def sheet_of(cells: bytes) -> bytes:
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return b'<worksheet xmlns="' + main + b'"><sheetData>' + cells + b"</sheetData></worksheet>"


def lying(content: bytes, name: str) -> bytes:
    """A zip whose list says that the part is ten bytes long."""
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        size = whole.getinfo(name).file_size
    return content.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))


SMALL = saved(workbook((ADA, *LINE)))
HUGE = b"<t>" + b"a" * (workbooks.MOST_UNPACKED + 1) + b"</t>"
BAD = {
    "no workbook": (packed({"list.csv": b"a,b"}), "The file is a zip, not an Excel workbook."),
    "cut off": (SMALL[: len(SMALL) // 2], "The workbook is damaged."),
    "nothing in it": (saved(openpyxl.Workbook()), "The workbook has no sheet with rows."),
    "a far cell": (
        changed(SMALL, sheet_of(b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>')),
        "A sheet has more than 100,000 rows.",
    ),
    "a far cell without its place": (
        changed(SMALL, sheet_of(b"<row r='1048576'><c><v>1</v></c></row>")),
        "A sheet has more than 100,000 rows.",
    ),
    "a far cell behind a quoted bracket": (
        changed(SMALL, sheet_of(b'<row r="1"><c x=">" r="XFD1"><v>1</v></c></row>')),
        "A sheet has 16,384 columns.",
    ),
    "many cells": (
        changed(SMALL, sheet_of(b'<row r="99999"><c r="CV99999"><v>1</v></c></row>')),
        f"A sheet has more than {workbooks.MOST_CELLS:,} cells.",
    ),
    "a bomb": (changed(SMALL, HUGE), "The workbook unpacks to more than 100 MB."),
    "a bomb that lies": (
        lying(changed(SMALL, HUGE), "xl/worksheets/sheet1.xml"),
        "The workbook unpacks to more than 100 MB.",
    ),
    "many sheets": (
        packed({"xl/workbook.xml": b""} | {f"xl/worksheets/sheet{n}.xml": b"" for n in range(30)}),
        "The workbook has 30 sheets.",
    ),
    "large": (b"PK\x03\x04" + b"\0" * workbooks.MOST_BYTES, "The workbook is larger than 20 MB."),
}


@pytest.mark.parametrize("what", BAD)
def test_a_workbook_that_is_none_or_too_large_is_refused_in_a_sentence_and_little_memory(what):
    content, sentence = BAD[what]
    stream = io.BytesIO(content)
    tracemalloc.start()
    try:
        with pytest.raises(WrongFile, match=sentence.replace(".", r"\.")):
            workbooks.read(stream, PEOPLE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * 1024 * 1024


def test_styled_cells_without_values_do_not_count(acting):
    empty = b'<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    with zipfile.ZipFile(io.BytesIO(SMALL)) as whole:
        sheet = whole.read("xl/worksheets/sheet1.xml")
    with acting("dover-town", "alan"):
        found = brought(changed(SMALL, sheet.replace(b"</sheetData>", empty + b"</sheetData>")))
        assert found.counts["new"] == 1


def test_limits_are_said_before_a_file_is_sent_and_a_wrong_one_is_refused_at_the_field(client_of, source_of):
    alan, number = client_of("alan"), source_of()
    page = alan.get("/pcn/dover-town/data/bring-in").text
    assert workbooks.LIMITS in page
    assert "up to 100 MB, 2,000,000 rows and 100 columns" in page
    for what in ("no workbook", "cut off", "many sheets"):
        answer = sent(alan, number, BAD[what][0], name="list.xlsx", key=what)
        assert answer.status_code == 422
        assert BAD[what][1] in answer.text


WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs"), max_codepoint=0xFFFD), max_size=12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=1, max_size=6))
def test_a_sheet_of_texts_is_the_same_lines_as_csv(table):
    made = openpyxl.Workbook()
    made.active.append(["NHS Number", "Practice Code", "Given Name"])
    for row, line in enumerate(table, 2):
        for column, words in enumerate(line, 1):
            cell = made.active.cell(row, column, words)
            cell.data_type = "s"
    made.active.cell(len(table) + 2, 1, "end")
    sheet = workbooks.read(io.BytesIO(saved(made)), PEOPLE)
    text = b"".join(sheet.csv()).decode()
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert len(lines) == len(table) + 2
    assert [(line + [""] * 3)[:3] for line in lines[1:-1]] == table


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_workbook_with_something_broken_in_it_is_read_or_refused_in_a_sentence(data):
    with zipfile.ZipFile(io.BytesIO(SMALL)) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    place = data.draw(st.integers(0, len(parts[name]) - 1))
    gone = data.draw(st.integers(0, 30))
    put = data.draw(st.sampled_from([b"", b"999999999", b"-1", b"1e99", b"<", b'"', b"\xff", b"&#0;"]))
    broken = parts[name][:place] + put + parts[name][place + gone :]
    assert said_of(packed(parts | {name: broken})).endswith((".", "\r\n"))


def said_of(content: bytes) -> str:
    """The text of a workbook's sheet, or the sentence that refuses it."""
    try:
        return b"".join(workbooks.read(io.BytesIO(content), PEOPLE).csv()).decode()
    except WrongFile as wrong:
        return str(wrong)
