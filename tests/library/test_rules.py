import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.library.documents import fill_html, html_of
from app.library.identifiers import identifiers_in
from app.library.rules import ALLOWED, KNOWN, MissingValue, faults_in, fill, placeholders_of, why_not_approve


def test_placeholders_ignore_case_and_extra_blanks() -> None:
    assert placeholders_of("((First  Name)) ((interpreter??We can book one))") == {
        "first name",
        "interpreter",
    }


def test_a_flag_shows_its_words_only_where_it_holds() -> None:
    body = "Hello((interpreter??, we have (a good) interpreter))."
    assert fill(body, {"interpreter": True}) == "Hello, we have (a good) interpreter."
    assert fill(body, {"interpreter": "no"}) == "Hello."


def test_a_value_is_never_read_as_a_placeholder() -> None:
    assert fill("((first name))", {"first name": "((nhs number))", "nhs number": "999"}) == "(nhs number)"


@given(st.text())
def test_no_value_brings_in_a_placeholder(value: str) -> None:
    assert not placeholders_of(fill("a ((first name)) b", {"first name": value}))


@given(st.text())
def test_no_value_brings_in_markdown_or_html(value: str) -> None:
    filled = fill_html(html_of("Dear ((full name))"), {"full name": value})
    assert filled.replace("<br>", "").count("<") == 2, "only the paragraph's own tags"


def test_a_missing_value_is_named() -> None:
    with pytest.raises(MissingValue, match=r"\(\(practice\)\)"):
        fill("((practice))", {})


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        ("((frist name))", "text", "Change ((frist name))"),
        ("((nhs number))", "text", "Take out ((nhs number)): it cannot be used in a text"),
        ("((interpreter))", "letter", "Write ((interpreter??words))"),
        ("Dear ((full name)", "letter", "Close each placeholder"),
        ("((interpreter??see ((practice))))", "letter", "Close each placeholder"),
    ],
)
def test_a_fault_says_what_to_do(body: str, kind: str, says: str) -> None:
    assert any(fault.startswith(says) for fault in faults_in(body, kind))


def test_every_allowed_placeholder_is_known() -> None:
    assert all(names <= set(KNOWN) for names in ALLOWED.values())


def test_html_in_a_document_is_shown_and_never_run() -> None:
    html = html_of(
        "<script>x</script> [a](javascript:x) ![i](https://elsewhere.test/a.png) [ok](https://www.nhs.uk)"
    )
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<img" not in html
    assert '<a href="https://www.nhs.uk">ok</a>' in html


def test_headings_start_below_the_page_heading_and_tables_are_dressed() -> None:
    html = html_of("# One\n\n## Two\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert "<h1" not in html
    assert '<h2 class="nhsuk-heading-m">One</h2>' in html
    assert '<h3 class="nhsuk-heading-s">Two</h3>' in html
    assert '<th class="nhsuk-table__header" scope="col">a</th>' in html


def test_a_new_line_in_a_value_is_a_line_break() -> None:
    assert fill_html(Markup("<p>((address block))</p>"), {"address block": "A & B\nDover"}) == (
        "<p>A &amp; B<br>Dover</p>"
    )


@pytest.mark.parametrize(
    "text", ["999 005 1062", "ring 9990051062.", "born on 3 May 1970", "DOB: 03/05/1970"]
)
def test_what_points_at_one_person_is_found(text: str) -> None:
    assert identifiers_in(text)


@pytest.mark.parametrize("text", ["01304 555 000", "871731000000106", "9990051063", "on 3 May 2026 we met"])
def test_other_numbers_and_dates_are_left_alone(text: str) -> None:
    assert identifiers_in(text) == []


@pytest.mark.parametrize(
    ("kind", "made_by", "who", "may"),
    [
        ("letter", 1, 1, False),
        ("letter", 1, 2, True),
        ("letter", None, 1, True),
        ("text", 1, 1, False),
        ("call script", 1, 1, False),
        ("SOP", 1, 1, True),
        ("programme set-up", 1, 1, True),
    ],
)
def test_what_people_are_sent_is_approved_by_a_second_person(
    kind: str, made_by: int, who: int, may: bool
) -> None:
    assert (why_not_approve(kind, made_by, who) == "") is may
