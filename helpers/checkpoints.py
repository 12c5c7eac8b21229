"""Save and load weights as safetensors: a load that matched nothing is an error.

A safetensors file holds tensors and a few words about them, and can run no code when it is read,
as a pickle can. Each file says what it is, how it was trained, on what, and under which licence.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from helpers.runtime import writable_folder

SHIPPED = Path(__file__).parent / "shipped"  # the small encoders that come with the course


class CheckpointError(ValueError):
    """A file that is no checkpoint, or one that does not fit the model."""


@dataclass(frozen=True)
class LoadReport:
    """What a load did: which tensors arrived, and which in the file were left alone."""

    path: Path
    loaded: list[str]
    ignored: list[str]
    facts: dict[str, str]

    def __str__(self) -> str:
        ignored = f", {len(self.ignored)} in the file not used" if self.ignored else ""
        return f"{self.path.name}: {len(self.loaded)} tensors loaded{ignored}"


def save_model(model: nn.Module, path: str | Path, *, what: str, trained: str, data: str, licence: str) -> Path:
    """Write the model's weights to `path` with the facts that a reader needs; return the path.

    A missing folder is made; a relative path lies in COURSE_FOLDER where that is set. The file is written
    beside `path` and renamed, so that a crash leaves the old file whole.

    Args:
        what: the model in a few words.
        trained: how.
        data: on what.
        licence: under which the weights may be used.

    Raises:
        OSError: the folder cannot be written; an older file there is untouched.

    Example:
        >>> import tempfile
        >>> from torch import nn
        >>> from helpers.checkpoints import load_model, save_model
        >>> facts = dict(what="a line", trained="not at all", data="none", licence="CC0")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = save_model(nn.Linear(2, 1), f"{folder}/line.safetensors", **facts)
        ...     print(load_model(nn.Linear(2, 1), path))
        line.safetensors: 2 tensors loaded
    """
    path = _placed(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"{path.parent}: cannot make this folder ({error.strerror}). Choose another") from error
    facts = {"what": what, "trained": trained, "data": data, "licence": licence}
    tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in model.state_dict().items()}
    with replacing(path) as temporary:
        try:
            save_file(tensors, temporary, metadata=facts)
        except SafetensorError as error:
            raise OSError(f"{path}: could not be written ({error}). Is the disk full?") from error
    return path


def load_model(model: nn.Module, path: str | Path) -> LoadReport:
    """Fill the whole of `model` from `path`; every tensor of both sides must match.

    Raises:
        FileNotFoundError: there is no such file.
        CheckpointError: not a whole safetensors file, or another model's; `model` is untouched.
    """
    tensors, facts = read_checkpoint(path)
    _copy_into(model, tensors, Path(path))
    return LoadReport(Path(path), sorted(tensors), [], facts)


def load_encoder(encoder: nn.Module, path: str | Path) -> LoadReport:
    """Fill `encoder` from the `encoder.` part of a saved model, or from a saved encoder alone.

    The rest of the file (a decoder, a head) is left alone and reported. Unlike
    `load_state_dict(strict=False)` this cannot succeed without having loaded the whole encoder.

    Raises:
        FileNotFoundError: there is no such file.
        CheckpointError: no tensor, or not all of the encoder, matched; `encoder` is untouched.

    Source: article section 4.4, whose load matched nothing and said nothing.
    """
    tensors, facts = read_checkpoint(path)
    prefix = "encoder." if any(name.startswith("encoder.") for name in tensors) else ""
    part = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    if not set(part) & set(encoder.state_dict()):
        raise CheckpointError(
            f"{path}: none of its {len(tensors)} tensors belongs to this encoder. It holds {_some(tensors)}; "
            f"the encoder needs {_some(encoder.state_dict())}"
        )
    _copy_into(encoder, part, Path(path))
    ignored = sorted(name for name in tensors if not name.startswith(prefix))
    return LoadReport(Path(path), sorted(part), ignored, facts)


def read_checkpoint(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors file by name, and the facts written with them.

    Raises:
        FileNotFoundError: there is no such file.
        CheckpointError: a pickle, a truncated file, or no safetensors file at all.
    """
    path = _placed(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such checkpoint. Run the page that saves it, or check the path")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        with path.open("rb") as file:
            start = file.read(2)
        if start in (b"PK", b"\x80\x02"):  # a zip file, as torch.save writes it, or a bare pickle
            raise CheckpointError(
                f"{path}: this is a pickle (from torch.save), which can run code when loaded. Load it with "
                "torch.load(path, weights_only=True) if you trust its source, then save_model() it"
            ) from error
        raise CheckpointError(f"{path}: not a whole safetensors file ({error}). Copy or save it again") from error


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to, renamed to `path` at the end: never half a file.

    Raises:
        OSError: the folder is missing or cannot be written; an older file is untouched.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from helpers.checkpoints import replacing
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with replacing(Path(folder) / "a.txt") as temporary:
        ...         _ = temporary.write_text("whole")
        ...     (Path(folder) / "a.txt").read_text()
        'whole'
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.touch(exist_ok=False)
        mode = temporary.stat().st_mode  # the permissions that the user's umask asks for
    except OSError as error:
        raise OSError(
            f"{path.parent}: cannot write here ({error.strerror}). Choose another folder, or set COURSE_FOLDER to one"
        ) from error
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())  # on the disk before the old file goes
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def shipped_encoder(name: str) -> Path:
    """Path of an encoder that comes with the course: "letters" or "warped".

    Page 05 trains both in front of you for a few seconds; these were trained on the same
    images for longer and in larger batches (`tools/race.py`), so that each later page runs alone.

    Raises:
        ValueError: there is no shipped encoder of that name.
    """
    names = sorted(path.stem for path in SHIPPED.glob("*.safetensors"))
    if name not in names:
        raise ValueError(f"no shipped encoder {name!r}; there are {names}")
    return SHIPPED / f"{name}.safetensors"


def shipped_results(name: str) -> dict:
    """Results that `make shipped` measured and that come with the course, such as "label_budget"."""
    return json.loads((SHIPPED / f"{name}.json").read_text())


def _placed(path: str | Path) -> Path:
    """Where a path lies: a relative one in the folder that the course writes to."""
    return writable_folder() / Path(path).expanduser()


def _copy_into(model: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    """Load after checking names and shapes, so that a failed load changes nothing."""
    wanted = model.state_dict()
    missing, extra = sorted(set(wanted) - set(tensors)), sorted(set(tensors) - set(wanted))
    if missing or extra:
        parts = [f"lacks {_some(missing)}"] * bool(missing) + [f"has {_some(extra)} too many"] * bool(extra)
        raise CheckpointError(f"{path}: a checkpoint of another model: it {' and '.join(parts)}")
    for name, tensor in wanted.items():
        if tensor.shape != tensors[name].shape:
            raise CheckpointError(
                f"{path}: {name} has shape {tuple(tensors[name].shape)}, but the model's is {tuple(tensor.shape)}: "
                "build the model with the sizes that it was saved with"
            )
    model.load_state_dict(tensors)


def _some(names: object, most: int = 3) -> str:
    """The first few names, and how many more."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
