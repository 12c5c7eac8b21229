"""Measure the course (`make bench`): a table on the screen, and build/bench.json.

The label budget comes from encoders trained here and now; speeds are ratios of paired runs, so
that a busy machine changes them little.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import DataLoader

sys.path.insert(0, str(Path(__file__).parent))
import pages
import ship

from helpers.checkpoints import replacing
from helpers.data import digits, image_folder, make_loader, photos
from helpers.loops import classification_loss, fit
from helpers.metrics import mean_interval
from helpers.models import Classifier, Encoder
from helpers.runtime import setup

BUILD = Path(__file__).resolve().parent.parent / "build"
PAIRS = 9  # paired runs of a ratio
EPOCHS = 2


def main() -> None:
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    print(setup(0), f"\n{platform.platform()}, {time.strftime('%Y-%m-%d')}\n")
    figures: dict = {"pages": page_figures()}
    seconds = ship.train_encoders(BUILD / "encoders")
    figures["pretraining_seconds"] = {name: round(value, 1) for name, value in seconds.items()}
    figures["fit_over_bare_loop"] = ratio(train_with_fit, train_bare)
    figures["fit_over_lightning"] = ratio(train_with_fit, train_with_lightning)
    figures["image_folder_over_decode_limit"] = folder_over_decode_limit()
    results = ship.race(BUILD / "encoders")["test"]
    figures["label_budget"] = {
        name: {budget: interval(values) for budget, values in by_budget.items()} for name, by_budget in results.items()
    }
    BUILD.mkdir(exist_ok=True)
    with replacing(BUILD / "bench.json") as temporary:
        temporary.write_text(json.dumps(figures, indent=1) + "\n")
    show(figures)


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
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
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
            return torch.optim.Adam(self.parameters(), lr=1e-3, fused=True)

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


def folder_over_decode_limit() -> float:
    """Images a second through image_folder and make_loader, over plain decode-and-resize by Pillow."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, photo in photos().items():
            (root / name).mkdir()
            picture = Image.fromarray((photo * 255).byte().permute(1, 2, 0).numpy())
            for i in range(60):  # turned a little, so that no two files are alike
                picture.rotate(i / 10).save(root / name / f"{i:02}.jpg", quality=90)
        train_set, _ = image_folder(root, val_fraction=0.02)
        paths = [train_set.dataset.samples[i][0] for i in train_set.indices]

        def ours() -> None:
            for _ in make_loader(train_set, batch_size=64, shuffle=True):
                pass

        def plain() -> None:
            for path in paths:
                with Image.open(path) as image:
                    scale = 256 / min(image.size)
                    image.convert("RGB").resize((round(image.width * scale), round(image.height * scale)))

        return round(1 / ratio(ours, plain), 3)


def interval(values: list[float]) -> dict[str, float]:
    mean, half_width = mean_interval(values)
    return {"mean": round(mean, 1), "half_width": round(half_width, 1)}


def show(figures: dict) -> None:
    """The figures as a table."""
    budgets = list(next(iter(figures["label_budget"].values())))
    print(f"\n{'test accuracy (%), labels a digit':36}" + "".join(f"{budget:>13}" for budget in budgets))
    for name, by_budget in figures["label_budget"].items():
        print(f"{name:36}" + "".join(f"{v['mean']:7.1f} ± {v['half_width']:3.1f}" for v in by_budget.values()))
    total = sum(page["seconds"] for page in figures["pages"].values())
    print(f"\n{'all pages':36}{total:7.1f} s")
    for name, seconds in figures["pretraining_seconds"].items():
        print(f"{'pretraining ' + name:36}{seconds:7.1f} s")
    for name in ("fit_over_bare_loop", "fit_over_lightning", "image_folder_over_decode_limit"):
        print(f"{name:36}{figures[name]:7.3f}")


if __name__ == "__main__":
    main()
