"""A form that is sent after the session has ended: back to its page after signing in, and told of it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from tests.checking import CheckingClient
from tests.signin.conftest import START, People, code, give_password
from tests.world import World

ClientOf = Callable[..., CheckingClient]
Moved = Callable[..., None]
HERE = "http://localhost"
STARTING = "/pcn/dover-town/programmes/start?setup=0"
CLAIM = "/pcn/dover-town/calls/1/claim"  # answers only when a form is sent
NOT_SAVED = "What you sent was not saved, because you were signed out. Enter it again."


@pytest.fixture
def late(mandy: CheckingClient, moved: Moved) -> CheckingClient:
    """Mandy, whose session has ended by itself."""
    moved(START + dt.timedelta(minutes=16), stay=False)
    return mandy


def _signs_in_again(client: CheckingClient, sent: str, who: str = "mandy") -> str:
    give_password(client, f"{who}@example.test", path=sent)
    return str(client.post("/sign-in/code", data={"code": code()}).location)


def _sent(client: CheckingClient, path: str, **headers: str) -> Any:
    return client.post(path, data={"name": "Healthy hearts"}, headers=headers)


def test_a_form_that_was_sent_too_late_leads_back_to_its_page_with_a_notice(late: CheckingClient) -> None:
    sent = _sent(late, "/account/sessions/end-others", Referer=f"{HERE}/account?from=menu").location
    page = late.get(sent).text
    assert "You were signed out to keep people&#39;s information safe." in page
    assert "What you sent was not saved. Sign in, then enter it again." in page
    assert _signs_in_again(late, sent) == "/account?from=menu"
    assert NOT_SAVED in late.get("/account?from=menu").text
    assert NOT_SAVED not in late.get("/account").text


def test_without_a_word_of_the_page_it_leads_to_the_posted_address_where_that_can_be_opened(
    late: CheckingClient,
) -> None:
    sent = _sent(late, "/account/password?why=old").location
    assert _signs_in_again(late, sent) == "/account/password?why=old"
    assert NOT_SAVED in late.get("/account/password").text


def test_a_page_that_only_a_form_leads_to_is_left_for_one_that_can_be_opened(late: CheckingClient) -> None:
    """The browser shows a form with what is wrong under the address that it was sent to."""
    sent = _sent(late, "/account/password", Referer=HERE + CLAIM).location
    assert _signs_in_again(late, sent) == "/account/password"


def test_a_form_whose_page_nobody_knows_leads_home_with_the_notice(late: CheckingClient) -> None:
    sent = _sent(late, "/account/sessions/end-others").location
    assert _signs_in_again(late, sent) == "/"
    home = late.get("/").location
    assert NOT_SAVED in late.get(home).text


def test_the_notice_outlasts_a_password_that_took_too_long_and_a_wrong_code(
    late: CheckingClient, moved: Moved
) -> None:
    sent = _sent(late, "/account/password").location
    give_password(late, "mandy@example.test", path=sent)
    moved(START + dt.timedelta(minutes=30), stay=False)
    again = late.post("/sign-in/code", data={"code": code()}).location
    give_password(late, "mandy@example.test", path=again)
    assert late.post("/sign-in/code", data={"code": "000000"}).status_code == 422
    assert late.post("/sign-in/code", data={"code": code()}).location == "/account/password"
    assert NOT_SAVED in late.get("/account/password").text


def test_htmx_is_sent_to_sign_in_and_then_to_the_page_that_it_was_on(late: CheckingClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": HERE + STARTING}
    answer = _sent(late, CLAIM, **headers)
    assert (answer.status_code, answer.text) == (401, "")
    assert _signs_in_again(late, answer.headers["HX-Redirect"]) == STARTING
    assert NOT_SAVED in late.get("/account").text


def test_a_part_that_htmx_asked_for_leads_to_its_page_and_nothing_was_lost(late: CheckingClient) -> None:
    headers = {"HX-Request": "true", "HX-Target": "due", "HX-Current-URL": f"{HERE}/pcn/dover-town/today"}
    sent = late.get("/pcn/dover-town/outreach/due", headers=headers).headers["HX-Redirect"]
    assert "not saved" not in late.get(sent).text
    assert _signs_in_again(late, sent) == "/pcn/dover-town/today"
    assert NOT_SAVED not in late.get("/account").text


def test_a_filter_that_htmx_asked_for_is_kept(late: CheckingClient) -> None:
    headers = {"HX-Request": "true", "HX-Target": "people", "HX-Current-URL": f"{HERE}/account"}
    sent = late.get("/account?q=a", headers=headers).headers["HX-Redirect"]
    assert _signs_in_again(late, sent) == "/account?q=a"


@pytest.mark.parametrize(
    "page",
    [
        "https://elsewhere.test/account",
        "http://localhost.elsewhere.test/account",
        "http://localhost@elsewhere.test/account",
        "http://localhost//elsewhere.test",
        "http://localhost/\\elsewhere.test",
        "javascript://localhost/%0aalert(1)",
        "http://[/account",
        "/account",
        "http://localhost/nowhere",
    ],
)
@pytest.mark.parametrize("header", ["Referer", "HX-Current-URL"])
def test_no_word_of_a_page_leads_anywhere_else(late: CheckingClient, header: str, page: str) -> None:
    headers = {header: page} | ({"HX-Request": "true"} if header.startswith("HX") else {})
    answer = _sent(late, "/account/sessions/end-others", **headers)
    sent = answer.headers.get("HX-Redirect") or answer.location
    assert "next" not in sent
    assert _signs_in_again(late, sent) == "/"


def test_nothing_is_sent_again(late: CheckingClient, client_of: ClientOf) -> None:
    elsewhere = client_of("mandy")
    sent = _sent(late, "/account/sessions/end-others", Referer=f"{HERE}/account").location
    late.get(_signs_in_again(late, sent))
    assert elsewhere.get("/account").status_code == 200


def test_whoever_signed_in_elsewhere_meanwhile_goes_straight_back_with_the_notice(
    late: CheckingClient,
) -> None:
    sent = _sent(late, "/account/password").location
    _signs_in_again(late, "/sign-in")
    assert late.get(sent).location == "/account/password"
    assert NOT_SAVED in late.get("/account/password").text


def test_whoever_signed_out_in_another_window_is_told_too(client_of: ClientOf) -> None:
    sent = _sent(client_of(None), "/account/password").location
    assert sent == "/sign-in?next=/account/password&lost=yes"
    client = client_of(None)
    sent = _sent(client, "/account/password").location
    assert "What you sent was not saved. Sign in, then enter it again." in client.get(sent).text


def test_whoever_belongs_to_several_is_back_at_the_organisation_they_worked_for(
    client_of: ClientOf, ready: People
) -> None:
    ready("both")
    client = client_of(None)
    today = "/pcn/dover-town/today"
    sent = _sent(client, CLAIM, Referer=HERE + today).location
    assert _signs_in_again(client, sent, "both") == today
    assert NOT_SAVED in client.get(today).text


def test_in_the_demonstration_who_one_was_leads_back_too(client_of: ClientOf, world: World) -> None:
    client = client_of(None)
    today = "/pcn/dover-town/today"
    sent = _sent(client, CLAIM, Referer=HERE + today).location
    assert f"/demonstration?next={today}&amp;lost=yes" in client.get(sent).text
    page = client.get(f"/demonstration?next={today}&lost=yes").text
    wanted = f"/demonstration/become/{world.accounts['mandy']}?next={today}&lost=yes"
    assert wanted.replace("&", "&amp;") in page
    assert f"/demonstration/become/{world.accounts['mira']}?next=/pcn/medway-central/today" in page
    assert client.post(wanted).location == today
    assert NOT_SAVED in client.get(today).text
