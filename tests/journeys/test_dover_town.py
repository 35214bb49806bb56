"""The Dover Town programme from beginning to end, in a browser, told as a nurse would tell it.

The parts follow each other: each goes on where the one before ended. What each sentence means stands in the
module that it is taken from.
"""

import pytest

from tests.journeys import caring, finding, onboarding, reaching, sharing
from tests.journeys.journey import Journey

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]


def test_01_the_icb_brings_dover_town_on_board(journey: Journey) -> None:
    onboarding.when_the_icb_admin_forgets_what_is_needed(journey)
    onboarding.when_the_icb_admin_onboards_dover_town(journey)
    onboarding.when_the_manager_accepts_the_invitation(journey)
    onboarding.then_the_manager_is_at_work(journey)
    onboarding.then_the_icb_sees_that_somebody_leads_it(journey)


def test_02_the_manager_starts_the_shared_programme(journey: Journey) -> None:
    onboarding.given_the_manager_has_said_how_letters_are_signed(journey)
    onboarding.given_an_agreement_with_one_you_kent(journey)
    onboarding.given_her_colleagues_have_joined(journey)
    onboarding.when_the_manager_starts_the_shared_programme(journey)
    onboarding.when_the_patient_council_reads_what_came_with_it(journey)
    onboarding.when_the_clinician_approves_what_came_with_it(journey)
    onboarding.then_only_the_cohort_is_missing(journey)


def test_03_an_analyst_brings_in_the_practices_data(journey: Journey) -> None:
    finding.when_nothing_can_be_brought_in_without_an_agreement(journey)
    finding.when_the_manager_registers_where_data_comes_from(journey)
    finding.when_the_analyst_brings_in_a_file_that_is_no_list(journey)
    finding.when_the_analyst_brings_in_the_patient_list(journey)
    finding.then_refused_rows_are_listed_by_line_with_the_reason(journey)
    finding.then_the_preview_is_saved(journey)
    finding.when_the_analyst_brings_in_the_coded_events(journey)
    finding.then_the_events_that_cannot_be_are_refused(journey)
    finding.then_the_preview_is_saved(journey)


def test_04_the_cohort_comes_down_to_131_and_is_released(journey: Journey) -> None:
    finding.when_the_manager_looks_at_the_cohort(journey)
    finding.then_the_attrition_is_that_of_the_truth(journey)
    finding.then_it_is_frozen(journey)
    finding.when_three_practices_release_their_people(journey)
    finding.then_people_of_the_fourth_are_not_named(journey)
    finding.when_the_manager_goes_live(journey)


def test_05_the_texts_go_out_and_people_answer(journey: Journey) -> None:
    reaching.when_the_manager_builds_the_batch_of_texts(journey)
    reaching.when_the_clinician_approves_it(journey)
    reaching.then_the_texts_are_there_to_be_read(journey)
    reaching.when_the_fourth_practice_releases_and_its_batch_is_approved_without_script(journey)
    reaching.when_one_asks_for_a_call_by_the_link(journey)
    reaching.when_another_asks_for_a_call_without_script(journey)
    reaching.when_one_opts_out(journey)
    reaching.when_others_answer_otherwise(journey)
    reaching.then_an_altered_link_helps_nobody(journey)


def test_06_letters_go_to_those_who_did_not_answer(journey: Journey) -> None:
    reaching.given_it_is_eight_days_later(journey)
    onboarding.given_the_manager_signs_in_with_password_and_code(journey)
    reaching.when_the_letters_are_built_and_approved(journey)
    reaching.then_only_those_who_did_not_answer_get_one(journey)
    reaching.then_the_letters_are_one_file_with_a_manifest(journey)
    reaching.then_they_go_to_the_printer(journey)


def test_07_the_rest_are_rung(journey: Journey) -> None:
    reaching.given_another_week_has_gone(journey)
    onboarding.given_the_manager_has_lost_her_phone(journey)
    reaching.when_the_call_list_is_made(journey)
    reaching.when_three_want_to_talk(journey)
    reaching.when_a_call_is_taken_it_is_taken(journey)
    reaching.then_what_was_said_is_written_down(journey)
    reaching.then_the_next_call_is_made_without_script(journey)
    reaching.then_who_opted_out_is_in_no_later_step(journey)


def test_08_a_conversation_leads_to_a_plan(journey: Journey) -> None:
    caring.when_the_conversation_begins(journey)
    caring.when_a_colleague_opens_it_too(journey)
    caring.when_the_baseline_is_measured(journey)
    caring.then_it_is_finished_and_the_plan_is_next(journey)
    caring.then_two_others_talk_too(journey)
    caring.when_the_plan_is_written_with_one_goal(journey)
    caring.then_it_is_printed_in_the_persons_words(journey)


def test_09_a_partner_answers_the_referrals(journey: Journey) -> None:
    caring.when_two_are_referred_with_consent(journey)
    caring.then_the_partner_sees_those_and_nothing_else(journey)
    caring.when_one_is_accepted_and_one_declined(journey)
    caring.then_the_sender_is_told(journey)


def test_10_the_funnel_equals_the_rows(journey: Journey) -> None:
    sharing.when_the_manager_reads_the_funnel(journey)
    sharing.then_it_equals_the_rows(journey)
    sharing.then_each_number_opens_its_list(journey)
    sharing.then_it_is_printed(journey)


def test_11_the_neighbour_takes_it_up_and_sees_no_person(journey: Journey) -> None:
    sharing.when_the_manager_shares_letter_procedure_and_learning(journey)
    sharing.then_figures_are_filled_in_and_small_numbers_hidden(journey)
    sharing.when_the_neighbour_looks(journey)
    sharing.when_the_neighbour_adopts_the_letter(journey)
    sharing.then_the_origin_is_kept(journey)
    sharing.then_the_icb_sees_figures(journey)
    sharing.then_the_other_icb_sees_none_of_it(journey)
    sharing.then_no_neighbour_has_seen_a_person(journey)


def test_12_nothing_went_wrong_on_the_way(journey: Journey) -> None:
    sharing.then_nothing_went_wrong_on_the_way(journey)
