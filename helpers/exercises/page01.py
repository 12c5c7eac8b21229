"""Page 01: compare fairly, and carry an encoder over."""

from __future__ import annotations

import copy

import torch

from helpers.exercises.engine import Exercise, Wrong, compare, watched
from helpers.exercises.quizzes import Question
from helpers.models import Classifier, Encoder


def compare_draws(scratch, pretrained):
    """Mean points gained by pretraining, and in how many draws it wins."""
    gains = [p - s for s, p in zip(scratch, pretrained, strict=True)]
    return sum(gains) / len(gains), sum(gain > 0 for gain in gains)


def judge_compare_draws(answer: object) -> None:
    cases = (([50.0, 60.0, 70.0], [61.0, 60.0, 75.0]), ([80.0, 40.0], [79.0, 52.0]), ([55.0, 65.0], [50.0, 61.0]))
    for scratch, pretrained in cases:
        got = answer(scratch, pretrained)
        if got is not None and len(got) != 2:
            raise Wrong(f"Two numbers are wanted, the mean gain and the wins. Yours gives {len(got)}.")
        gains = torch.tensor(pretrained) - torch.tensor(scratch)
        mean, wins = gains.mean().item(), int((gains > 0).sum())
        slips = {
            "That is the sum of the gains; wanted is their mean over the draws.": (gains.sum().item(), wins),
            "The sign is turned round: a gain is pretrained minus scratch.": (-mean, int((gains < 0).sum())),
            "A draw with equal accuracies is no win: count only gains above 0.": (mean, int((gains >= 0).sum())),
            "The wins are a number of draws, not a share.": (mean, wins / len(gains)),
        }
        compare(got, torch.tensor((mean, wins)), f"scratch {scratch} and pretrained {pretrained}", slips)


def carry_over(pretrained, classes):
    """A new classifier that starts from a copy of the pretrained encoder, with a head of its own."""
    return Classifier(copy.deepcopy(pretrained.encoder), classes=classes)


def judge_carry_over(answer: object) -> None:
    torch.manual_seed(1)
    original = Classifier(Encoder(width=4), classes=7)
    pretrained, given = watched(lambda: copy.deepcopy(original))
    model = answer(pretrained, 5)
    if model is None:
        raise Wrong("Your function returned `None`. Is a `return` missing?")
    if not isinstance(model, torch.nn.Module):
        raise Wrong(f"A model is wanted, and your function returned a `{type(model).__name__}`.")
    outputs = model.eval()(torch.zeros(2, 1, 32, 32))
    if outputs.shape == (2, 7):
        raise Wrong("The model still has the old head, with its 7 outputs. Its 5 classes need a new one.")
    compare(torch.tensor(outputs.shape), torch.tensor((2, 5)), "5 classes, the shape of the output")
    weights, learnt = model.encoder.state_dict(), original.encoder.state_dict()
    if not all(torch.equal(weights[name], learnt[name]) for name in learnt):
        raise Wrong("The encoder's weights are not the pretrained ones: this model starts from scratch.")
    if model.encoder is given[0].encoder:
        raise Wrong(
            "The new model *shares* the encoder: fine-tuning it would change the pretrained model too. "
            "Give it a copy: `copy.deepcopy`."
        )


EXERCISES = {
    "1.1": Exercise(
        judge=judge_carry_over,
        solution=carry_over,
        why="The encoder is what was learnt; the head belongs to the old task. A copy leaves the original as it was.",
        notice="Encoder kept, head new, original untouched: every fine-tuning of the course begins like this.",
        hints=(
            "`Classifier(encoder, classes=...)` puts a new head on any encoder. Which encoder do you give it?",
            "If two models hold the same encoder object, training one changes the other. See `finetune` above.",
            "`copy.deepcopy(pretrained.encoder)` is an encoder with the same weights and a life of its own.",
        ),
    ),
    "1.2": Exercise(
        judge=judge_compare_draws,
        solution=compare_draws,
        why="Both contestants had the same labels in each draw, so subtract draw by draw; then take the mean.",
        notice="Subtracting draw by draw takes the luck of the draw out of the comparison.",
        hints=(
            "In each draw, how many points more has pretrained than scratch? `zip` walks through both lists at once.",
            "`gains = [p - s for s, p in zip(scratch, pretrained)]`. The first answer is their mean.",
            "The second answer: `sum(gain > 0 for gain in gains)`.",
        ),
    ),
}

QUIZ = (
    Question(
        ask="Why did the pretrained model win with one label a digit, although it had never seen a digit?",
        right=(
            "Its encoder already knew strokes and shapes from letters, so ten images were enough to tell digits apart.",
            "The representation was carried over; only its use had to be learnt.",
        ),
        wrong=(
            ("It had seen the digits during pretraining.", "No digit is among the letters; the page asserts that."),
            ("It has more weights.", "Both contestants are the same network. Only the start differs."),
            ("It was fine-tuned for longer.", "Both were fine-tuned for the same number of epochs."),
        ),
    ),
    Question(
        ask="With ten labels a digit the mean gain was {gain_10} points, with one {gain_1}. What do you conclude?",
        right=(
            "Pretraining is worth more where labels are few.",
            "More labels let the scratch model learn by itself what pretraining had given.",
        ),
        wrong=(
            (
                "Pretraining gets worse with more labels.",
                "It still wins. Its lead shrinks because the rival catches up.",
            ),
            ("With a thousand labels scratch would win.", "The page does not show that. Do not stretch a curve."),
        ),
    ),
    Question(
        ask="Which of these are labels? Choose all that are.",
        right=(
            ('The word "seven" written on the back of a photo of a 7', "Somebody looked and wrote the answer down."),
            ("The name of the letter that the computer has just drawn", "It costs nothing, and it is a label."),
        ),
        wrong=(
            ("The pixels of a photo", "They are the image itself. The right answer is not among them."),
            ("The latent vector of an image", "That is a representation, computed from the image."),
        ),
    ),
    Question(
        ask="Why is accuracy measured on images that took no part in training?",
        right=(
            "A model can know its training images by heart; only new ones show what it has understood.",
            "Page 6 shows a model that is perfect on its training images and mediocre on others.",
        ),
        wrong=(
            ("Training images are of worse quality.", "They come from the same source."),
            ("It would take too long.", "Measuring is quick. The figure would be too good, that is the trouble."),
        ),
    ),
    Question(
        ask="A colleague shares the weights of a model, and no code. What is missing most?",
        right=(
            "The means to check how it was trained and to repeat the claim.",
            "Without code nobody can tell what the figures rest on.",
        ),
        wrong=(
            ("Nothing: the weights are the model.", "You can run it if you know its layers, but not check it."),
            ("The training images.", "Useful, but even with them you could not repeat a training you cannot read."),
        ),
    ),
)
