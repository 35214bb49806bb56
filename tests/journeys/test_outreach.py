"""Both sequences of outreach, in a browser: Dover's text, letter and call, and Medway's letter and call.

The parts follow each other: each goes on where the one before ended. What each sentence means stands in the
module that it is taken from. Texts go by HTTP to the stand-in for GOV.UK Notify, which calls back.
"""

from collections.abc import Iterator, Mapping

import pytest

from tests.journeys import (
    accounting,
    answers,
    medway,
    messages,
    pacing,
    posting,
    ringing,
    sharing,
    texting,
)
from tests.journeys.journey import Journey
from tests.stand_in import notify

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def port() -> int:
    """Where the stand-in will listen."""
    return notify.free_port()


@pytest.fixture(scope="module")
def given(port: int) -> Mapping[str, str]:
    """The service takes the stand-in for GOV.UK Notify."""
    return {"NOTIFY_URL": f"http://127.0.0.1:{port}"}


@pytest.fixture(scope="module", autouse=True)
def post(stage: Journey, port: int) -> Iterator[None]:
    """The stand-in, with the journey's clock."""
    with notify.served(port=port) as stage.kept["post"]:
        yield


def test_01_messages_are_written_read_and_approved(journey: Journey) -> None:
    messages.given_a_programme_whose_people_are_released(journey)
    messages.when_the_manager_writes_a_text_that_says_too_much(journey)
    messages.when_the_patient_council_sends_it_back(journey)
    messages.when_the_manager_changes_it_without_script(journey)
    messages.when_the_patient_council_finds_it_clear(journey)
    messages.then_the_clinician_approves_it_although_it_warns(journey)
    messages.then_an_approved_version_never_changes(journey)


def test_02_the_steps_are_set_and_the_weeks_looked_at(journey: Journey) -> None:
    pacing.when_the_manager_adds_a_step_and_moves_it(journey)
    pacing.when_she_takes_it_out_again_without_script(journey)
    pacing.then_it_is_read_aloud_to_who_may_not_change_it(journey)
    pacing.when_the_manager_goes_live(journey)
    pacing.then_the_coming_weeks_show_who_is_due_and_what_clashes(journey)
    pacing.when_the_manager_adds_quiet_days(journey)
    pacing.when_she_says_how_often_people_are_contacted(journey)
    pacing.when_the_manager_connects_texts_to_notify(journey)


def test_03_a_second_person_approves_what_was_read(journey: Journey) -> None:
    texting.given_it_is_a_quiet_friday(journey)
    texting.when_the_batch_of_texts_is_built(journey)
    pacing.then_a_step_whose_batch_was_built_keeps_its_place(journey)
    texting.when_of_a_shared_number_one_is_chosen_without_script(journey)
    texting.when_she_holds_back_all_but_one(journey)
    texting.then_it_is_approved_only_as_it_was_read(journey)
    texting.then_nothing_goes_out_on_the_quiet_day(journey)


def test_04_texts_are_stopped_let_go_and_sent_once(journey: Journey) -> None:
    texting.given_it_is_early_on_monday(journey)
    texting.when_it_is_paused_and_everything_stopped(journey)
    texting.when_it_is_resumed_but_all_is_still_stopped(journey)
    texting.when_the_manager_allows_sending_again(journey)
    texting.then_each_text_goes_out_once(journey)
    texting.then_the_numbers_that_bounced_are_known_to_be_bad(journey)
    texting.when_somebody_texts_stop(journey)
    texting.then_it_stands_on_their_page_as_what_it_is(journey)
    texting.when_another_text_has_to_be_read_by_somebody(journey)


def test_05_people_answer(journey: Journey) -> None:
    answers.when_one_asks_for_a_call_on_thursday(journey)
    answers.when_one_needs_large_print_and_an_interpreter(journey)
    answers.when_one_wants_to_be_asked_later(journey)
    answers.when_one_says_no_and_then_thinks_again_without_script(journey)
    answers.when_one_says_no_thank_you(journey)
    answers.then_an_altered_link_tells_nothing(journey)
    answers.then_each_answer_is_a_row_and_the_change_took_the_first_back(journey)
    answers.then_what_they_need_stands_on_their_page(journey)


def test_06_some_are_rung_as_they_asked(journey: Journey) -> None:
    ringing.given_it_is_thursday(journey)
    ringing.when_one_does_not_answer(journey)
    ringing.when_one_is_spoken_to_and_wants_to_talk_without_script(journey)
    ringing.when_one_needs_an_interpreter_and_one_is_booked(journey)
    ringing.when_a_message_is_left_on_friday(journey)


def test_07_letters_go_out_and_one_comes_back(journey: Journey) -> None:
    posting.given_a_week_has_gone(journey)
    ringing.when_the_third_try_is_in_vain(journey)
    ringing.then_nobody_rings_them_until_somebody_decides(journey)
    posting.when_a_batch_is_cancelled_everybody_in_it_is_due_again(journey)
    posting.when_the_letters_are_built_and_approved(journey)
    posting.then_nobody_who_answered_gets_one(journey)
    posting.then_who_stopped_texts_gets_one_all_the_same(journey)
    posting.then_who_needs_large_print_gets_the_large_letter(journey)
    posting.when_one_says_no_before_the_letters_are_handed_over(journey)
    posting.then_they_are_handed_to_the_printer_without_script(journey)
    posting.given_the_post_has_come(journey)
    posting.when_a_slip_is_entered(journey)
    posting.then_it_is_an_opt_out_of_this_programme_alone(journey)
    posting.when_a_letter_came_back(journey)
    posting.then_their_address_is_bad_and_the_call_is_next(journey)


def test_08_the_rest_are_rung(journey: Journey) -> None:
    ringing.given_one_answers_after_the_letter(journey)
    ringing.when_the_call_list_is_made(journey)
    ringing.then_agreed_times_stand_on_top(journey)
    ringing.then_who_opted_out_by_link_or_slip_is_not_on_it(journey)
    ringing.when_barriers_are_heard(journey)
    ringing.when_one_wants_time(journey)
    ringing.then_the_planner_and_the_clinician_see_barriers_as_each_may(journey)
    ringing.when_something_is_heard_that_a_clinician_must_act_on(journey)
    ringing.then_nobody_contacts_them_until_it_is_settled(journey)
    ringing.when_another_is_left_at_that_without_script(journey)
    ringing.then_each_ringing_is_a_row_with_its_checks(journey)


def test_09_everybody_is_accounted_for(journey: Journey) -> None:
    accounting.then_every_number_equals_the_rows(journey)
    accounting.then_each_number_opens_its_list(journey)
    accounting.when_those_that_failed_are_taken_as_a_file(journey)
    accounting.then_it_has_each_of_them_and_its_purpose_is_kept(journey)


def test_10_one_persons_page_tells_all_of_it(journey: Journey) -> None:
    accounting.when_somebody_asks_five_different_things(journey)
    accounting.then_they_stand_apart_each_with_a_way_back(journey)
    accounting.then_the_timeline_has_everything_sent_tried_and_said(journey)


def test_11_medway_begins_with_a_letter(journey: Journey) -> None:
    medway.given_it_is_the_day_on_which_medway_begins(journey)
    medway.when_the_manager_adopts_the_starter(journey)
    medway.when_a_clinician_approves_its_messages_without_script(journey)
    medway.given_people_of_two_practices(journey)
    medway.when_the_manager_keeps_the_rule_of_age_alone(journey)
    medway.when_the_cohort_is_frozen_and_the_first_practice_releases(journey)
    medway.when_the_letters_are_posted(journey)


def test_12_and_rings_five_to_seven_days_after_it(journey: Journey) -> None:
    medway.then_nobody_is_due_on_day_4(journey)
    medway.then_they_are_due_on_day_5_and_on_day_7(journey)
    medway.then_after_day_7_they_are_late_and_not_lost(journey)


def test_13_also_over_christmas(journey: Journey) -> None:
    medway.when_the_second_practice_releases_before_christmas(journey)
    medway.then_the_coming_weeks_put_the_calls_after_the_holidays(journey)
    medway.then_nobody_is_rung_on_the_bank_holidays(journey)
    medway.then_they_are_rung_on_the_first_working_day(journey)


def test_14_nothing_went_wrong_on_the_way(journey: Journey) -> None:
    sharing.then_nothing_went_wrong_on_the_way(journey)
