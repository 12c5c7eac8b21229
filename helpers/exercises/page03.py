"""Exercises and questions of page 03."""

EXERCISES = {}

QUIZ = ()
