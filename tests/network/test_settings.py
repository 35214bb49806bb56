"""Settings: sender details, hours, stopping everything, practices, agreements."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select

from app.audit import AuditEvent
from tenants.db import db
from tenants.models import Agreement, PcnSettings, Practice, settings_of_pcn

PCN = "/pcn/dover-town/settings"
SENDER = {
    "sender_name": "Dover Town PCN",
    "phone": "01304 555 111",
    "address": "2 Quay Street\nDover",
    "privacy_url": "https://www.dover.example/privacy",
}


def last_event() -> AuditEvent:
    return db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("who", "path", "shown", "not_shown"),
    [
        (
            "mandy",
            PCN,
            ["Sender details", "Agreements with partners", "Staff", "Background work", "Activity"],
            [],
        ),
        (
            "ivy",
            "/icb/kent-and-medway/settings",
            ["Staff", "Background work", "Activity"],
            ["Sender details"],
        ),
        (
            "olu",
            "/partner/one-you-kent/settings",
            ["Staff"],
            ["Sender details", "Background work", "Activity"],
        ),
    ],
)
def test_settings_show_what_each_kind_of_organisation_can_set(
    client_of: Any, who: str, path: str, shown: list[str], not_shown: list[str]
) -> None:
    page = client_of(who).get(path)
    assert page.status_code == 200
    assert all(each in page.text for each in shown)
    assert not any(each in page.text for each in not_shown)


@pytest.mark.parametrize(
    "path",
    ["", "/sender", "/sending", "/practices", "/agreements", "/agreements/add", "/staff", "/staff/invite"],
)
@pytest.mark.parametrize(
    ("who", "status"), [("cora", 403), ("mo", 404), ("ivy", 404), ("wes", 404), (None, 302)]
)
def test_nobody_but_the_pcns_manager_opens_its_settings(
    client_of: Any, path: str, who: str, status: int
) -> None:
    assert client_of(who).get(PCN + path).status_code == status


# Sender details.


def test_sender_details_are_saved_and_recorded(client_of: Any, acting: Any) -> None:
    client = client_of("mandy")
    assert "1 Biggin Street" in client.get(f"{PCN}/sender").text
    assert "Sender details saved" in client.sent(f"{PCN}/sender", **SENDER).text
    with acting("dover-town"):
        assert settings_of_pcn().phone == "01304 555 111"
        event = last_event()
        assert (event.action, event.subject, event.actor) == ("changed", "sender details", "Mandy")


def test_sender_details_that_are_missing_or_no_address_are_refused(client_of: Any, acting: Any) -> None:
    page = client_of("mandy").post(
        f"{PCN}/sender", data=SENDER | {"phone": " ", "privacy_url": "our website"}
    )
    assert page.status_code == 422
    assert "Enter the phone number" in page.text
    assert "starting with https://" in page.text
    assert "our website" in page.text
    with acting("dover-town"):
        assert settings_of_pcn().phone == "01304 555 000"


def test_a_pcn_without_sender_details_is_told_to_complete_them(client_of: Any, acting: Any) -> None:
    with acting("dover-town"):
        settings_of_pcn().phone = ""
        db.session.commit()
    assert "Add what is missing" in client_of("mandy").get(PCN).text
    assert "Complete your sender details" in client_of("mandy").get("/pcn/dover-town/today").text


# Sending.


def test_sending_hours_are_saved(client_of: Any, acting: Any) -> None:
    page = client_of("mandy").sent(f"{PCN}/sending", send_from="10:30", send_until="16:00")
    assert "Sending hours saved" in page.text
    with acting("dover-town"):
        assert settings_of_pcn().send_from == dt.time(10, 30)


@pytest.mark.parametrize(
    ("send_from", "send_until", "message"),
    [
        ("nine", "18:00", "Write a time on the 24-hour clock"),
        ("18:00", "09:00", "Enter a time after sending starts"),
        ("", "25:00", "Enter the time that sending starts"),
    ],
)
def test_hours_that_are_no_hours_are_refused(
    client_of: Any, send_from: str, send_until: str, message: str
) -> None:
    page = client_of("mandy").post(f"{PCN}/sending", data={"send_from": send_from, "send_until": send_until})
    assert page.status_code == 422
    assert message in page.text


def test_all_sending_is_stopped_and_allowed_again_once(client_of: Any, acting: Any) -> None:
    client = client_of("mandy")
    page = client.get(f"{PCN}/sending").text
    assert "Every text, e-mail, letter and call of every programme stops at once." in page
    assert "Texts and e-mails go out between these times" in page
    assert "All sending is stopped" in client.sent(f"{PCN}/sending/stop").text
    assert "stopped already" in client.sent(f"{PCN}/sending/stop").text
    with acting("dover-town"):
        kept = settings_of_pcn()
        assert kept.sending_stopped_at is not None
        assert kept.sending_stopped_by == "Mandy"
        stops = select(func.count()).where(AuditEvent.action == "stopped")
        assert db.session.scalar(stops) == 1
    assert "Stopped" in client.get(PCN).text
    assert "Sending is allowed again" in client.sent(f"{PCN}/sending/allow").text
    assert "allowed already" in client.sent(f"{PCN}/sending/allow").text
    with acting("dover-town"):
        assert settings_of_pcn().sending_stopped_at is None
    with acting("medway-central"):
        assert settings_of_pcn().sending_stopped_at is None


@pytest.mark.parametrize(("who", "status"), [("clara", 403), ("mo", 404), ("ivy", 404)])
def test_nobody_else_stops_sending(client_of: Any, acting: Any, who: str, status: int) -> None:
    assert client_of(who).post(f"{PCN}/sending/stop").status_code == status
    with acting("dover-town"):
        assert db.session.scalars(select(PcnSettings.sending_stopped_at)).one() is None


# Practices.


def test_a_practice_is_added_once(client_of: Any, acting: Any) -> None:
    client = client_of("mandy")
    for _ in range(2):
        assert (
            "Quay Surgery added" in client.sent(f"{PCN}/practices", code="g82950", name="Quay Surgery").text
        )
    with acting("dover-town"):
        assert len(db.session.scalars(select(Practice).where(Practice.code == "G82950")).all()) == 1


@pytest.mark.parametrize(
    ("code", "message"),
    [("X1", "Enter a practice code"), ("G82999", "already one of your practices"), ("", "Enter")],
)
def test_a_practice_with_a_wrong_or_taken_code_is_refused(client_of: Any, code: str, message: str) -> None:
    page = client_of("mandy").post(f"{PCN}/practices", data={"code": code, "name": "Another"})
    assert page.status_code == 422
    assert message in page.text


# Agreements.


@pytest.fixture
def agreement(world: Any) -> dict[str, Any]:
    return {
        "partner": str(world.organisations["aspire"]),
        "reference": "KM-077",
        "lawful_basis": "consent",
        "data_classes": ["contact details", "needs"],
        "starts_on-day": "1", "starts_on-month": "4", "starts_on-year": "2026",
        "ends_on-day": "31", "ends_on-month": "3", "ends_on-year": "2027",
        "signed_by": "Dr A Example",
    }  # fmt: skip


def test_an_agreement_is_saved_once_and_listed(
    client_of: Any, acting: Any, agreement: dict[str, Any]
) -> None:
    client = client_of("mandy")
    for _ in range(2):
        page = client.sent(f"{PCN}/agreements/add", **agreement)
        assert "Agreement KM-077 saved" in page.text
    assert "ASPIRE community health" in page.text
    assert "Contact details, needs" in page.text
    with acting("dover-town"):
        kept = db.session.scalars(select(Agreement).where(Agreement.reference == "KM-077")).one()
        assert kept.ends_on == dt.date(2027, 3, 31)
    with acting("medway-central"):
        assert db.session.scalars(select(Agreement)).all() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"partner": ""}, "Choose the partner"),
        ({"data_classes": []}, "Choose at least one kind"),
        ({"ends_on-year": "2025"}, "Enter a last day on or after the first day"),
        ({"starts_on-day": "31"}, "must be a real date"),
        ({"reference": "KM-001", "partner": "one-you-kent"}, "Enter another reference"),
        ({"partner": "compassionate-communities"}, "Not a valid choice"),
    ],
)
def test_an_agreement_with_a_fault_is_refused_with_what_was_entered(
    client_of: Any, world: Any, agreement: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    if change.get("partner"):
        change = change | {"partner": str(world.organisations[change["partner"]])}
    page = client_of("mandy").post(f"{PCN}/agreements/add", data=agreement | change)
    assert page.status_code == 422
    assert message in page.text
    assert "Dr A Example" in page.text
