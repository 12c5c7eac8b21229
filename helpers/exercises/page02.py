"""Exercises and questions of page 02."""

EXERCISES = {}

QUIZ = ()
