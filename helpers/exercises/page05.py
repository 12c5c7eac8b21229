"""Exercises and questions of page 05."""

EXERCISES = {}

QUIZ = ()
