"""Name photos with a model that scripts/train.py wrote: one line for each photo."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers.photo_model import NONE, classify, load_photo_model


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python scripts/predict.py runs/pets photo.jpg"
    )
    parser.add_argument("model", metavar="MODEL", help="the folder that train.py wrote")
    parser.add_argument("photos", metavar="PHOTO", nargs="+", help="an image file of any common kind")
    parser.add_argument("--all", action="store_true", help="the confidence in every class, not only in the first")
    options = parser.parse_args(arguments)
    try:
        model, config = load_photo_model(Path(options.model).expanduser().resolve())
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    bad = 0
    for photo in options.photos:
        try:
            name, confidence, each = classify(model, config, photo)
        except (OSError, ValueError, SyntaxError) as error:
            print(f"error: {photo}: {error}", file=sys.stderr)
            bad += 1
            continue
        best = max(each, key=each.get)
        print(f"{photo}\t{name}\t{confidence:.2f}" + (f"\t(nearest: {best})" if name == NONE else ""))
        if options.all:
            for other in sorted(each, key=each.get, reverse=True):
                print(f"\t{other}\t{each[other]:.2f}")
    return 2 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
