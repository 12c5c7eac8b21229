"""Make what comes with the course (helpers/shipped): two encoders, and the race of page 08.

    python tools/ship.py

Everything follows from the course's own functions, seeds and data. The race takes about an hour on
two cores; encoders that lie in build/race already are taken from there.
"""

from __future__ import annotations

import json

import race

from helpers import checkpoints
from helpers.data.images import digits, letters
from helpers.models import Autoencoder, Classifier, Decoder, Encoder
from helpers.runtime import setup

SEED = 0  # of the pretraining that is shipped


def ship_encoders() -> None:
    """Write letters.safetensors and warped.safetensors with the facts that a reader needs."""
    alphabet, (train_set, _, _) = letters(), digits()
    encoder = Encoder()
    facts = {
        "letters": (
            Classifier(Encoder(), classes=len(alphabet.classes)),
            "Encoder of three 3x3 convolutions of stride 2 (16, 32, 64 channels, BatchNorm) and a linear head",
            f"{len(alphabet)} images of {len(alphabet.classes)} Latin, Greek, Cyrillic letters, DejaVu and STIX fonts",
        ),
        "warped": (
            Autoencoder(encoder, Decoder(encoder)),
            "Autoencoder: the same encoder, and a mirrored decoder; no label read",
            f"{len(train_set)} handwritten digits, a subset of MNIST, training split",
        ),
    }
    for kind, (model, what, data) in facts.items():
        race.ensure_encoder((kind, SEED))
        checkpoints.load_model(model, race.encoder_file(kind, SEED))
        checkpoints.save_model(
            model,
            checkpoints.SHIPPED / f"{kind}.safetensors",
            what=what,
            trained=f"tools/race.py, pretrain({kind!r}, seed={SEED}), {race.EPOCHS[kind]} epochs",
            data=data,
            licence="BSD-3-Clause",
        )


def main() -> None:
    print(setup(SEED))
    ship_encoders()
    results = race.race()
    with checkpoints.replacing(checkpoints.SHIPPED / "label_budget.json") as temporary:
        temporary.write_text(json.dumps(results) + "\n")
    for name, by_budget in results["val"].items():
        means = {n: sum(map(sum, table)) / sum(map(len, table)) for n, table in by_budget.items()}
        print(f"{name:34}", {n: round(mean, 1) for n, mean in means.items()})


if __name__ == "__main__":
    main()
