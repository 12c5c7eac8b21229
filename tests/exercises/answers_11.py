"""Answers to page 11: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import json
import struct

import numpy as np
from exercise_answers import Answers

BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
ALL_BYTES = BYTES | {"I64": 8, "I32": 4, "U8": 1, "BOOL": 1}


def begin_of(raw):
    return 8 + struct.unpack("<Q", bytes(raw[:8]))[0]


def header_of(raw):
    return json.loads(bytes(raw[8 : begin_of(raw)]).decode("utf-8"))


def names_of(raw):
    return tuple(filter("__metadata__".__ne__, header_of(raw)))


def by_struct(files, name):
    return begin_of(files[name]), names_of(files[name])


def parts(begin, names=names_of):
    return lambda files, name: (begin(files[name]), names(files[name]))


def tensors(header):
    return [entry for name, entry in header.items() if name != "__metadata__"]


def floats(header):
    return [entry for entry in tensors(header) if entry["dtype"] in BYTES]


def by_places(header, to):
    """What the file says that each tensor takes now, less what it takes then."""
    saved = []
    for entry in floats(header):
        now = entry["data_offsets"][1] - entry["data_offsets"][0]
        saved.append(now - now // BYTES[entry["dtype"]] * BYTES[to])
    return np.sum(saved, dtype=int)


def counted(count):
    return lambda header, to: sum(count(e["shape"]) * (BYTES[e["dtype"]] - BYTES[to]) for e in floats(header))


def product(shape):
    count = 1
    for size in shape:
        count *= size
    return count


def by_one_product(weight, adapters):
    """All adapters side by side, as one of a larger rank."""
    if not adapters:
        return np.array(weight)
    down = np.concatenate([d for d, _, _ in adapters])
    up = np.concatenate([scale * u.numpy() for _, u, scale in adapters], axis=1)
    return weight.numpy() + up @ down


def added(update):
    def merge(weight, adapters):
        for adapter in adapters:
            weight = weight + update(*adapter)
        return weight

    return merge


def no_sum(weight, adapters):
    merged = weight
    for down, up, scale in adapters:
        merged = weight + scale * up @ down
    return merged


def in_a_loop(weight, adapters):
    for down, up, scale in adapters:
        return weight + scale * up @ down
    return weight


def whole_scaled(weight, adapters):
    for down, up, scale in adapters:
        weight = scale * (weight + up @ down)
    return weight


def by_list(found, known):
    checks = {
        "missing tensor": any(name not in found["tensors"] for name in known["tensors"]),
        "label order": list(found["labels"]) != list(known["labels"]),
        "normalisation": not (found["mean"] == known["mean"] and found["std"] == known["std"]),
        "no licence": found["licence"] in ("", None),
        "pickle": any(s[:2] == b"PK" or s[:1] == b"\x80" for s in found["starts"].values()),
        "changed file": found["sha256"] != known["sha256"],
    }
    return [name for name, wrong in checks.items() if wrong]


def decided(fault, when):
    def find(found, known):
        return [f for f in by_list(found, known) if f != fault] + [fault] * bool(when(found, known))

    return find


def with_elif(found, known):
    faults = by_list(found, known)
    return set(faults[:1])


ANSWERS = {
    "11.1": Answers(
        right=by_struct,
        wrong={
            "length of the header alone": parts(lambda raw: begin_of(raw) - 8),
            "where the header ends": parts(lambda raw: 8),
            "from the first byte alone": parts(lambda raw: 8 + raw[0]),
            "added up the eight bytes": parts(lambda raw: 8 + sum(raw[:8])),
            "is among your names": parts(begin_of, lambda raw: list(header_of(raw))),
            "names are sorted": parts(begin_of, lambda raw: sorted(names_of(raw))),
            "how long the whole file is": parts(len),
            "how many tensors there are": parts(begin_of, lambda raw: len(names_of(raw))),
            "joined to one text": parts(begin_of, lambda raw: ", ".join(names_of(raw))),
            "in another order": lambda files, name: by_struct(files, name)[::-1],
            "Only the first of the 2": lambda files, name: by_struct(files, name)[0],
        },
    ),
    "11.2": Answers(
        right=by_places,
        wrong={
            "Whole numbers are converted": lambda header, to: sum(
                product(e["shape"]) * (ALL_BYTES[e["dtype"]] - BYTES[to]) for e in tensors(header)
            ),
            "take afterwards": lambda header, to: sum(product(e["shape"]) * BYTES[to] for e in floats(header)),
            "take now": lambda header, to: sum(product(e["shape"]) * BYTES[e["dtype"]] for e in floats(header)),
            "as if it held 4-byte floats": lambda header, to: sum(
                product(e["shape"]) * (4 - BYTES[to]) for e in floats(header)
            ),
            "whatever `to` is": lambda header, to: sum(
                product(e["shape"]) * (BYTES[e["dtype"]] - 2) for e in floats(header)
            ),
            "added up the sizes": counted(sum),
            "first size of each shape": counted(lambda shape: shape[0] if shape else 1),
            "is one number, and you count it as none": counted(lambda shape: product(shape) if shape else 0),
            "The shape is missing": counted(lambda shape: 1),
            "after minus before": lambda header, to: -by_places(header, to),
            "would get larger": lambda header, to: sum(
                max(0, product(e["shape"]) * (BYTES[e["dtype"]] - BYTES[to])) for e in floats(header)
            ),
        },
    ),
    "11.3": Answers(
        right=by_list,
        wrong={
            "stop at the first fault": with_elif,
            "A tensor too many counts": decided(
                "missing tensor", lambda found, known: set(found["tensors"]) != set(known["tensors"])
            ),
            "Ask it the other way round": decided(
                "missing tensor", lambda found, known: set(found["tensors"]) - set(known["tensors"])
            ),
            "would hide them": decided(
                "label order", lambda found, known: set(found["labels"]) != set(known["labels"])
            ),
            "mean *and* std": decided(
                "normalisation",
                lambda found, known: found["mean"] != known["mean"] and found["std"] != known["std"],
            ),
            "mean alone": decided("normalisation", lambda found, known: found["mean"] != known["mean"]),
            "empty text passes": decided("no licence", lambda found, known: found["licence"] is None),
            "by their names": decided(
                "pickle", lambda found, known: any(name.endswith((".pt", ".bin")) for name in found["starts"])
            ),
            "not the other: a bare pickle": decided(
                "pickle", lambda found, known: any(s == b"PK" for s in found["starts"].values())
            ),
            "Changed files are never reported": decided("changed file", lambda found, known: False),
            "whether there is a fault": lambda found, known: bool(by_list(found, known)),
            "how many faults": lambda found, known: len(by_list(found, known)),
        },
    ),
    "11.4": Answers(
        right=by_one_product,
        wrong={
            "scale is missing": added(lambda down, up, scale: up @ down),
            "divide by the scale": added(lambda down, up, scale: up @ down / scale),
            "divide by the rank": added(lambda down, up, scale: scale * up @ down / down.shape[0]),
            "adapters alone": lambda weight, adapters: sum(
                (scale * up @ down for down, up, scale in adapters), 0 * weight
            ),
            "subtracted": added(lambda down, up, scale: -scale * up @ down),
            "Only the last adapter": no_sum,
            "Only the first adapter": in_a_loop,
            "multiplies the weight of the layer, too": whole_scaled,
            "averaged": lambda weight, adapters: (
                weight + sum((s * u @ d for d, u, s in adapters), 0 * weight) / max(1, len(adapters))
            ),
        },
    ),
}
EQUIVALENT = {
    "11.1": {
        "int.from_bytes(raw[:7], 'little')": "the eighth byte is 0 in every header that fits on a disk",
    },
    "11.3": {
        "(b'\\x80', b'PK')": "`startswith` asks for both, in any order",
    },
}
