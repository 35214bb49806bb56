"""Linked data from five files to a screened list, in a browser, told as those who do it would tell it.

The parts follow each other: each goes on where the one before ended. What each sentence means stands in the
module that it is taken from.
"""

import pytest

from tests.journeys import defining, finding, linking, onboarding, screening, sharing
from tests.journeys.journey import Journey

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]


def test_01_nothing_comes_in_without_an_agreement_in_date(journey: Journey) -> None:
    linking.given_dover_town_is_on_board(journey)
    onboarding.when_the_manager_starts_the_shared_programme(journey)
    finding.when_nothing_can_be_brought_in_without_an_agreement(journey)
    finding.when_the_manager_registers_where_data_comes_from(journey)
    linking.when_an_agreement_is_ended(journey)
    linking.then_nothing_comes_from_there_and_the_page_says_who_can_help(journey)
    linking.when_the_manager_renews_it(journey)


def test_02_a_wrong_file_is_questioned(journey: Journey) -> None:
    finding.when_the_analyst_brings_in_a_file_that_is_no_list(journey)
    linking.when_the_analyst_takes_the_wrong_file_for_the_list(journey)
    linking.when_the_events_come_before_the_people(journey)


def test_03_the_practices_list_and_events_come_in(journey: Journey) -> None:
    linking.when_the_list_is_read_without_script(journey)
    linking.then_refused_rows_are_counted_by_reason(journey)
    finding.when_the_analyst_brings_in_the_coded_events(journey)
    finding.then_the_events_that_cannot_be_are_refused(journey)
    finding.then_the_preview_is_saved(journey)


def test_04_so_do_the_lists_of_others(journey: Journey) -> None:
    linking.when_the_services_list_names_its_columns_otherwise(journey)
    linking.then_its_rows_are_found_and_saved(journey)
    linking.when_the_same_list_comes_again_then_nothing_changes(journey)
    linking.when_the_council_is_read_and_not_saved_yet(journey)
    linking.when_the_groups_are_saved_meanwhile(journey)
    linking.then_the_preview_of_the_council_is_renewed(journey)


def test_05_whom_a_row_is_about_is_decided_by_hand(journey: Journey) -> None:
    linking.then_the_analyst_learns_how_many_rows_wait_and_of_whom_nothing(journey)
    linking.when_the_clinician_decides_without_script(journey)
    linking.when_the_clinician_thinks_again(journey)
    linking.then_the_row_is_the_elders(journey)


def test_06_the_cohort_is_built_from_nothing(journey: Journey) -> None:
    defining.when_the_manager_takes_out_every_rule(journey)
    defining.when_she_adds_what_she_is_sure_of(journey)
    defining.when_the_analyst_adds_a_group_without_script(journey)
    defining.when_the_analyst_sees_what_leaving_members_of_groups_out_costs(journey)
    defining.then_the_manager_wants_both_conditions(journey)
    finding.then_the_attrition_is_that_of_the_truth(journey)
    defining.then_what_is_not_known_stands_apart(journey)
    defining.then_the_versions_say_who_when_and_why(journey)
    defining.then_few_people_are_hidden_from_who_plans(journey)
    defining.then_its_file_says_the_same(journey)


def test_07_it_is_frozen_and_each_practice_releases_its_people(journey: Journey) -> None:
    screening.when_the_manager_freezes_it_with_screening_first(journey)
    screening.then_its_members_are_those_of_the_truth(journey)
    screening.then_the_rules_can_no_longer_be_changed(journey)
    screening.when_each_practice_releases_its_people(journey)


def test_08_the_clinician_screens_everybody(journey: Journey) -> None:
    screening.when_the_clinician_leaves_one_out_with_a_reason(journey)
    screening.when_somebody_is_kept_while_others_are_ticked_elsewhere(journey)
    screening.when_the_plain_cases_are_kept_together(journey)
    screening.then_one_is_left_out_and_130_are_kept(journey)


def test_09_the_list_is_given_out_as_a_file_with_its_purpose(journey: Journey) -> None:
    screening.when_the_clinician_takes_the_list_as_a_file(journey)
    screening.when_the_manager_takes_it_too(journey)
    screening.then_the_one_names_people_and_the_other_none(journey)
    screening.then_both_are_written_down_with_their_purpose(journey)


def test_10_a_day_later_the_refresh_says_who_would_join(journey: Journey) -> None:
    screening.when_a_day_has_gone(journey)
    screening.then_the_refresh_says_who_would_join(journey)


def test_11_nobody_who_plans_was_shown_a_person(journey: Journey) -> None:
    screening.then_no_planner_has_seen_a_person(journey)


def test_12_nothing_went_wrong_on_the_way(journey: Journey) -> None:
    sharing.then_nothing_went_wrong_on_the_way(journey)
