"""What is pretraining on unlabelled (simulated) speech worth? The race of page 14, which takes too long for the page.

    python tools/worth_of_speech.py    about 10 minutes on one quiet core

It writes helpers/shipped/worth_of_speech.json. What stands between the two lines of `# page 14` stands on that page,
too; tests/test_studies.py holds both to be the same.

Six repetitions: each has its own draw of labels, and its own pretraining or random start. Each contender is trained
in all six with each learning rate (or penalty) of its list. It chooses the one with the best mean over the six on
adults that are in no other set (of equal means the one nearer to the middle of the list). Then the two test sets are
opened: children, and other adults, both in a noise that no clip for training has. What each rate would have reached
is stored as well, so that a lead can be looked at with one rate for both. Nets that start from trained features get a
linear probe as their head first.
"""

from __future__ import annotations

import copy
import functools
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from helpers import checkpoints  # noqa: E402
from helpers.data import LabelledImages, few_labels, make_loader  # noqa: E402
from helpers.data.audio import RATE, WORDS, simulated_words  # noqa: E402
from helpers.finetune import finetune  # noqa: E402
from helpers.loops import fit, one_cycle  # noqa: E402
from helpers.models import Classifier, Encoder  # noqa: E402
from helpers.probe import latents_of, linear_probe  # noqa: E402

STORED = ROOT / "helpers" / "shipped" / "worth_of_speech.json"
BUDGETS, STEPS, REPETITIONS = (1, 5, 20), 80, range(6)
RATES = (5e-4, 2e-3, 8e-3, 3.2e-2, 0.128)  # each four times the one before
PENALTIES = (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4)
COPIES = 20  # disturbed copies of each labelled clip, for logistic regression
ADULTS = ("men", "women")

# page 14
BELS = 6 * math.log(10)  # a picture's 0 to 1 are 60 dB, six powers of ten


def mel(hertz):
    return 2595 * torch.log10(1 + torch.as_tensor(hertz) / 700)


def mel_filters(rows=32, size=320, low=60.0, high=5000.0):
    """Weights (rows, bins): a triangle for each row, from the centre below to the one above."""
    places = torch.linspace(mel(low), mel(high), rows + 2)
    bins = mel(torch.arange(size // 2 + 1) * RATE / size)
    up = (bins - places[:-2, None]) / (places[1:-1] - places[:-2])[:, None]
    down = (places[2:, None] - bins) / (places[2:] - places[1:-1])[:, None]
    return torch.minimum(up, down).clamp(min=0)


def sound_pictures(waves, size=320, hop=200):
    """Waves (N, samples) -> pictures (N, 1, 32, frames) from 0 to 1, high sounds at the top."""
    window = torch.hann_window(size)
    power = torch.stft(waves, size, hop, window=window, center=False, return_complex=True).abs() ** 2
    decibels = 10 * torch.log10(mel_filters(size=size) @ power + 1e-10)
    below = decibels - decibels.amax(dim=(1, 2), keepdim=True)  # 0 is the loudest
    return (1 + below / 60).clamp(min=0).flip(1)[:, None]


def disturb(images, throat=0.35):
    """Another throat and pitch, tempo, moment, microphone and noise, and two holes."""
    count = len(images)

    def between(low, high):
        return low + (high - low) * torch.rand(count, 1)

    places = torch.linspace(mel(60.0), mel(5000.0), 34)[1:-1].flip(0)  # of the 32 rows, in mel
    moved = mel(700 * (10 ** (places / 2595) - 1) * torch.exp(between(-throat, throat)))
    down = 1 - 2 * (moved - places[-1]) / (places[0] - places[-1])  # (N, rows), from -1 to 1
    across = torch.linspace(-1, 1, 32) * torch.exp(between(-0.5, 0.5)) + between(-0.3, 0.3)
    grid = torch.stack(torch.broadcast_tensors(across[:, None, :], down[:, :, None]), dim=3)
    images = F.grid_sample(images, grid, padding_mode="border", align_corners=True)
    slope = torch.linspace(-1, 1, 32)
    noise = (between(0.2, 0.6) + between(-0.3, 0.3) * slope)[:, None, :, None]
    noise = noise + 0.06 * torch.randn(images.shape)
    images = torch.logaddexp(BELS * images, BELS * noise) / BELS  # powers add up
    images = images + (between(-0.1, 0.1) * slope)[:, None, :, None]
    for width, place in ((4, torch.arange(32)[:, None]), (10, torch.arange(32))):
        first = torch.randint(-width, 32, (count, 1, 1, 1))
        images = torch.where((place >= first) & (place < first + width), 0.5, images)
    return images.clamp(0, 1)


class SpeechEncoder(nn.Module):
    """The course's encoder; of each row of its map the mean and the largest over time."""

    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.latent_dim = 512

    def forward(self, images):
        maps = self.encoder.layers(images)  # (N, 64, 4, 4), the last axis is time
        return torch.cat([maps.mean(dim=3), maps.amax(dim=3)], dim=1).flatten(1)


def contrastive_loss(first, second, temperature=0.1):
    """Two views (N, Z) each: a view's partner among all others, as a classification."""
    both = F.normalize(torch.cat([first, second]), dim=1)
    scores = both @ both.T / temperature
    scores.fill_diagonal_(-torch.inf)  # a view is not its own partner
    partners = torch.arange(len(both)).roll(len(first))
    return F.cross_entropy(scores, partners)


def two_views_loss(model, batch):
    images = batch[0]
    return contrastive_loss(model(disturb(images)), model(disturb(images)))


def pretrain(images, steps=400, seed=0):
    """An encoder that has seen these pictures, and no label; and how its loss fell."""
    torch.manual_seed(seed)
    encoder = SpeechEncoder()
    projector = nn.Sequential(nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 64))
    pool = LabelledImages(images, torch.zeros(len(images)).long(), ["not told"])
    loader = make_loader(pool, batch_size=128, steps=steps // 10, seed=seed)
    model = nn.Sequential(encoder, projector)
    history = fit(model, two_views_loss, loader, epochs=10, lr=3e-3, schedule=one_cycle)
    return encoder, history["train_loss"]


# page 14


def cepstrum(images, kept=13):
    """Pictures -> the first 13 cosines of each frame's column, averaged over 8 stretches of time."""
    rows = torch.arange(images.shape[2])
    cosines = torch.cos(math.pi / len(rows) * (rows + 0.5) * torch.arange(kept)[:, None])
    return F.avg_pool1d(cosines @ images[:, 0], 4).flatten(1)


def labelled(kinds: tuple[str, ...], count: int, seed: int, noise: str = "hiss") -> LabelledImages:
    """Simulated words as labelled pictures."""
    clips = simulated_words(kinds, count, seed, noise)
    return LabelledImages(sound_pictures(clips.waves), clips.labels, list(WORDS))


def main() -> None:
    torch.set_num_threads(1)
    pool = sound_pictures(simulated_words(ADULTS, 3000, seed=1).waves)
    own = {"adults": labelled(ADULTS, 1000, seed=2), "children": labelled(("children",), 1000, seed=6)}
    val_set = labelled(ADULTS, 400, seed=3)
    pretrained = [pretrain(pool, seed=repetition)[0].eval() for repetition in REPETITIONS]
    untrained = []
    for repetition in REPETITIONS:
        torch.manual_seed(repetition)
        untrained.append(SpeechEncoder().eval())  # BatchNorm as it comes, as on page 9
    letters = SpeechEncoder()
    checkpoints.load_encoder(letters.encoder, checkpoints.shipped_encoder("letters"))

    def score(model: Callable[[Tensor], Tensor], data: LabelledImages) -> float:
        return 100 * (model(data.images).argmax(dim=1) == data.labels).double().mean().item()

    def network(begin: str, throat: float = 0.35, people: str = "adults") -> Callable:
        def train(per_class: int, repetition: int, lr: float) -> Callable[[Tensor], Tensor]:
            torch.manual_seed(repetition)
            body = {"scratch": None, "letters": letters, "finetuned": pretrained[repetition]}[begin]
            model = Classifier(copy.deepcopy(body) if body else SpeechEncoder())
            few = few_labels(own[people], per_class, seed=repetition)
            if body:  # probe first, then fine-tune
                model.head = linear_probe(latents_of(body, few.images), few.labels, penalty=10.0)
            finetune(model, few, steps=STEPS, lr=lr, augment=lambda x: disturb(x, throat), seed=repetition)
            return lambda images: latents_of(model, images)

        return train

    def regression(features: Callable[[Tensor, int], Tensor], copies: int) -> Callable:
        @functools.cache
        def seen(per_class: int, repetition: int) -> tuple[Tensor, Tensor]:
            torch.manual_seed(repetition)
            few = few_labels(own["adults"], per_class, seed=repetition)
            many = torch.cat([few.images, *(disturb(few.images) for _ in range(copies))])
            return features(many, repetition), few.labels.repeat(copies + 1)

        def train(per_class: int, repetition: int, penalty: float) -> Callable[[Tensor], Tensor]:
            latents, labels = seen(per_class, repetition)
            torch.manual_seed(repetition)
            head = linear_probe(latents, labels, penalty)
            return lambda images: head(features(images, repetition)).detach()

        return train

    def by_cosines(images: Tensor, repetition: int) -> Tensor:
        return cepstrum(images)

    def by_untrained(images: Tensor, repetition: int) -> Tensor:
        return latents_of(untrained[repetition], images)

    def by_encoder(images: Tensor, repetition: int) -> Tensor:
        return latents_of(pretrained[repetition], images)

    contenders = {}
    for name, features in {"cepstra": by_cosines, "untrained": by_untrained, "frozen": by_encoder}.items():
        contenders[name] = regression(features, 0), PENALTIES
        contenders[f"{name}, copies"] = regression(features, COPIES), PENALTIES
    for begin in ("scratch", "letters", "finetuned"):
        contenders[begin] = network(begin), RATES
    for begin in ("scratch", "finetuned"):
        contenders[f"{begin}, no throat"] = network(begin, throat=0.0), RATES
    contenders["scratch, children's labels"] = network("scratch", people="children"), RATES

    chosen, models = {}, {}
    for name, (train, settings) in contenders.items():
        middle = math.sqrt(settings[0] * settings[-1])
        for n in BUDGETS:
            means = {}
            for setting in settings:
                trained = [train(n, repetition, setting) for repetition in REPETITIONS]
                models[name, n, setting] = trained
                means[setting] = sum(score(model, val_set) for model in trained) / len(trained)
            best = max(means, key=lambda s: (round(means[s], 6), -abs(math.log(s / middle))))
            chosen.setdefault(name, {})[str(n)] = best
            print(f"{name:28} {n:3}: {best:g} of", {s: round(mean, 1) for s, mean in means.items()}, flush=True)

    tests = {  # opened here, after all choices
        "children": labelled(("children",), 1000, seed=4, noise="rumble"),
        "adults": labelled(ADULTS, 1000, seed=5, noise="rumble"),
    }
    facts = {"rates": RATES, "penalties": PENALTIES, "copies": COPIES, "steps": STEPS}
    stored = {"facts": facts | {"repetitions": len(REPETITIONS)}, "chosen": chosen}
    for kind, test_set in tests.items():
        stored[kind] = {}
        for (name, n, setting), trained in models.items():
            scores = [round(score(model, test_set), 1) for model in trained]
            stored[kind].setdefault(name, {}).setdefault(str(n), {})[f"{setting:g}"] = scores
    STORED.write_text(json.dumps(stored) + "\n")


if __name__ == "__main__":
    main()
