"""Page 08: believe the surest, let labels flow, put an interval around a lead, and read a race."""

from helpers.exercises.page08 import broken_rules, flow_step, paired_interval, surest

EXERCISES = {
    "8.1": surest.EXERCISE,
    "8.2": flow_step.EXERCISE,
    "8.3": paired_interval.EXERCISE,
    "8.4": broken_rules.EXERCISE,
}
