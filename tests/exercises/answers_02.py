"""Answers to page 02: a second right one for each exercise, and typical wrong ones with their diagnosis."""

ANSWERS = {}
