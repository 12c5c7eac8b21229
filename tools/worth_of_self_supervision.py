"""What are tasks without labels worth, each with the same seconds? The race of page 17, too long for the page.

    python tools/worth_of_self_supervision.py    about 7 minutes on one quiet core

It writes helpers/shipped/worth_of_self_supervision.json. What stands between the two lines of `# page 17` stands on
that page, too; tests/test_studies.py holds both to be the same.

Each contender is pretrained for about SECONDS on one core, which is STEPS steps, on the 3,500 training digits without
their labels (letters with labels: on letters). One pretraining that is used for nothing else chooses, on validation
digits, the learning rate of the pretraining, the penalty of the probe and the rate of fine-tuning, each from one list
(where the best rate is the highest of the list, the next one, four times as high, is tried, too).
Then three pretrainings with other seeds are judged on the test digits. Each has its own three draws of labels (for
fine-tuning the first of them), the same for all contenders.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from helpers.data import LabelledImages, few_labels, make_loader  # noqa: E402
from helpers.data.augment import change_stroke, redraw, warp  # noqa: E402
from helpers.data.images import digits, letters  # noqa: E402
from helpers.finetune import finetune  # noqa: E402
from helpers.loops import DivergedError, fit, one_cycle  # noqa: E402
from helpers.models import Autoencoder, Classifier, Decoder, Encoder  # noqa: E402
from helpers.probe import latents_of, linear_probe, nearest_neighbours  # noqa: E402

STORED = ROOT / "helpers" / "shipped" / "worth_of_self_supervision.json"
SECONDS = 4  # of one quiet core; STEPS was set from the measured cost of a step
STEPS = {
    "reconstruct": 130,
    "undo": 130,
    "masked patches": 130,
    "quarter turns": 240,
    "SimCLR": 185,
    "BYOL": 133,
    "GAN": 93,
    "letters": 230,
}
RATES, HIGHEST, PENALTIES = (2e-3, 8e-3, 3.2e-2), 0.5, (0.1, 1.0, 10.0, 100.0)
CHOOSING, SEEDS, DRAWS = 9, (0, 1, 2), 3
BUDGETS, TUNED, TUNE_STEPS = (1, 10), 10, 120

# page 17


def quarter_turns(images):
    """Each image turned by 0 to 3 quarter turns at random, and by how many."""
    turns = torch.randint(4, (len(images),))
    turned = [torch.rot90(image, k, dims=(1, 2)) for image, k in zip(images, turns.tolist(), strict=True)]
    return torch.stack(turned), turns


def hide_patches(images, hidden=8, size=8):
    """Black out `hidden` patches of size x size in each image; and a mask, 1 where it is hidden."""
    across = images.shape[-1] // size
    rank = torch.rand(len(images), across**2).argsort(dim=1)  # a random order for each image
    mask = (rank < hidden).float().view(-1, 1, across, across)
    mask = F.interpolate(mask, scale_factor=size)  # each number becomes a patch
    return images * (1 - mask), mask


def reconstruct_loss(model, batch):
    images = redraw(batch[0])
    return F.binary_cross_entropy_with_logits(model(images), images)


def undo_loss(model, batch):
    return F.binary_cross_entropy_with_logits(model(redraw(batch[0])), batch[0])


def turns_loss(model, batch):
    turned, turns = quarter_turns(redraw(batch[0]))
    return F.cross_entropy(model(turned), turns)


def masked_loss(model, batch):
    images = redraw(batch[0])
    shown, mask = hide_patches(images)
    each = F.binary_cross_entropy_with_logits(model(shown), images, reduction="none")
    return (each * mask).sum() / mask.sum()


def contrastive_loss(first, second, temperature=0.2, ignored=None):
    """Two views (N, Z) each: a view's partner among all other views, as a classification."""
    both = F.normalize(torch.cat([first, second]), dim=1)
    scores = both @ both.T / temperature
    scores.fill_diagonal_(-torch.inf)  # a view is not its own partner
    if ignored is not None:
        scores = scores.masked_fill(ignored, -torch.inf)
    partners = torch.arange(len(both)).roll(len(first))
    return F.cross_entropy(scores, partners)


def small_network(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, outputs))


class Student(nn.Module):
    """An encoder, a projector, and a predictor that guesses the teacher's projection."""

    def __init__(self, predict=True, norm=True):
        super().__init__()
        self.encoder = Encoder()
        self.projector, self.predictor = small_network(1024, 64), small_network(64, 64)
        if not norm:
            self.projector[1] = self.predictor[1] = nn.Identity()
        if not predict:
            self.predictor = nn.Identity()

    def project(self, images):
        return self.projector(self.encoder(images))

    def forward(self, images):
        return self.predictor(self.project(images))


def follow(teacher, student, keep=0.99):
    """Each weight of the teacher: 99 % of what it was, 1 % of the student's."""
    with torch.no_grad():
        for old, new in zip(teacher.parameters(), student.parameters(), strict=True):
            old.copy_(keep * old + (1 - keep) * new)


def teacher_loss(teacher, stop=True, keep=0.99):
    """2 minus the cosines of guess and answer, both ways: 0 is perfect."""

    def loss_fn(student, batch):
        first, second = redraw(batch[0]), redraw(batch[0])
        if stop:
            follow(teacher, student, keep)
        with torch.set_grad_enabled(not stop):
            guide = teacher if stop else student
            wanted = guide.project(second), guide.project(first)
        guesses = student(first), student(second)
        cosines = [F.cosine_similarity(g, w).mean() for g, w in zip(guesses, wanted, strict=True)]
        return 2 - sum(cosines)

    return loss_fn


def new_gan():
    """A generator: 64 random numbers -> an image; and a discriminator: an image -> one logit."""
    body = nn.Sequential(nn.Linear(64, 1024), nn.BatchNorm1d(1024), nn.ReLU(), Decoder(Encoder()))
    return nn.Sequential(body, nn.Sigmoid()), Classifier(Encoder(), classes=1)


def train_gan(generator, discriminator, loader, lr, discriminator_lr=None):
    rates = lr, lr if discriminator_lr is None else discriminator_lr
    forge, detect = (
        torch.optim.Adam(net.parameters(), rate, betas=(0.5, 0.999))
        for net, rate in zip((generator, discriminator), rates, strict=True)
    )
    for images, _ in loader:
        real, fake = redraw(images), generator(torch.randn(len(images), 64))
        missed = F.softplus(-discriminator(real)).mean()  # cross-entropy where 1 is right
        fooled = F.softplus(discriminator(fake.detach())).mean()  # and where 0 is right
        detect.zero_grad()
        (missed + fooled).backward()
        detect.step()
        forge.zero_grad()
        F.softplus(-discriminator(fake)).mean().backward()  # the generator wants the answer 1
        forge.step()


# page 17


def any_turn(images: Tensor) -> Tensor:
    """`redraw`, but turned by any angle."""
    return change_stroke(warp(images, rotation=180))


def same_label(labels: Tensor) -> Tensor:
    """Pairs of views (2N, 2N) that show different images of one class: the false negatives."""
    same = (labels[:, None] == labels) & ~torch.eye(len(labels), dtype=torch.bool)
    return same.repeat(2, 2)


def views_loss(temperature: float = 0.2, augment: Callable = redraw, told: bool = False) -> Callable:
    """SimCLR's loss; `told` takes the false negatives out, for which it reads labels."""

    def loss_fn(model: nn.Module, batch: list[Tensor]) -> Tensor:
        images, labels = batch
        ignored = same_label(labels) if told else None
        return contrastive_loss(model(augment(images)), model(augment(images)), temperature, ignored)

    return loss_fn


def autoencoder() -> Autoencoder:
    encoder = Encoder()
    return Autoencoder(encoder, Decoder(encoder))


TRAIN, VAL, TEST = digits()
LETTERS = letters()
TASKS = {"reconstruct": reconstruct_loss, "undo": undo_loss, "masked patches": masked_loss}
VIEWS = {
    "SimCLR": views_loss(),
    "SimCLR, temperature 1": views_loss(temperature=1.0),
    "SimCLR, any turn": views_loss(augment=any_turn),
    "SimCLR, false negatives out": views_loss(told=True),
}


def pretrain(name: str, seed: int, lr: float) -> nn.Module:
    """The encoder of one contender."""
    torch.manual_seed(seed)
    steps = STEPS[name.split(",")[0]]
    batch_size, pool = (64 if name.startswith(("SimCLR", "BYOL", "GAN")) else 128), TRAIN
    if name == "GAN":
        generator, discriminator = new_gan()
        train_gan(generator, discriminator, make_loader(TRAIN, batch_size=64, steps=steps, seed=seed), lr)
        return discriminator.encoder.eval()
    if name in TASKS:
        model, loss_fn = autoencoder(), TASKS[name]
    elif name == "quarter turns":
        model, loss_fn = Classifier(Encoder(), classes=4), turns_loss
    elif name == "letters":
        model, pool = Classifier(Encoder(), classes=len(LETTERS.classes)), LETTERS

        def loss_fn(model: nn.Module, batch: list[Tensor]) -> Tensor:
            return F.cross_entropy(model(redraw(batch[0])), batch[1])
    elif name == "BYOL":
        model = Student()
        loss_fn = teacher_loss(copy.deepcopy(model).requires_grad_(False))
    else:
        model, loss_fn = nn.Sequential(Encoder(), small_network(1024, 64)), VIEWS[name]
    loader = make_loader(pool, batch_size=batch_size, steps=steps, seed=seed)
    fit(model, loss_fn, loader, epochs=1, lr=lr, schedule=one_cycle, progress=False)
    return model[0] if isinstance(model, nn.Sequential) else model.encoder


def share(predictions: Tensor, labels: Tensor) -> float:
    return 100 * (predictions == labels).double().mean().item()


def probes(encoder: nn.Module, n: int, seed: int, penalty: float, data: LabelledImages) -> tuple[list, list]:
    """What the probe and the nearest neighbour answer for `data`, for each draw of n labels per digit."""
    latents, by_probe, by_neighbour = latents_of(encoder, data.images), [], []
    for draw in range(DRAWS):
        few = few_labels(TRAIN, n, seed=10 * seed + draw)
        own = latents_of(encoder, few.images)
        torch.manual_seed(seed)
        with torch.no_grad():
            by_neighbour.append(nearest_neighbours(own, few.labels, latents))
        by_probe.append(linear_probe(own, few.labels, penalty)(latents).argmax(dim=1))
    return by_probe, by_neighbour


def mean_share(answers: list[Tensor], labels: Tensor) -> float:
    return sum(share(answer, labels) for answer in answers) / len(answers)


def tuned(encoder: nn.Module, seed: int, lr: float, penalty: float, fresh: bool, steps: int = TUNE_STEPS) -> nn.Module:
    """The encoder fine-tuned with 10 labels per digit; a head from the probe, but a fresh one from scratch."""
    torch.manual_seed(seed)
    few = few_labels(TRAIN, TUNED, seed=10 * seed)
    model = Classifier(copy.deepcopy(encoder), classes=10)
    if not fresh:
        model.head = linear_probe(latents_of(encoder, few.images), few.labels, penalty)
    return finetune(model, few, steps=steps, lr=lr, seed=seed)


def best(scores: dict[float, float]) -> float:
    """The setting with the highest score; of equal ones the first."""
    return max(scores, key=lambda setting: round(scores[setting], 6))


def try_rates(score: Callable[[float], float]) -> dict[float, float]:
    """The score of each rate of the list, and of higher ones as long as the highest is the best."""
    scores = {lr: score(lr) for lr in RATES}
    while best(scores) == max(scores) < HIGHEST:
        lr = 4 * max(scores)
        try:
            scores[lr] = score(lr)
        except DivergedError:
            scores[lr] = 0.0
    return scores


def main() -> None:
    torch.set_num_threads(1)
    chosen, seconds, encoders, results = {}, {}, {}, {}

    def untrained(seed: int) -> nn.Module:
        torch.manual_seed(seed)
        return Encoder().eval()  # BatchNorm as it comes, as on page 9

    def choose_rest(name: str, encoder: nn.Module) -> None:
        """Penalty and fine-tuning rate, on validation digits."""
        for n in BUDGETS:
            scores = {p: mean_share(probes(encoder, n, CHOOSING, p, VAL)[0], VAL.labels) for p in PENALTIES}
            chosen.setdefault(name, {})[f"penalty, {n}"] = best(scores)
        if name == "pixels" or "," in name:
            return
        penalty = chosen[name][f"penalty, {TUNED}"]

        def tried(lr: float) -> float:
            model = tuned(encoder, CHOOSING, lr, penalty, name == "untrained")
            return share(latents_of(model, VAL.images).argmax(dim=1), VAL.labels)

        scores = try_rates(tried)
        chosen[name]["rate of fine-tuning"] = best(scores)
        print(name, "fine-tuning", {lr: round(score, 1) for lr, score in scores.items()}, flush=True)

    for name in STEPS:
        candidates = {}

        def tried(lr: float, name: str = name, candidates: dict = candidates) -> float:
            candidates[lr] = pretrain(name, CHOOSING, lr)
            return mean_share(probes(candidates[lr], TUNED, CHOOSING, 1.0, VAL)[0], VAL.labels)

        scores = try_rates(tried)
        lr = best(scores)
        chosen[name] = {"rate": lr}
        print(f"{name:16} chose {lr:g} of", {r: round(score, 1) for r, score in scores.items()}, flush=True)
        choose_rest(name, candidates[lr])
    choose_rest("untrained", untrained(CHOOSING))
    choose_rest("pixels", nn.Flatten())
    for name in VIEWS:
        chosen.setdefault(name, chosen["SimCLR"])  # one thing changed, so all settings are SimCLR's

    for seed in SEEDS:
        for name in (*STEPS, *list(VIEWS)[1:]):
            start = time.process_time()
            encoders[name, seed] = pretrain(name, seed, chosen[name]["rate"])
            seconds.setdefault(name, []).append(round(time.process_time() - start, 2))
        encoders["untrained", seed], encoders["pixels", seed] = untrained(seed), nn.Flatten()
        print("seed", seed, {name: values[-1] for name, values in seconds.items()}, flush=True)

    for (name, seed), encoder in encoders.items():  # the test digits are opened here, after all choices
        own = results.setdefault(name, {})
        for n in BUDGETS:
            by_probe, by_neighbour = probes(encoder, n, seed, chosen[name][f"penalty, {n}"], TEST)
            own.setdefault(f"probe, {n}", []).append(round(mean_share(by_probe, TEST.labels), 2))
            own.setdefault(f"neighbour, {n}", []).append(round(mean_share(by_neighbour, TEST.labels), 2))
            six, nine = TEST.labels == 6, TEST.labels == 9
            swapped = [(answer[six] == 9).sum() + (answer[nine] == 6).sum() for answer in by_probe]
            own.setdefault(f"six and nine, {n}", []).append(
                round(100 * sum(s.item() for s in swapped) / DRAWS / (six | nine).sum().item(), 2)
            )
            rest = ~(six | nine)
            own.setdefault(f"others, {n}", []).append(
                round(mean_share([answer[rest] for answer in by_probe], TEST.labels[rest]), 2)
            )
        if "rate of fine-tuning" in chosen[name] and "," not in name:
            lr, penalty = chosen[name]["rate of fine-tuning"], chosen[name][f"penalty, {TUNED}"]
            for told, steps in (("tuned", TUNE_STEPS), ("tuned, three times the steps", 3 * TUNE_STEPS)):
                if steps == TUNE_STEPS or name in ("untrained", "SimCLR"):
                    model = tuned(encoder, seed, lr, penalty, name == "untrained", steps)
                    answers = latents_of(model, TEST.images).argmax(dim=1)
                    own.setdefault(told, []).append(round(share(answers, TEST.labels), 2))
        print(f"{name:28} {seed}", {kind: values[-1] for kind, values in own.items()}, flush=True)

    facts = {"steps": STEPS, "rates": RATES, "penalties": PENALTIES, "seconds": seconds, "tune_steps": TUNE_STEPS}
    STORED.write_text(json.dumps({"facts": facts, "chosen": chosen, "test": results}) + "\n")


if __name__ == "__main__":
    main()
