"""Exercises and questions of page 06."""

EXERCISES = {}

QUIZ = ()
