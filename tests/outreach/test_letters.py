"""The letter step: one PDF for the batch, each person once, checked again when it is handed over."""

import hashlib
import io
import json
from itertools import pairwise

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from app import clock
from app.outreach import jobs, letter_pages, letters, links
from app.outreach.models import Blackout, Contact, LetterPart
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants import scope
from tenants.db import db
from tests.outreach import seeding
from tests.outreach.conftest import BASE, Outreach

PEOPLE = [
    {"given_name": "Ada", "family_name": "Łukaszewicz"},
    {"given_name": "Ben", "family_name": "Twoword", "information_format": "Large print", "interpreter": True},
    {"given_name": "Cleo", "family_name": "Third", "mobile": "none"},
]


@pytest.fixture
def batch_id(outreach: Outreach) -> int:
    """An approved letter batch of three, its PDF made."""
    outreach.start(*PEOPLE)
    return outreach.letters()


def _pdf(outreach: Outreach, batch_id: int, part: int = 1) -> PdfReader:
    answer = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}/letters-{part}.pdf")
    assert answer.mimetype == "application/pdf"
    return PdfReader(io.BytesIO(answer.data))


def test_one_document_has_each_person_once_on_a_page_of_their_own(outreach: Outreach, batch_id: int) -> None:
    pages = [page.extract_text() for page in _pdf(outreach, batch_id).pages]
    firsts = [text for text in pages if "Dear" in text]
    assert len(firsts) == 3
    whole = " ".join(" ".join(pages).split())
    for name in ("Ada Łukaszewicz", "Ben Twoword", "Cleo Third"):
        assert whole.count(f"Dear {name}") == 1
    assert "NHS number: 999 " in whole
    assert "9 November 2026" in whole


def test_a_letter_says_how_to_answer_and_how_to_say_no(outreach: Outreach, batch_id: int) -> None:
    whole = " ".join(page.extract_text() for page in _pdf(outreach, batch_id).pages)
    assert whole.count("/r/") >= 3
    assert "01304 555 000" in whole
    assert "No thank you" in whole
    assert "large print" in whole
    assert "arrange an interpreter" in whole


def test_the_pdf_is_tagged_and_says_its_language_and_title(outreach: Outreach, batch_id: int) -> None:
    reader = _pdf(outreach, batch_id)
    catalogue = reader.trailer["/Root"]
    assert catalogue["/Lang"] == "en"
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue
    assert reader.metadata is not None
    assert reader.metadata.title == "Healthier lives: Letter"


def test_large_print_is_set_in_16_point(outreach: Outreach, batch_id: int) -> None:
    html = str(letter_pages.framed(seeding.LETTER))
    assert html.count("((address block))") == 1
    assert ".large { font-size: 16pt }" in letter_pages.CSS
    pages = [" ".join(page.extract_text().split()) for page in _pdf(outreach, batch_id).pages]
    starts = [number for number, text in enumerate(pages) if "Dear" in text] + [len(pages)]
    lengths = [end - start for start, end in pairwise(starts)]
    assert lengths[1] > lengths[0]


def test_a_template_that_asks_for_nothing_gets_address_date_and_number(outreach: Outreach) -> None:
    html = str(letter_pages.framed("# Hello\n\nDear ((full name))"))
    for needed in ("((address block))", "((letter date))", "((nhs number))", "<h1"):
        assert needed in html


def test_the_manifest_says_what_the_printer_must_check_and_names_nobody(
    outreach: Outreach, batch_id: int
) -> None:
    answer = outreach.client_of("mandy").get(f"{BASE}/outreach/batches/{batch_id}/letters.json")
    told = json.loads(answer.text)
    pdf = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{batch_id}/letters-1.pdf").data
    assert told["letters"] == 3
    assert told["pages"] == len(PdfReader(io.BytesIO(pdf)).pages)
    (part,) = told["parts"]
    assert part["sha256"] == hashlib.sha256(pdf).hexdigest()
    assert "Łukaszewicz" not in answer.text
    assert (
        outreach.client_of("mandy").get(f"{BASE}/outreach/batches/{batch_id}/letters-1.pdf").status_code
        == 403
    )


def test_handing_over_counts_the_letters_as_sent_once(outreach: Outreach, batch_id: int) -> None:
    said = outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert "The letters count as sent today" in said.text
    assert outreach.batch_state(batch_id) == "done"
    assert {state for state, _ in outreach.states(batch_id).values()} == {"sent"}
    again = outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert "handed over already" in again.text
    with outreach.acting("dover-town"):
        cleo = db.session.get(Participant, (scope.current().tenant, outreach.people[2]))
        assert cleo.status == "contacted"


def test_letters_are_not_handed_over_while_the_programme_is_paused(outreach: Outreach, batch_id: int) -> None:
    outreach.change(lambda: db.session.execute(update(Programme).values(state="paused")))
    said = outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert "Do not post these letters now: the programme is not live." in said.text
    assert {state for state, _ in outreach.states(batch_id).values()} == {"waiting"}


def test_letters_are_not_handed_over_on_a_quiet_day(outreach: Outreach, batch_id: int) -> None:
    today = clock.today()
    quiet = {"starts_on": today, "ends_on": today, "why": "Booster clinics", "added_by": "Mandy"}
    outreach.change(
        lambda: db.session.add(Blackout(**quiet, channels=["text", "letter"], added_at=clock.now()))
    )
    said = outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert "Do not post these letters now: today is one of your PCN’s quiet days." in said.text
    assert {state for state, _ in outreach.states(batch_id).values()} == {"waiting"}
    outreach.change(lambda: db.session.execute(update(Blackout).values(channels=["text"])))
    outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert {state for state, _ in outreach.states(batch_id).values()} == {"sent"}


def test_a_letter_to_somebody_who_moved_since_is_made_again_to_the_new_address(
    outreach: Outreach, batch_id: int
) -> None:
    def moves() -> None:
        whose = select(Participant.person_id).where(Participant.id == outreach.people[1]).scalar_subquery()
        db.session.execute(update(Person).where(Person.id == whose).values(street="Newly Lane"))

    outreach.change(moves)
    said = outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert "Do not post these letters yet. 1 letter had to be taken out or made again." in said.text
    assert {state for state, _ in outreach.states(batch_id).values()} == {"waiting"}
    outreach.work()
    assert "Newly Lane" in " ".join(page.extract_text() for page in _pdf(outreach, batch_id).pages)
    outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert {state for state, _ in outreach.states(batch_id).values()} == {"sent"}


def test_letters_that_are_all_held_back_leave_nothing_to_hand_over(outreach: Outreach, batch_id: int) -> None:
    outreach.change(lambda: db.session.execute(update(Person).values(died_on=seeding.MONDAY.date())))
    said = outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert "3 letters had to be taken out or made again" in said.text
    outreach.work()
    assert outreach.batch_state(batch_id) == "done"
    assert set(outreach.states(batch_id).values()) == {("held back", "has died")}


def test_letters_of_a_batch_that_was_stopped_cannot_be_downloaded(outreach: Outreach, batch_id: int) -> None:
    cora, file = outreach.client_of("cora"), f"{BASE}/outreach/batches/{batch_id}/letters-1.pdf"
    assert cora.get(file).status_code == 200
    cora.post(f"{BASE}/outreach/batches/{batch_id}/pause")
    assert "this batch is paused" in cora.get(file).text
    assert "For the printer" not in cora.get(f"{BASE}/outreach/batches/{batch_id}").text
    outreach.client_of("clara").post(f"{BASE}/outreach/batches/{batch_id}/resume")
    assert cora.get(file).status_code == 200
    cora.post(f"{BASE}/outreach/batches/{batch_id}/cancel")
    assert cora.get(file).status_code == 403
    assert "For the printer" not in cora.get(f"{BASE}/outreach/batches/{batch_id}").text


def test_a_letter_to_somebody_who_died_since_is_recalled_and_the_file_made_again(
    outreach: Outreach, batch_id: int
) -> None:
    def dies() -> None:
        whose = select(Participant.person_id).where(Participant.id == outreach.people[1]).scalar_subquery()
        db.session.execute(update(Person).where(Person.id == whose).values(died_on=seeding.MONDAY.date()))

    outreach.change(dies)
    said = outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert "Do not post these letters yet. 1 letter had to be taken out or made again." in said.text
    assert outreach.batch_state(batch_id) == "approved"
    outreach.work()
    whole = " ".join(page.extract_text() for page in _pdf(outreach, batch_id).pages)
    assert "Twoword" not in whole
    outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    assert outreach.states(batch_id)[outreach.people[1]] == ("held back", "has died")


def test_the_link_in_a_letter_works_also_where_it_was_posted_before_anybody_said_so(
    outreach: Outreach, batch_id: int
) -> None:
    """People forget to press that the printer has the letters, and a "no" is heard all the same."""
    text = "".join("".join(page.extract_text().split()) for page in _pdf(outreach, batch_id).pages)
    token = text.split("/r/")[1][: len(f"{outreach.world.organisations['dover-town']}-") + 20]
    link, cora = f"/r/{token}", outreach.client_of("cora")
    outreach.client_of(None).post(link, data={"answer": "no thank you"})
    said = cora.sent(f"{BASE}/outreach/batches/{batch_id}/hand-over").text
    assert "1 letter had to be taken out" in said
    outreach.work()
    cora.post(f"{BASE}/outreach/batches/{batch_id}/hand-over")
    states = sorted(outreach.states(batch_id).values(), key=str)
    assert ("held back", "opted out of the programme") in states
    assert ("sent", None) in states
    assert outreach.client_of(None).get(link).status_code == 200, "they can change their mind"
    with outreach.acting("dover-town"):
        handed_over = select(Contact).where(Contact.batch_id == batch_id, Contact.state == "sent")
        assert all(contact.sent_at for contact in db.session.scalars(handed_over))


@pytest.fixture
def in_twos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of two letters."""
    monkeypatch.setattr(letters, "IN_A_PART", 2)


@pytest.fixture
def parted(in_twos: None, batch_id: int) -> int:
    """An approved batch of three letters in two parts."""
    return batch_id


def _words(outreach: Outreach, batch_id: int, part: int) -> str:
    return " ".join(" ".join(page.extract_text() for page in _pdf(outreach, batch_id, part).pages).split())


def _contacts(outreach: Outreach, batch_id: int) -> list[int]:
    with outreach.acting("dover-town"):
        wanted = select(Contact.id).where(Contact.batch_id == batch_id).order_by(Contact.id)
        return list(db.session.scalars(wanted))


def _parts(outreach: Outreach, batch_id: int) -> list[LetterPart]:
    with outreach.acting("dover-town"):
        wanted = select(LetterPart).where(LetterPart.batch_id == batch_id).order_by(LetterPart.number)
        return list(db.session.scalars(wanted))


def test_a_batch_comes_in_parts_with_everybody_in_one_of_them(outreach: Outreach, parted: int) -> None:
    first, second = (_words(outreach, parted, part) for part in (1, 2))
    for name, has, lacks in (
        ("Łukaszewicz", first, second),
        ("Twoword", first, second),
        ("Third", second, first),
    ):
        assert name in has
        assert name not in lacks
    page = outreach.client_of("cora").get(f"{BASE}/outreach/batches/{parted}").text
    assert "3 letters on" in page
    assert f"letters-{parted}-2.pdf" in page


def test_the_manifest_says_on_which_page_each_letter_begins(outreach: Outreach, parted: int) -> None:
    told = json.loads(outreach.client_of("cora").get(f"{BASE}/outreach/batches/{parted}/letters.json").text)
    contacts = _contacts(outreach, parted)
    listed = [entry for part in told["parts"] for entry in part["index"]]
    assert [entry["reference"] for entry in listed] == [
        letter_pages.reference_of(Contact(id=contact)) for contact in contacts
    ]
    for number, part in enumerate(told["parts"], 1):
        pages = _pdf(outreach, parted, number).pages
        for entry in part["index"]:
            text = "".join(pages[entry["page"] - 1].extract_text().split())
            assert f"Ourreference:{entry['reference']}" in text


def test_a_part_that_was_asked_for_twice_is_made_once(outreach: Outreach, parted: int) -> None:
    made = _parts(outreach, parted)
    outreach.change(lambda: [jobs.make_letters({"part_id": part.id}) for part in made])
    assert [one.file_id for one in _parts(outreach, parted)] == [one.file_id for one in made]


def test_one_letter_is_taken_out_and_only_its_part_made_again(outreach: Outreach, parted: int) -> None:
    before = _parts(outreach, parted)
    ben = _contacts(outreach, parted)[1]
    cora = outreach.client_of("cora")
    assert "Take this letter out" in cora.get(f"{BASE}/outreach/letters/{ben}").text
    assert "Taken out." in cora.sent(f"{BASE}/outreach/letters/{ben}/recall").text
    assert "are being made" in cora.sent(f"{BASE}/outreach/batches/{parted}/hand-over").text
    outreach.work()
    after = _parts(outreach, parted)
    assert [one.letters for one in after] == [1, 1]
    assert after[0].file_id != before[0].file_id
    assert after[1].file_id == before[1].file_id
    assert "Twoword" not in _words(outreach, parted, 1)
    cora.sent(f"{BASE}/outreach/batches/{parted}/hand-over")
    assert outreach.states(parted)[outreach.people[1]] == ("cancelled", "letter recalled")
    assert "too late" in cora.sent(f"{BASE}/outreach/letters/{ben}/recall").text


def test_who_was_taken_out_is_in_the_next_batch(outreach: Outreach, parted: int) -> None:
    ben = _contacts(outreach, parted)[1]
    outreach.client_of("cora").sent(f"{BASE}/outreach/letters/{ben}/recall")
    outreach.work()
    outreach.client_of("cora").sent(f"{BASE}/outreach/batches/{parted}/hand-over")
    assert set(outreach.states(outreach.build(2))) == {outreach.people[1]}


def test_a_letter_can_be_read_as_a_page_by_the_care_team_only(outreach: Outreach, batch_id: int) -> None:
    ada = _contacts(outreach, batch_id)[0]
    page = outreach.client_of("cora").get(f"{BASE}/outreach/letters/{ada}").text
    assert "Dear Ada Łukaszewicz" in page
    assert "Printed, and not handed over yet." in page
    with outreach.acting("dover-town"):
        secret = links.token_of(db.session.get(Contact, (scope.current().tenant, ada)))
    assert secret not in page
    assert outreach.client_of("mandy").get(f"{BASE}/outreach/letters/{ada}").status_code == 403
