"""Measure the course (`make bench`): a table on the screen, and build/bench.json.

Speeds are ratios of paired runs, so that a busy machine changes them little. A part of the stored race
is repeated with an encoder pretrained here and now; where it differs by more than the stored interval
the bench fails.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pages
import race
import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.transforms.functional import to_pil_image

from helpers.checkpoints import replacing, shipped_results
from helpers.data import make_loader
from helpers.data.folder import Photos, read_tree
from helpers.data.images import digits, photos, pictures
from helpers.data.photo_file import ARTICLE_CONTRACT
from helpers.intervals import mean_interval
from helpers.loops import fit
from helpers.losses import classification_loss
from helpers.models import Classifier, Encoder
from helpers.runtime import setup

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PAIRS = 9  # paired runs of a ratio
EPOCHS = 2


REPEATED = (("scratch strong", 1), ("letters", 1), ("letters", 10), ("letters + self-training", 1))
REPEATED_DRAWS = range(3)


def main() -> int:
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    print(setup(0), f"\n{platform.platform()}, {time.strftime('%Y-%m-%d')}\n")
    figures: dict = {"pages": page_figures()}
    figures["pretraining_seconds"] = {kind: pretrain(kind) for kind in ("letters", "warped")}
    figures["fit_over_bare_loop"] = ratio(train_with_fit, train_bare)
    figures["fit_over_lightning"] = ratio(train_with_fit, train_with_lightning)
    figures["photos_over_decode_limit"], figures["two_workers_over_one"] = reading()
    figures["script"] = script()
    figures["race_again"] = race_again()
    BUILD.mkdir(exist_ok=True)
    with replacing(BUILD / "bench.json") as temporary:
        temporary.write_text(json.dumps(figures, indent=1) + "\n")
    show(figures)
    return 1 if any(row["differs"] for row in figures["race_again"].values()) else 0


def pretrain(kind: str) -> float:
    """Pretrain anew, for the race that is repeated; return the seconds it took."""
    race.encoder_file(kind, 0).unlink(missing_ok=True)
    start = time.perf_counter()
    race.ensure_encoder((kind, 0))
    return round(time.perf_counter() - start, 1)


def race_again() -> dict[str, dict]:
    """A few points of the stored race, repeated with the same draws and seeds, on validation images."""
    stored, rows = shipped_results("label_budget"), {}
    for name, budget in REPEATED:
        table = stored["val"][name][str(budget)]
        plain = name.removesuffix(" + self-training")
        rate = stored["rates"][plain][str(budget)]
        jobs = [(plain, budget, draw, 0, rate) for draw in REPEATED_DRAWS]
        if name == plain:
            here = [race.run_plain(job)["val"] for job in jobs]
        else:
            here = [race.run_self_trained((*job, "label propagation", "natural"))["val"] for job in jobs]
        there = [table[draw][0] for draw in REPEATED_DRAWS]
        _, half_width = mean_interval([statistics.mean(row) for row in table])
        difference = statistics.mean(here) - statistics.mean(there)
        rows[f"{name}, {budget}"] = {
            "here": round(statistics.mean(here), 1),
            "stored": round(statistics.mean(there), 1),
            "differs": abs(difference) > max(half_width, 1.0),
        }
    return rows


def page_figures() -> dict[str, dict[str, float | None]]:
    """Seconds from fresh kernel to last cell, and memory rise, of every page."""
    figures = {}
    for page in pages.find_pages([]):
        run = pages.execute(page, progress=sys.stderr.isatty())
        print(run, flush=True)
        if run.error:
            sys.exit(run.error)
        rise = None if run.memory_rise is None else round(run.memory_rise / 2**20)
        figures[page.stem] = {"seconds": round(run.seconds, 1), "memory_rise_mb": rise}
    return figures


def ratio(ours: Callable[[], None], other: Callable[[], None]) -> float:
    """Median over paired runs of our time over the other's; who goes first alternates."""
    ours(), other()  # warm
    ratios = []
    for pair in range(PAIRS):
        times = {}
        for run in (ours, other) if pair % 2 else (other, ours):
            start = time.perf_counter()
            run()
            times[run] = time.perf_counter() - start
        ratios.append(times[ours] / times[other])
    return round(statistics.median(ratios), 3)


def start() -> tuple[Classifier, DataLoader]:
    """The same model and the same batches for each way of training."""
    torch.manual_seed(0)
    train_set, _, _ = digits()
    return Classifier(Encoder()), make_loader(train_set, batch_size=64, shuffle=True, seed=0)


def train_with_fit() -> None:
    model, loader = start()
    fit(model, classification_loss, loader, epochs=EPOCHS, progress=False)


def train_bare() -> None:
    """The same loop, optimizer and memory order written bare, with the loss that it reports."""
    model, loader = start()
    model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0, fused=True)
    model.train()
    for _ in range(EPOCHS):
        total = 0.0
        for images, labels in loader:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(images)


def train_with_lightning() -> None:
    """The same by Lightning's Trainer, with everything off that can be."""
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self, model: Classifier) -> None:
            super().__init__()
            self.model = model.to(memory_format=torch.channels_last)

        def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
            images, labels = batch
            return F.cross_entropy(self.model(images), labels)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.AdamW(self.parameters(), lr=1e-3, weight_decay=0.0, fused=True)

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    model, loader = start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = lightning.Trainer(
            max_epochs=EPOCHS,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(Module(model), loader)


def photo_files(root: Path, count: int = 60) -> Path:
    """Two classes of JPEGs under `root`: real photos turned a little, so that no two files are alike."""
    for name, photo in photos().items():
        (root / name).mkdir(parents=True)
        picture = Image.fromarray((photo * 255).byte().permute(1, 2, 0).numpy())
        for i in range(count):
            picture.rotate(i / 10).save(root / name / f"{i:02}.jpg", quality=90)
    return root


def reading() -> tuple[float, float]:
    """Images a second through Photos and make_loader, over plain decode-and-resize by Pillow; and how many times
    as fast two workers read as one.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree = read_tree(photo_files(Path(folder)))
        files = Photos(tree.paths, tree.labels, tree.classes, ARTICLE_CONTRACT)

        def ours() -> None:
            for _ in make_loader(files, batch_size=64, shuffle=True):
                pass

        def plain() -> None:
            for path in tree.paths:
                with Image.open(path) as image:
                    scale = 256 / min(image.size)
                    image.convert("RGB").resize((round(image.width * scale), round(image.height * scale)))

        many = files.subset(torch.arange(len(files)).repeat(8))

        def with_workers(workers: int) -> Callable[[], None]:
            return lambda: [None for _ in DataLoader(many, batch_size=16, num_workers=workers)] and None

        return round(1 / ratio(ours, plain), 3), round(ratio(with_workers(1), with_workers(2)), 2)


# Runs a command from a small process: the peak of a process begins with that of the one that started it (Unix only).
WITH_PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def script() -> dict[str, float]:
    """scripts/train.py with its defaults on the drawn pictures as files: seconds, peak memory, accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        images, names = pictures(224)
        for image, label, name in zip(images.images, images.labels.tolist(), names, strict=True):
            place = Path(folder) / "pictures" / images.classes[label]
            place.mkdir(parents=True, exist_ok=True)
            to_pil_image(image).save(place / f"{name}.png")
        command = [sys.executable, str(ROOT / "scripts" / "train.py"), f"{folder}/pictures", "--out", f"{folder}/out"]
        start = time.perf_counter()
        run = subprocess.run([sys.executable, "-c", WITH_PEAK, *command], capture_output=True, text=True, check=False)
        if run.returncode:
            sys.exit(f"scripts/train.py ended with {run.returncode}:\n{run.stderr}")
        said, seconds = run.stdout, time.perf_counter() - start
        peak = int(said.split()[-1]) / 1024
        right = float(re.search(r"test photos right: ([\d.]+)%", said).group(1))
    return {"seconds": round(seconds), "peak_mb": round(peak), "test_right": right}


def show(figures: dict) -> None:
    """The figures, the tables as the README holds them."""
    print("\n| page | runs in | memory above the imports |\n|---|---|---|")
    for stem, page in figures["pages"].items():
        print(f"| {stem} | {page['seconds']:.0f} s | {page['memory_rise_mb']} MB |")
    total = sum(page["seconds"] for page in figures["pages"].values())
    print(f"\n{'all pages':36}{total:7.1f} s")
    for name, seconds in figures["pretraining_seconds"].items():
        print(f"{'pretraining ' + name:36}{seconds:7.1f} s")
    for name in ("fit_over_bare_loop", "fit_over_lightning", "photos_over_decode_limit", "two_workers_over_one"):
        print(f"{name:36}{figures[name]:7.3f}")
    for name, value in figures["script"].items():
        print(f"{'scripts/train.py, ' + name:36}{value:7.1f}")
    for name, row in figures["race_again"].items():
        print(f"{name:36}{row['here']:7.1f} here, {row['stored']:.1f} stored{'  DIFFERS' if row['differs'] else ''}")
    print_race()


def print_race() -> None:
    """The stored race on the test images: means over draws, with the interval over draws."""
    test = shipped_results("label_budget")["test"]
    budgets = list(next(iter(test.values())))
    print("\n| labels per digit |", " | ".join(budgets), "|\n|---" + "|---" * len(budgets) + "|")
    for name, by_budget in test.items():
        cells = []
        for table in by_budget.values():
            mean, half_width = mean_interval([statistics.mean(row) for row in table])
            cells.append(f"{mean:.1f} ± {half_width:.1f}")
        print("|", name, "|", " | ".join(cells), "|")


if __name__ == "__main__":
    sys.exit(main())
