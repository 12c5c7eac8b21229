"""Page 20: the bytes that one training step needs in one process, predicted from a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

from ipywidgets import BoundedIntText, Dropdown, HBox, VBox

from helpers.explorers.base import Scene, few_ticks, live, new_scene
from helpers.picture import plain_style
from helpers.plots import COLOURS, INK

PARTS = ("weights", "gradients", "optimizer", "activations")
STATES = {"SGD": 0, "SGD with momentum": 1, "Adam": 2}  # numbers that the optimizer keeps for each weight
SHARDED = {  # what is cut into as many parts as there are processes
    "nothing": (),
    "optimizer": ("optimizer",),
    "optimizer and gradients": ("optimizer", "gradients"),
    "weights too (FSDP)": ("optimizer", "gradients", "weights"),
}
PRECISIONS = ("float32", "mixed bfloat16")
MACHINES = {"a Binder session (2 GB)": 2e9, "a laptop (16 GB)": 16e9, "a large GPU (80 GB)": 80e9}


@dataclass(frozen=True)
class Network:
    """How many weights, and how many numbers of one example stay until `backward`."""

    weights: float
    kept: float  # all of them
    inputs: float  # those that enter a block
    blocks: int


NETWORKS = {
    "digits' classifier (page 6)": Network(33_658, 15_372, 7_168, 3),
    "EfficientNet-Lite0 (page 9)": Network(4_652_008, 19_871_821, 965_888, 16),
    "ResNet-50": Network(25_557_032, 21_478_378, 5_619_712, 16),
    # a layer keeps 34 s h + 5 a s s bytes at 2 bytes a number: Korthikanti and others 2023
    "GPT-2, 1,024 tokens": Network(1.558e9, 48 * (17 * 1024 * 1600 + 2.5 * 25 * 1024**2), 48 * 1024 * 1600, 48),
    "GPT-3, 2,048 tokens": Network(175e9, 96 * (17 * 2048 * 12288 + 2.5 * 96 * 2048**2), 96 * 2048 * 12288, 96),
}


def memory_of_a_step(
    network: Network,
    *,
    optimizer: str = "Adam",
    batch: int = 32,
    precision: str = "float32",
    recompute: bool = False,
    processes: int = 1,
    sharded: str = "nothing",
) -> dict[str, float]:
    """Bytes of each of PARTS in one process; what moves between processes or is needed for a moment is not counted.

    Args:
        network: such as one of NETWORKS.
        optimizer: one of STATES.
        batch: examples of a step, over all processes.
        precision: one of PRECISIONS; mixed: activations in 2 bytes, all else in 4; autocast's copies of the
            weights are not counted.
        recompute: keep only what enters each block, and the inside of one block at a time.
        processes: each takes an equal share of the batch, rounded up.
        sharded: one of SHARDED.

    Example:
        >>> from helpers.explorers.memory_of_a_step import Network, memory_of_a_step
        >>> memory_of_a_step(Network(weights=100, kept=10, inputs=5, blocks=2), batch=3)
        {'weights': 400.0, 'gradients': 400.0, 'optimizer': 800.0, 'activations': 120.0}
    """
    each = 4 if precision == "float32" else 2
    kept = network.inputs + network.kept / network.blocks if recompute else network.kept
    found = {
        "weights": 4 * network.weights,
        "gradients": 4 * network.weights,
        "optimizer": 4 * STATES[optimizer] * network.weights,
        "activations": each * kept * -(-batch // processes),
    }
    return {part: float(found[part] / (processes if part in SHARDED[sharded] else 1)) for part in PARTS}


@plain_style
def memory_of_a_step_picture(
    network: str = "ResNet-50",
    optimizer: str = "Adam",
    batch: int = 32,
    precision: str = "float32",
    recompute: str = "no",
    processes: int = 1,
    sharded: str = "nothing",
) -> Scene:
    """Page 20: the predicted bytes of a step in one process, in the plain way and, where it differs, as chosen.

    Args:
        network: one of NETWORKS.
        recompute: "yes" or "no".
        optimizer, batch, precision, processes, sharded: as in `memory_of_a_step`.
    """
    plain = memory_of_a_step(NETWORKS[network], optimizer=optimizer, batch=batch)
    chosen = memory_of_a_step(
        NETWORKS[network],
        optimizer=optimizer,
        batch=batch,
        precision=precision,
        recompute=recompute == "yes",
        processes=processes,
        sharded=sharded,
    )
    totals = [sum(plain.values()), sum(chosen.values())]
    fits = next((name for name, size in MACHINES.items() if totals[1] <= size), None)
    words = (
        f"{network}, {optimizer}, {batch} examples a step, {precision}, activations recomputed: {recompute}, "
        f"{processes} {'process' if processes == 1 else 'processes'}, sharded: {sharded}. Predicted for each process: "
        + ", ".join(f"{part} {size_in_words(chosen[part])}" for part in PARTS)
        + f"; together {size_in_words(totals[1])}, {100 * totals[1] / totals[0]:.3g} % of the plain way. "
        + (f"The least of three machines that holds it: {fits}." if fits else "Even a large GPU (80 GB) does not.")
    )
    picture = new_scene(7.2, 1.9, words)
    axes = picture.add_axes((0.12, 0.34, 0.7, 0.46))
    rows = {"plain": plain, "chosen": chosen} if chosen != plain else {"plain": plain}
    for row, parts in enumerate(rows.values()):
        left = 0.0
        for colour, part in zip(COLOURS, PARTS, strict=False):
            axes.barh([row], [parts[part]], left=[left], height=0.62, color=colour)
            left += parts[part]
        axes.text(left, row, " " + size_in_words(left), va="center", fontsize=9, color=INK, clip_on=False)
    axes.set_xlim(0, max(totals))
    axes.set_ylim(1.5, -0.5)
    few_ticks(axes, (), range(len(rows)), y_names=list(rows))
    axes.tick_params(length=0, labelsize=9)
    axes.set_frame_on(False)
    for i, (colour, part) in enumerate(zip(COLOURS, PARTS, strict=False)):
        picture.text(0.12 + 0.19 * i, 0.12, f"■ {part}", fontsize=9, color=colour)
    picture.text(0.12, 0.88, f"{network}: memory of a step in one process, predicted", fontsize=9, color=INK)
    return picture


def memory_of_a_step_explorer() -> VBox:
    """Page 20: change what a step needs; see `memory_of_a_step_picture`."""
    controls = {
        "network": Dropdown(options=list(NETWORKS), value="ResNet-50", description="network"),
        "optimizer": Dropdown(options=list(STATES), value="Adam", description="optimizer"),
        "batch": BoundedIntText(32, min=1, max=100_000, description="examples a step"),
        "precision": Dropdown(options=PRECISIONS, description="precision"),
        "recompute": Dropdown(options=("no", "yes"), description="recompute activations"),
        "processes": BoundedIntText(1, min=1, max=10_000, description="processes"),
        "sharded": Dropdown(options=list(SHARDED), description="sharded"),
    }
    for control in controls.values():
        control.layout.width = "330px"
    fields = list(controls.values())
    return live(memory_of_a_step_picture, controls, [HBox(fields[i : i + 2]) for i in range(0, len(fields), 2)])


def size_in_words(size: float) -> str:
    """Bytes with three digits and a unit.

    Example:
        >>> from helpers.explorers.memory_of_a_step import size_in_words
        >>> size_in_words(999), size_in_words(2_860_000_000)
        ('999 B', '2.86 GB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if float(f"{size:.3g}") < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
