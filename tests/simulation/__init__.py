"""Sixty days of outreach on a moved clock, watched by a judge who keeps a record of their own."""
