"""Answers to page 04: a second right one for each exercise, and typical wrong ones with their diagnosis."""

ANSWERS = {}
