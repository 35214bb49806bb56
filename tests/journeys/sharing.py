"""Points 10 and 11: the funnel equals the rows; what was learnt goes to the neighbours, without a person."""

import re
from collections.abc import Iterable

from sqlalchemy import func, select

from app.library.models import LibraryItem
from app.people.models import Person as Patient
from app.programmes.models import Milestone, Participant
from tests.journeys.browser import Person
from tests.journeys.journey import PCN, Journey

SPINE = (
    "identified", "contacted", "engaged", "conversation held", "plan agreed", "referred", "referral accepted",
)  # fmt: skip
CANARIES = 10
WRITTEN = {
    "aim": "We wanted people in our most deprived streets to do what matters to them for their health.",
    "did": "An easy-read text first, then a letter, then a call only to those who had not answered.",
    "results": "Of ((identified)) people, ((contacted)) were reached and ((engaged)) took it up.",
    "learning": "Ask for the best time to call in the text itself.",
}
MEDWAY, SOWE = "/pcn/medway-central", "/pcn/sowe-valley"

# 10


def when_the_manager_reads_the_funnel(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(journey.programme).looks("programme-with-its-funnel")
    stages = mandy.page.locator(".oast-funnel__stage").all()
    journey.kept["funnel"] = [
        (
            " ".join(stage.locator(".oast-funnel__name").inner_text().split()).lower(),
            int(stage.locator(".oast-funnel__number").inner_text().replace(",", "")),
            str(stage.locator(".oast-funnel__count").get_attribute("href")),
        )
        for stage in stages
    ]
    journey.kept["losses"] = [
        (int(link.inner_text().split(" of ")[0].replace(",", "")), str(link.get_attribute("href")))
        for link in mandy.page.locator(".oast-funnel__lost a").all()
    ]
    journey.kept["places"] = [
        (int(re.sub(r"\D", "", count)), address)
        for count, address in _numbers_of(mandy, "Where people are now")
    ]


def _numbers_of(person: Person, table: str) -> Iterable[tuple[str, str]]:
    for link in person.page.get_by_role("table", name=table).locator("a").all():
        yield link.inner_text(), str(link.get_attribute("href"))


def then_it_equals_the_rows(journey: Journey) -> None:
    with journey.rows() as rows:
        live = (
            select(Milestone.kind, func.count())
            .where(Milestone.withdrawn_at.is_(None))
            .group_by(Milestone.kind)
        )
        counted = {kind: number for kind, number in rows.execute(live)}
        everybody = rows.scalar(select(func.count()).select_from(Participant))
    shown = {name: number for name, number, _ in journey.kept["funnel"]}
    assert tuple(shown) == SPINE
    assert shown == {kind: counted.get(kind, 0) for kind in SPINE}
    *places, (all_of_them, _) = journey.kept["places"]
    assert sum(number for number, _ in places) == all_of_them == everybody == 131


def then_each_number_opens_its_list(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg")
    numbers = [(number, address) for _, number, address in journey.kept["funnel"]]
    for number, address in [*numbers, *journey.kept["losses"], *journey.kept["places"]]:
        mandy.open(address)
        assert mandy.heading.startswith(f"{number} p"), f"{address} says {mandy.heading}, not {number}"


def then_it_is_printed(journey: Journey) -> None:
    lines = [f"{number:>6}  {name}" for name, number, _ in journey.kept["funnel"]]
    print("\n\nThe Dover Town funnel\n" + "\n".join(lines))  # noqa: T201 - `make journey` shows it


# 11


def when_the_manager_shares_letter_procedure_and_learning(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg")
    for name in ("Dover Town letter", "Dover Town SOP"):
        mandy.open(f"{PCN}/library?show=ours").follow(name).press("Share with your ICB").sees(
            "can now read this version"
        )
    mandy.open(f"{journey.programme}/learning").follow("Write the page")
    mandy.fill(results="Of ((everyone)) people, three people came.").press("Save")
    mandy.is_told_what_is_wrong("everyone")
    mandy.fill(**WRITTEN).press("Save").sees("This is a draft")
    mandy.press("Share with your ICB").sees("shared with everybody in your ICB").looks("learning-shared")


def then_figures_are_filled_in_and_small_numbers_hidden(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").sees("Of 130 people").sees("fewer than 8")
    hidden = [row for row in mandy.cells("How many people came to each point") if row[1] == "fewer than 8"]
    small = [name for name, number, _ in journey.kept["funnel"] if 0 < number < 8]
    assert [row[0].lower() for row in hidden] == small


def when_the_neighbour_looks(journey: Journey) -> None:
    mo = journey.at_desk("Mo Adeyemi").open(f"{MEDWAY}/library?show=shared")
    mo.sees("Dover Town letter").sees("Dover Town SOP").looks("library-of-the-neighbour")
    mo.go_to("Learning").follow("What we learnt").sees("Dover Town PCN").sees("Of 130 people")


def when_the_neighbour_adopts_the_letter(journey: Journey) -> None:
    mo = journey.at_desk("Mo Adeyemi").open(f"{MEDWAY}/library?show=shared&name=Dover+Town+letter")
    mo.follow_in_row("Dover Town PCN").sees("Made by").press("Adopt").sees("Dover Town PCN, version 1").looks(
        "letter-adopted"
    )


def then_the_origin_is_kept(journey: Journey) -> None:
    with journey.rows("pcn", "medway-central") as rows:
        item = rows.scalars(select(LibraryItem).where(LibraryItem.kind == "letter")).one()
        assert (item.origin_name, item.origin_version, item.state) == ("Dover Town PCN", 1, "draft")


def then_the_icb_sees_figures(journey: Journey) -> None:
    ivy = (
        journey.at_desk("Ivy Barden").open("/icb/kent-and-medway/overview").sees("Dover Town PCN").sees("130")
    )
    ivy.sees("fewer than 8").looks("overview-with-figures")
    ivy.go_to("Learning").follow("What we learnt")


def then_the_other_icb_sees_none_of_it(journey: Journey) -> None:
    sam = journey.at_desk("Sam Okafor").open(f"{SOWE}/library?show=shared").does_not_see("Dover Town")
    sam.go_to("Learning").does_not_see("Dover Town")
    journey.at_desk("Ian Prosser").open("/icb/coventry-and-warwickshire/overview").does_not_see("Dover")
    original = journey.at_desk("Mo Adeyemi").address_of("See the original")
    assert sam.answer_at(original.replace("medway-central", "sowe-valley"))[0] == 404


def then_no_neighbour_has_seen_a_person(journey: Journey) -> None:
    doors = (f"{PCN}/people", f"{journey.programme}/participants", journey.kept["willing"][0], f"{PCN}/calls")
    for name in ("Mo Adeyemi", "Ivy Barden", "Asha Lama", "Sam Okafor"):
        person = journey.at_desk(name)
        assert [person.answer_at(door)[0] for door in doors] == [404] * len(doors), name
    journey.at_desk("Asha Lama").open("/partner/aspire/inbox").sees("Nothing waits")
    words = _names_of_ten(journey)
    assert [word for word in words if word in "\n".join(journey.read_by("Cora Minter"))], (
        "the canaries are mute"
    )
    for name in ("Mo Adeyemi", "Ivy Barden", "Asha Lama", "Sam Okafor", "Ian Prosser", "Olu Bankole"):
        read = "\n".join(journey.read_by(name))
        assert read, f"{name} has read nothing"
        assert not [word for word in words if word in read], name


def _names_of_ten(journey: Journey) -> list[str]:
    """Full names and NHS numbers of ten of the cohort who were not referred."""
    with journey.rows() as rows:
        people = rows.scalars(
            select(Patient)
            .join(
                Participant,
                (Participant.tenant_id == Patient.tenant_id) & (Participant.person_id == Patient.id),
            )
            .where(Participant.status.not_in(("referred", "referral accepted", "referral declined")))
            .order_by(Patient.id)
        ).all()
    referred = journey.kept["referred names"]
    words = [
        (p.name, p.nhs_number, f"{p.nhs_number[:3]} {p.nhs_number[3:6]} {p.nhs_number[6:]}") for p in people
    ]
    return [word for three in words[:CANARIES] for word in three if word not in referred]


# All the way


def then_nothing_went_wrong_on_the_way(journey: Journey) -> None:
    assert not journey.office.faults, "\n".join(sorted(set(journey.office.faults)))
    assert "Traceback" not in journey.service.logs()
