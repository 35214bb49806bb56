"""The hours in which people are rung, for every room that speaks of them. Source: domain.md 5.5."""

import datetime as dt

OPENS, CLOSES = dt.time(9), dt.time(18)
CLOSES_IF_ASKED = dt.time(20)  # only for somebody who asked to be rung in the evening
