"""Exercises and questions of page 04."""

EXERCISES = {}

QUIZ = ()
