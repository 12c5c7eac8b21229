"""Answers to page 03: a second right one for each exercise, and typical wrong ones with their diagnosis."""

ANSWERS = {}
