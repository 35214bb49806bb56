"""Points 1 and 2: Dover Town comes on board, its staff join, a programme starts from the shared set-up."""

import datetime as dt

from tests.journeys.browser import Person
from tests.journeys.journey import PASSWORD, PCN, Journey, code_of

PRACTICES = {
    "G82999": ("Castle Street Surgery", "Rita Hogben"),
    "G82998": ("Pencester Practice", "Robert Amos"),
    "G82997": ("Buckland Medical Centre", "Rosa Denne"),
    "Y99996": ("Harbour Health", "Rhys Tapley"),
}
STAFF = {
    "Alan Pryor": "analyst",
    "Dr Clara Osei": "clinician",
    "Cora Minter": "care coordinator",
    "Pat Solley": "patient council member",
}
MESSAGES = ("Dover Town text", "Dover Town letter", "Dover Town call script")
AGREEMENT = {
    "reference": "KM-RoS-2026-014",
    "lawful_basis": "Public task, with the person's explicit consent",
    "signed_by": "Dr Clara Osei",
}


def address_of(name: str) -> str:
    """The e-mail address that a member of staff has in this story."""
    return f"{name.lower().replace('dr ', '').replace(' ', '.')}@dover-town.example"


# 1


def when_the_icb_admin_forgets_what_is_needed(journey: Journey) -> None:
    ivy = journey.at_desk("Ivy Barden")
    ivy.open("/icb/kent-and-medway/overview").go_to("PCNs").follow("Onboard a PCN")
    ivy.fill(name="Dover Town PCN", practices="G82999").press("Onboard the PCN")
    ivy.is_told_what_is_wrong("Enter the PCN code", "Enter the manager’s full name", "name of the practice")


def when_the_icb_admin_onboards_dover_town(journey: Journey) -> None:
    practices = "\n".join(f"{code} {name}" for code, (name, _) in PRACTICES.items())
    ivy = journey.at_desk("Ivy Barden").fill(
        code="U99901", slug="dover-town", practices=practices,
        manager_name="Mandy Fagg", manager_email=address_of("Mandy Fagg"),
    )  # fmt: skip
    ivy.press("Onboard the PCN").sees("Dover Town PCN").sees("Waiting for them")


def when_the_manager_accepts_the_invitation(journey: Journey) -> None:
    accept_invitation(journey, journey.stranger("Mandy Fagg"), careful=True)


def accept_invitation(journey: Journey, person: Person, *, careful: bool = False) -> None:
    """Open the link in the mail, choose a password, add the phone, keep the recovery codes."""
    person.open("/demonstration/mail").sees_after_refreshing(address_of(person.name))
    card = person.page.locator(".nhsuk-card", has_text=f"To {address_of(person.name)}").first
    person.open(card.locator('a[href*="/invitation/"]').inner_text())
    if careful:
        person.fill(password="conkers", again="conker").press("Create account")
        person.is_told_what_is_wrong("Both passwords must be the same")
    person.fill(password=PASSWORD, again=PASSWORD).press("Create account")
    secret = person.page.locator("code.oast-key").first.inner_text().replace(" ", "")
    if careful:
        person.fill(code="000000").press("Continue").is_told_what_is_wrong("code")
    person.fill(code=code_of(secret)).press("Continue").sees("Save your recovery codes")
    journey.kept.setdefault("secrets", {})[person.name] = secret
    journey.kept.setdefault("codes", {})[person.name] = person.page.locator(
        ".oast-codes code"
    ).all_inner_texts()
    if careful:
        person.press("Continue").is_told_what_is_wrong("Save your recovery codes")
    person.choose("saved", "y").press("Continue")


def then_the_manager_is_at_work(journey: Journey) -> None:
    mandy = journey.desks["Mandy Fagg"]
    assert mandy.path == f"{PCN}/today"
    assert len(journey.kept["codes"]["Mandy Fagg"]) == 10
    mandy.sees("Waiting for you")


def then_the_icb_sees_that_somebody_leads_it(journey: Journey) -> None:
    ivy = journey.at_desk("Ivy Barden")
    ivy.open(ivy.page.url).sees("A PCN manager leads Dover Town PCN")


# 2


def given_the_manager_has_said_how_letters_are_signed(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").go_to("Settings")
    mandy.open(f"{PCN}/settings/sender")
    mandy.fill(sender_name="Dover Town PCN", phone="", address="", privacy_url="dover").press("Save")
    mandy.is_told_what_is_wrong("Enter the phone number")
    mandy.fill(
        phone="01304 555 0100", address="1 Biggin Street\nDover",
        privacy_url="https://www.dover-town.example/privacy",
    ).press("Save")  # fmt: skip
    mandy.sees("Settings")


def given_an_agreement_with_one_you_kent(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{PCN}/settings/agreements").follow("Add an agreement")
    mandy.press("Save").is_told_what_is_wrong("Choose the partner", "Enter the reference")
    mandy.select("partner", "One You Kent").fill(**AGREEMENT)
    mandy.choose("data_classes", "contact details", "reason for referral", "needs")
    mandy.date("starts_on", dt.date(2026, 4, 1)).date("ends_on", dt.date(2027, 3, 31)).press("Save")
    mandy.sees("In date")


def given_her_colleagues_have_joined(journey: Journey) -> None:
    for name, role in STAFF.items():
        invite(journey, name, role)
    for practice, releaser in PRACTICES.values():
        invite(journey, releaser, "practice releaser", practice)
    journey.at_desk("Mandy Fagg").open(f"{PCN}/settings/staff").looks("staff-invited")
    for name in [*STAFF, *(releaser for _, releaser in PRACTICES.values())]:
        person = journey.office.seat(name)
        accept_invitation(journey, person)
        person.leave()
    journey.at_desk("Mandy Fagg").open(f"{PCN}/settings/staff").sees("Rhys Tapley").looks("staff-joined")


def invite(journey: Journey, name: str, role: str, practice: str = "") -> None:
    """Invite a colleague in the form under Settings."""
    mandy = journey.at_desk("Mandy Fagg").open(f"{PCN}/settings/staff").follow("Invite a colleague")
    mandy.fill(name=name, email=address_of(name)).choose("role", role)
    if practice:
        mandy.select("practice", practice)
    mandy.press("Send the invitation").sees(name)


def when_the_manager_starts_the_shared_programme(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").go_to("Programmes").follow("Start a programme")
    mandy.sees("Shared by NHS Kent and Medway ICB").follow("Dover Town")
    mandy.sees("comes as a draft, for you to approve").fill(name="").press("Start the programme")
    mandy.is_told_what_is_wrong("name")
    mandy.fill(name="Dover Town").press("Start the programme")
    mandy.sees("5 tasks to do before the programme can go live")
    journey.programme = mandy.path.removesuffix("/set-up")


def when_the_patient_council_reads_what_came_with_it(journey: Journey) -> None:
    pat = journey.at_desk("Pat Solley").go_to("Today").follow("5 messages to read").looks("messages-to-read")
    for name in MESSAGES:
        pat.open(f"{PCN}/library/to-read")
        with pat.page.expect_navigation():
            pat.page.get_by_role("link", name=name, exact=True).click()
        pat.arrived().press("It is clear").sees("Whoever approves it can see that you have read it")


def when_the_clinician_approves_what_came_with_it(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei")
    for name in MESSAGES:
        clara.open(f"{PCN}/library?show=ours").follow(name).sees("from").follow("Read and approve")
        clara.press("Approve version 1").sees("Approved")
    clara.open(f"{PCN}/library?show=ours").follow("Dover Town SOP").press("Approve").sees("Approved")


def then_only_the_cohort_is_missing(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/set-up")
    mandy.sees("2 tasks to do before the programme can go live")
    mandy.open(f"{journey.programme}/change-state").sees("Freeze the cohort")


# On a later day


def given_the_manager_signs_in_with_password_and_code(journey: Journey) -> None:
    mandy = journey.desks["Mandy Fagg"] = journey.office.seat("Mandy Fagg")
    mandy.open("/sign-in").fill(email=address_of("Mandy Fagg"), password="four wet conkers").press("Continue")
    mandy.is_told_what_is_wrong("password")
    mandy.fill(email=address_of("Mandy Fagg"), password=PASSWORD).press("Continue")
    mandy.fill(code=code_of(journey.kept["secrets"]["Mandy Fagg"])).press("Sign in")
    assert mandy.path == f"{PCN}/today"


def given_the_manager_has_lost_her_phone(journey: Journey) -> None:
    mandy = journey.desks["Mandy Fagg"] = journey.office.seat("Mandy Fagg")
    mandy.open("/sign-in").fill(email=address_of("Mandy Fagg"), password=PASSWORD).press("Continue")
    mandy.follow("I do not have my phone").fill(code=journey.kept["codes"]["Mandy Fagg"][0]).press("Sign in")
    assert mandy.path == f"{PCN}/today"
