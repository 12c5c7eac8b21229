"""Train a classifier of your photos.

FOLDER holds one sub-folder of photos for each class (or the folders "train", "val" and "test", each with one
sub-folder for each class). A network that knows ImageNet's million photos is given a head for your classes: first
on its features as they are, then by training all of it for some epochs. Validation photos choose between the two
and set the temperature of its confidence; below 0.80 the answer is "none of these". The test photos are opened once,
at the end. Into the folder OUT come the model, its card, and a report with figures. Nothing is sent anywhere, and no
network is needed.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # to run from any folder, installed or not

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import set_seed
from PIL import Image
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, RandomSampler

from helpers.backbones import contract_at
from helpers.checkpoints import replacing
from helpers.data.augment import crop_and_flip
from helpers.data.folder import Photos, image_folder
from helpers.loops import DivergedError, one_cycle
from helpers.metrics import fit_temperature
from helpers.photo_model import CONFIG, both_ways, photo_model, save_photo_model
from helpers.probe import linear_probe
from helpers.runtime import cpu_quota

sys.path.insert(0, str(Path(__file__).resolve().parent))
from report import test_once, write_report

PENALTIES = (1.0, 10.0, 100.0, 1000.0, 10000.0)  # of the head on frozen features
BATCH = 16  # photos a step, over all processes
AVERAGED = 0.95  # the weights that are judged: a running average of those after each step, some 20 steps long
DOUBT = 0.1  # label smoothing: no answer shall be quite sure, so that few photos are not learnt by heart
STATE, FEATURES = "state.pt", "features.pt"  # what --resume goes on from


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:
        train(options)
    except (OSError, ValueError, DivergedError) as error:
        print(f"error: {plain_words(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        resume = [] if options.resume else ["--resume"]
        print(f"\nstopped; go on with: {shlex.join(['python', *sys.argv, *resume])}", file=sys.stderr)
        return 130
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python scripts/train.py ~/photos/pets --out runs/pets\n"
        "several GPUs, or two processes: accelerate launch --multi_gpu --num_processes 2 scripts/train.py ...",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="one sub-folder of photos for each class")
    parser.add_argument("--out", type=Path, help="where the model goes (default: runs/ and the name of FOLDER)")
    parser.add_argument("--resume", action="store_true", help="go on after a stop: at most one epoch is lost")
    parser.add_argument(
        "--epochs", type=int, default=4, help="of training the whole network, at most; 0 for features alone (4)"
    )
    parser.add_argument("--patience", type=int, default=4, help="stop after so many epochs that were no better (4)")
    parser.add_argument("--lr", type=float, default=1e-4, help="highest learning rate of these epochs (0.0001)")
    parser.add_argument(
        "--size", type=int, help="side of a photo in pixels, 64 to 448 (default: 224, of small ones 160)"
    )
    parser.add_argument(
        "--group", metavar="REGEX", help='photos whose names share this part are split together: "^[^_]+"'
    )
    parser.add_argument("--workers", type=int, help="processes that read photos (default: by the number of cores)")
    parser.add_argument("--seed", type=int, default=0, help="of the split and of all that is random (0)")
    options = parser.parse_args(arguments)
    if min(options.epochs, options.patience - 1, options.workers or 0) < 0:
        parser.error("--epochs and --workers must be 0 or more, --patience 1 or more")
    if not 0 < options.lr < 1 or not 64 <= (options.size or 224) <= 448:
        parser.error("--lr must be between 0 and 1, --size from 64 to 448")
    if options.group:
        try:
            re.compile(options.group)
        except re.error as error:
            parser.error(f"--group {options.group!r} is no regular expression: {error}")
    options.folder = options.folder.expanduser().resolve()
    options.out = (options.out or Path("runs") / options.folder.name).expanduser().resolve()
    return options


def train(options: argparse.Namespace) -> None:
    """All steps in their order; each prints what it found."""
    started = time.perf_counter()
    accelerator = Accelerator(cpu=not torch.accelerator.is_available())  # else two processes would not share
    torch.set_num_threads(max(1, cpu_quota() // accelerator.num_processes))
    set_seed(options.seed)
    say = accelerator.print
    if (options.out / CONFIG).exists():
        raise ValueError(f"{options.out}: holds a finished model. Choose another folder by --out, or remove it")
    if accelerator.num_processes > 1:
        say(f"{accelerator.num_processes} processes share the work")
    say(f"reading {options.folder}")
    (train_set, val_set, test_set), notes = read(options)
    for note in notes:
        say(f"note: {note}")
    classes = train_set.classes
    run = run_of(options, train_set, val_set, test_set)
    check_out(options, run, accelerator)
    counts = train_set.labels.bincount(minlength=len(classes)).tolist()
    say(f"{len(train_set)} photos to train on, {len(val_set)} to choose by, {len(test_set)} to test on")
    say("to train on: " + ", ".join(f"{name} {count}" for name, count in zip(classes, counts, strict=True)))

    model = photo_model(len(classes)).to(accelerator.device, memory_format=torch.channels_last)
    latents = features(accelerator, model.backbone, {"train": train_set, "val": val_set}, options, run)
    head, frozen = choose_head(latents, train_set.labels, val_set.labels)
    say(
        f"features as they are: {frozen['accuracy']:.1%} of the validation photos right (penalty {frozen['penalty']:g})"
    )
    model.head.load_state_dict(head.state_dict())
    history = fine_tune(accelerator, model, train_set, val_set, frozen, options, run)

    val_logits = logits_of(accelerator, model, val_set, options)
    temperature = max(0.5, fit_temperature(val_logits, val_set.labels))  # where all are right it would go to 0
    if best_epoch(history) == 0:  # all is chosen: the validation photos may teach the head, too
        both = torch.cat([latents["train"], latents["val"]])
        head = head_on(both, torch.cat([train_set.labels, val_set.labels]), frozen["penalty"])
        model.head.load_state_dict(head.state_dict())
    test_logits = logits_of(accelerator, model, test_set, options)
    if accelerator.is_main_process:
        outcome = {
            "notes": notes,
            "history": history,
            "temperature": temperature,
            "latents": latents,
            "val_logits": val_logits / temperature,
            "test_logits": test_logits / temperature,
            "seconds": time.perf_counter() - started,
        }
        sets = train_set, val_set, test_set
        told = test_once(options.out, sets, outcome)
        save_photo_model(options.out, model, classes=classes, contract=train_set.contract, **told["saved"])
        write_report(options.out, sets, outcome, told["lines"])  # after the model, which it must not cost
        for name in (STATE, FEATURES):
            (options.out / name).unlink(missing_ok=True)
        say("\n".join(told["lines"]))
        say(f"model, card and report are in {options.out} ({time.perf_counter() - started:.0f} s)")
        say(f"try: {shlex.join(['python', 'scripts/predict.py', str(options.out), test_set.paths[0]])}")
    accelerator.free_memory()  # or the processes' connection outlives the next line, and one may abort at its exit
    accelerator.end_training()


def read(options: argparse.Namespace) -> tuple[tuple[Photos, Photos, Photos], list[str]]:
    """The three sets without bad files, and what there is to say of bad files, copies and groups."""
    group = options.group and re.compile(options.group)
    matched = []

    def group_of(path: Path) -> str:
        found = group.search(path.name)
        matched.append(found is not None)
        return found.group() if found else str(path)

    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        sets = image_folder(options.folder, group_of=group_of if group else None, seed=options.seed, on_bad="skip")
    if group and not any(matched):
        raise ValueError(
            f"--group {options.group!r} is in no photo's name. Names look like {Path(sets[0].paths[0]).name}"
        )
    told = [str(note.message) for note in notes if issubclass(note.category, UserWarning)]
    small = typical_side(sets[0]) < 160
    options.size = options.size or (160 if small else 224)
    contract = contract_at(options.size)
    if small:
        contract["resize"] = options.size  # of what is small, only the longer side is cut
    return tuple(photos.with_contract(**contract) for photos in sets), told


def typical_side(photos: Photos) -> int:
    """The shorter side of a photo in pixels, the median of some fifty."""
    sides = []
    for path in photos.paths[:: max(1, len(photos) // 50)]:
        with Image.open(path) as photo:
            sides.append(min(photo.size))
    return sorted(sides)[len(sides) // 2]


def run_of(options: argparse.Namespace, *sets: Photos) -> dict:
    """What a run must share with the one that it resumes: its photos, and what changes its result."""
    names = ("epochs", "patience", "lr", "size", "group", "seed")
    photos = {path: Path(path).stat().st_size for part in sets for path in part.paths}
    return {"photos": photos, "settings": {name: getattr(options, name) for name in names}}


def check_out(options: argparse.Namespace, run: dict, accelerator: Accelerator) -> None:
    """Make the folder, and refuse to mix two runs in it."""
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"{options.out}: cannot make this folder ({error.strerror}). Choose another by --out") from error
    if accelerator.is_main_process:
        with replacing(options.out / ".writable"):
            pass
        (options.out / ".writable").unlink()
    stopped = [name for name in (STATE, FEATURES) if (options.out / name).exists()]
    if options.resume and not stopped:
        accelerator.print("nothing to resume there: starting anew")
    if stopped and not options.resume:
        raise ValueError(
            f"{options.out}: holds a run that was stopped. Pass --resume to go on, or choose another --out"
        )
    for name in stopped:
        refuse_another(load(options.out / name)["run"], run, options.out)
    accelerator.wait_for_everyone()


def refuse_another(before: dict, now: dict, out: Path) -> None:
    """Name what differs between the run that stopped and this one."""
    changed = [f"--{name} {value}" for name, value in before["settings"].items() if now["settings"][name] != value]
    gone = [path for path in before["photos"] if path not in now["photos"]]
    new = [path for path, size in now["photos"].items() if before["photos"].get(path) != size]
    differs = [f"it had {', '.join(changed)}"] * bool(changed) + [f"missing now: {path}" for path in gone[:3]]
    differs += [f"new or changed: {path}" for path in new[:3]]
    if differs:
        raise ValueError(
            f"{out}: the run there is another one ({'; '.join(differs)}). Undo that, or choose another --out"
        )


@torch.no_grad()
def features(
    accelerator: Accelerator, backbone: nn.Module, sets: dict[str, Photos], options: argparse.Namespace, run: dict
) -> dict[str, Tensor]:
    """Latents (N, 2, Z) of each photo and of its mirror image, computed once and kept for --resume."""
    kept = options.out / FEATURES
    if kept.exists():
        accelerator.print("features: taken from the run before")
        return load(kept)["latents"]
    latents = {}
    for name, photos in sets.items():
        parts, started = [], time.perf_counter()
        for number, (images, _) in enumerate(loader := batches(accelerator, photos, options), start=1):
            pair = torch.stack([backbone(images), backbone(images.flip(-1))], dim=1)
            parts.append(accelerator.gather_for_metrics(pair).cpu())
            if number % 20 == 0:
                left = (time.perf_counter() - started) / number * (len(loader) - number)
                accelerator.print(f"  features of {name}: batch {number} of {len(loader)}, {left:.0f} s left")
        latents[name] = torch.cat(parts)
    if accelerator.is_main_process:
        save(kept, {"run": run, "latents": latents})
    accelerator.wait_for_everyone()
    return latents


def choose_head(latents: dict[str, Tensor], labels: Tensor, val_labels: Tensor) -> tuple[nn.Linear, dict]:
    """A linear head on the frozen features; the penalty with the smallest validation loss as it is.

    In a trial on small photos fine-tuning went from a head that was too sure to 72 %, from modest ones to 77 %.
    """
    tried = []
    for penalty in PENALTIES:
        head = head_on(latents["train"], labels, penalty)
        with torch.no_grad():
            logits = head(latents["val"]).mean(dim=1)
        loss = F.cross_entropy(logits, val_labels).item()  # not at its best temperature
        tried.append((loss, {"penalty": penalty, "head": head, **measured(logits, val_labels)}))
    _, best = min(tried, key=lambda each: each[0])
    return best.pop("head"), best


def head_on(latents: Tensor, labels: Tensor, penalty: float) -> nn.Linear:
    """A head on latents (N, 2, Z) of photos and mirror images; from the same start each time, resumed or not."""
    torch.manual_seed(0)
    return linear_probe(latents.flatten(0, 1), labels.repeat_interleave(2), penalty)


def measured(logits: Tensor, labels: Tensor) -> dict[str, float]:
    """Loss and share right. The loss at its best temperature: confidence is set right at the end, for whoever wins."""
    logits = logits / fit_temperature(logits, labels)
    right = (logits.argmax(dim=1) == labels).double().mean().item()
    return {"val_loss": F.cross_entropy(logits, labels).item(), "accuracy": right}


def fine_tune(
    accelerator: Accelerator,
    model: nn.Sequential,
    train_set: Photos,
    val_set: Photos,
    frozen: dict,
    options: argparse.Namespace,
    run: dict,
) -> list[dict]:
    """Train all of the model for some epochs, keep it after each, and leave in it the best by validation loss.

    The order of the photos and the crops follow from the seed and the epoch alone, so a run that was stopped and
    resumed sees what an unbroken one sees. BatchNorm keeps ImageNet's statistics: the model stays in `eval()`.
    """
    history = [{"epoch": 0, "train_loss": None, "val_loss": frozen["val_loss"], "accuracy": frozen["accuracy"]}]
    best = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
    trained = accelerator.prepare(model)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(AVERAGED))
    optimizer = torch.optim.AdamW(trained.parameters(), lr=options.lr, weight_decay=0.01)
    if (options.out / STATE).exists():
        state = load(options.out / STATE)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        history, best = state["history"], state["best"]
        accelerator.print(f"going on after epoch {history[-1]['epoch']}")
    for epoch in range(len(history), options.epochs + 1):
        if history[-1]["epoch"] - best_epoch(history) >= options.patience:
            accelerator.print("no better any more: enough")
            break
        started = time.perf_counter()
        train_loss = train_epoch(accelerator, (trained, model, average), optimizer, train_set, epoch, options)
        logits = logits_of(accelerator, average.module, val_set, options)
        now = {"epoch": epoch, "train_loss": train_loss, **measured(logits, val_set.labels)}
        history.append(now)
        if best_epoch(history) == epoch:
            best = {name: tensor.detach().cpu().clone() for name, tensor in average.module.state_dict().items()}
        accelerator.print(
            f"epoch {epoch} of {options.epochs}: loss {train_loss:.3f}, validation loss {now['val_loss']:.3f}, "
            f"{now['accuracy']:.1%} right, {time.perf_counter() - started:.0f} s"
        )
        if accelerator.is_main_process:
            parts = {"model": model, "average": average, "optimizer": optimizer}
            state = {name: part.state_dict() for name, part in parts.items()}
            save(options.out / STATE, {"run": run, "history": history, "best": best, **state})
        accelerator.wait_for_everyone()
    model.load_state_dict(best)
    return history


def best_epoch(history: list[dict]) -> int:
    """The one with the smallest validation loss; 0 for the head on features as they are."""
    return min(history, key=lambda epoch: epoch["val_loss"])["epoch"]


def train_epoch(accelerator, models, optimizer, train_set: Photos, epoch: int, options: argparse.Namespace) -> float:
    """One pass in random crops; the learning rate goes up and down once over all epochs.

    `models`: what is trained (prepared by accelerate), the same model bare, and its average over the steps.
    """
    trained, model, average = models
    loader = batches(accelerator, train_set, options, shuffled_by=options.seed + epoch)
    random = torch.Generator().manual_seed(1000 * (options.seed + epoch) + accelerator.process_index)
    total, photos = 0.0, 0
    for step, (images, labels) in enumerate(loader):
        progress = (epoch - 1 + step / len(loader)) / options.epochs
        for group in optimizer.param_groups:
            group["lr"] = options.lr * one_cycle(progress)
        crops = crop_and_flip(images, 32 * round(0.75 * options.size / 32), generator=random)
        loss = F.cross_entropy(trained(crops), labels, label_smoothing=DOUBT)
        optimizer.zero_grad()
        accelerator.backward(loss)
        optimizer.step()
        average.update_parameters(model)
        losses = accelerator.gather(loss.detach())
        if not losses.isfinite().all():
            raise DivergedError(f"epoch {epoch}, step {step + 1}: the loss is no number any more. Try a smaller --lr")
        total, photos = total + losses.mean().item() * len(labels), photos + len(labels)
    return total / photos


@torch.no_grad()
def logits_of(accelerator: Accelerator, model: nn.Module, photos: Photos, options: argparse.Namespace) -> Tensor:
    """Logits (N, K) of all photos, as mean over each and its mirror image, on the CPU."""
    parts = [
        accelerator.gather_for_metrics(both_ways(model, images)) for images, _ in batches(accelerator, photos, options)
    ]
    return torch.cat(parts).cpu()


def batches(accelerator: Accelerator, photos: Photos, options: argparse.Namespace, shuffled_by: int | None = None):
    """A loader whose batches are shared by the processes, in a random order that depends on one number alone."""
    workers = max(0, cpu_quota() // accelerator.num_processes - 1) if options.workers is None else options.workers
    generator = torch.Generator().manual_seed(shuffled_by or 0)
    order = RandomSampler(photos, generator=generator) if shuffled_by is not None else None
    size = max(1, BATCH // accelerator.num_processes)
    return accelerator.prepare(DataLoader(photos, size, sampler=order, num_workers=min(workers, 8)))


def save(path: Path, state: dict) -> None:
    """Whole or not at all; what was there before stays until the new file is."""
    with replacing(path) as temporary:
        try:
            torch.save(state, temporary)
        except RuntimeError as error:
            raise OSError(f"{path}: could not be written. Is the disk full?") from error


def load(path: Path) -> dict:
    return torch.load(path, map_location="cpu", weights_only=True)


def plain_words(error: BaseException) -> str:
    """The message; of an error in a worker process its last line, without the frames."""
    text = str(error).strip()
    return text.splitlines()[-1] if "Traceback" in text else text


if __name__ == "__main__":
    sys.exit(main())
