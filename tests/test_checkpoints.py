"""helpers.checkpoints: what was saved comes back whole, and every other file is refused in words."""

import copy
import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from helpers.checkpoints import (
    CheckpointError,
    LoadReport,
    load_encoder,
    load_model,
    read_checkpoint,
    replacing,
    save_model,
    shipped_encoder,
    shipped_results,
)
from helpers.models import Autoencoder, Classifier, Decoder, Encoder

FACTS = {"what": "a tiny classifier", "trained": "not at all", "data": "none", "licence": "CC0"}


def classifier(seed=0, width=2, classes=3, norm=True):
    torch.manual_seed(seed)
    return Classifier(Encoder(width=width, image_size=8, norm=norm), classes=classes)


@pytest.fixture
def path(tmp_path):
    return save_model(classifier(), tmp_path / "model.safetensors", **FACTS)


def equal(first, second):
    first, second = first.state_dict(), second.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def refuses(load, model, path, words, error=CheckpointError):
    """`load` raises, says why with the path, and leaves the model as it was."""
    before = copy.deepcopy(model)
    with pytest.raises(error, match=words) as caught:
        load(model, path)
    assert str(path) in str(caught.value)
    assert equal(model, before)


# saving


def test_round_trip(path):
    model = classifier(seed=1)
    assert not equal(model, classifier())
    report = load_model(model, path)
    assert equal(model, classifier())
    assert report.loaded == sorted(model.state_dict()) and report.ignored == []
    assert report.facts == FACTS and report.path == path
    assert str(report) == f"model.safetensors: {len(report.loaded)} tensors loaded"


def test_facts_are_kept_in_any_script(tmp_path):
    facts = FACTS | {"data": "digits, 手写数字, ½"}
    path = save_model(classifier(), str(tmp_path / "a.safetensors"), **facts)
    tensors, found = read_checkpoint(path)
    assert found == facts
    assert set(tensors) == set(classifier().state_dict())


def test_a_missing_folder_is_made(tmp_path):
    assert save_model(classifier(), tmp_path / "a" / "b" / "c.safetensors", **FACTS).is_file()


def test_file_mode_lets_others_read(path):
    assert path.stat().st_mode & 0o777 == 0o644
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_transposed_weight_is_saved(tmp_path):
    model = nn.Linear(2, 3)
    model.weight = nn.Parameter(torch.arange(6.0).view(2, 3).T)
    path = save_model(model, tmp_path / "t.safetensors", **FACTS)
    other = nn.Linear(2, 3)
    load_model(other, path)
    assert torch.equal(other.weight, model.weight)


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match=r"file: cannot make this folder .*Choose another"):
        save_model(classifier(), tmp_path / "file" / "model.safetensors", **FACTS)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("broken", ["replace", "chmod", "fsync"])
def test_a_crash_while_saving_leaves_the_old_file(path, monkeypatch, broken):
    def fail(*args, **kwargs):
        raise OSError("no space left")

    old = path.read_bytes()
    monkeypatch.setattr(*((os, broken) if broken == "fsync" else (Path, broken)), fail)
    with pytest.raises(OSError, match="no space left"):
        save_model(classifier(seed=1), path, **FACTS)
    assert path.read_bytes() == old
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_replacing_gives_up_cleanly(tmp_path, error):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(error), replacing(target) as temporary:
        temporary.write_text("half")
        assert temporary.parent == tmp_path and target.read_text() == "old"
        raise error
    assert target.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_replacing_takes_a_string_and_needs_a_folder(tmp_path):
    with replacing(str(tmp_path / "a.txt")) as temporary:
        temporary.write_text("new")
    assert (tmp_path / "a.txt").read_text() == "new"
    with pytest.raises(OSError, match=r"gone: cannot write here .*Choose another"), replacing(tmp_path / "gone" / "a"):
        pass


# loading what does not fit


@pytest.mark.parametrize("load", [load_model, load_encoder])
def test_no_such_file(load, tmp_path):
    refuses(load, classifier(), tmp_path / "gone.safetensors", "no such checkpoint", FileNotFoundError)
    refuses(load, classifier(), tmp_path, "no such checkpoint", FileNotFoundError)


@pytest.mark.parametrize("load", [load_model, load_encoder])
@pytest.mark.parametrize("kept", [0, 4, 8, 100, -1])
def test_truncated_file(load, path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    refuses(load, classifier(seed=1), path, "not a whole safetensors file .*Copy or save it again")


@pytest.mark.parametrize("content", [b"hello", b"\xff" * 4000, b"\0" * 64, b'{"a": 1}' * 10])
def test_garbage(path, content):
    path.write_bytes(content)
    refuses(load_model, classifier(), path, "not a whole safetensors file")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("load", [load_model, load_encoder])
def test_a_pickle_from_torch(load, path, zipped):
    torch.save(classifier().state_dict(), path, _use_new_zipfile_serialization=zipped)
    refuses(load, classifier(), path, "this is a pickle .*weights_only=True")


def test_a_bare_pickle_is_refused_unread(path):
    class Bomb:
        def __reduce__(self):
            return (os._exit, (3,))

    path.write_bytes(pickle.dumps(Bomb(), protocol=2))
    refuses(load_model, classifier(), path, "pickle")


def test_another_shape(path):
    words = r"head.weight has shape \(3, 8\), but the model's is \(5, 8\)"
    refuses(load_model, classifier(classes=5), path, words)
    refuses(load_encoder, Encoder(width=4, image_size=8), path, "has shape")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nn.Linear(2, 2), r"lacks bias, weight and has .* and \d+ more too many"),
        (classifier(norm=False), r"lacks encoder.layers.0.bias, .*has encoder"),
        (nn.Sequential(), "has .* too many"),
    ],
)
def test_another_model(path, model, words):
    refuses(load_model, model, path, f"checkpoint of another model: it {words}")


def test_a_part_of_the_model_is_not_enough(tmp_path):
    path = save_model(classifier().encoder, tmp_path / "encoder.safetensors", **FACTS)
    refuses(load_model, classifier(seed=1), path, "another model: it lacks")


# encoders


@pytest.mark.parametrize("whole", ["classifier", "autoencoder", "encoder"])
def test_load_encoder(tmp_path, whole):
    source = classifier().encoder
    models = {"classifier": classifier(), "autoencoder": Autoencoder(source, Decoder(source)), "encoder": source}
    path = save_model(models[whole], tmp_path / "x.safetensors", **FACTS)
    encoder = classifier(seed=1).encoder
    report = load_encoder(encoder, path)
    assert equal(encoder, source)
    assert report.loaded == sorted(encoder.state_dict()) and report.facts == FACTS
    rest = {"classifier": "head.", "autoencoder": "decoder."}.get(whole)
    expected = sorted(name for name in models[whole].state_dict() if rest and name.startswith(rest))
    assert report.ignored == expected and bool(expected) == bool(rest)
    assert (f", {len(expected)} in the file not used" in str(report)) == bool(expected)


def test_an_encoder_of_which_a_part_matches(tmp_path):
    tensors = classifier(seed=1).state_dict()
    del tensors["encoder.layers.4.weight"]
    save_file(tensors, tmp_path / "x.safetensors")
    refuses(load_encoder, classifier().encoder, tmp_path / "x.safetensors", r"lacks layers\.4\.weight")


def test_an_encoder_with_more_than_is_wanted(tmp_path):
    tensors = classifier(seed=1).state_dict() | {"encoder.extra": torch.zeros(1)}
    save_file(tensors, tmp_path / "x.safetensors")
    refuses(load_encoder, classifier().encoder, tmp_path / "x.safetensors", "has extra too many")


def test_the_other_norm_is_not_loaded_in_part(path):
    refuses(load_encoder, classifier(norm=False).encoder, path, "another model")


def test_an_encoder_of_which_nothing_matches(path):
    words = r"none of its \d+ tensors belongs to this encoder.*the encoder needs weight, bias"
    refuses(load_encoder, nn.Linear(3, 3), path, words)


@pytest.mark.parametrize(("names", "words"), [("abc", "It holds a, b, c;"), ("abcde", "It holds a, b, c and 2 more;")])
def test_long_lists_are_cut(tmp_path, names, words):
    save_file({name: torch.zeros(1) for name in names}, tmp_path / "x.safetensors")
    refuses(load_encoder, nn.Linear(3, 3), tmp_path / "x.safetensors", words)


def test_a_file_without_facts(tmp_path):
    save_file(nn.Linear(1, 1).state_dict(), tmp_path / "x.safetensors")
    assert load_model(nn.Linear(1, 1), tmp_path / "x.safetensors").facts == {}


def test_an_error_is_a_value_error():
    assert issubclass(CheckpointError, ValueError)


def test_report_is_short():
    assert str(LoadReport(Path("a/b.safetensors"), ["x"], ["y", "z"], {})) == (
        "b.safetensors: 1 tensors loaded, 2 in the file not used"
    )


# what comes with the course


@pytest.mark.parametrize("name", ["letters", "warped"])
def test_shipped_encoders_fit_and_say_what_they_are(name):
    encoder = Encoder()
    report = load_encoder(encoder, shipped_encoder(name))
    assert set(report.facts) == set(FACTS) and all(report.facts.values())
    assert all(tensor.isfinite().all() for tensor in encoder.state_dict().values())


def test_no_shipped_encoder_of_that_name():
    with pytest.raises(ValueError, match=r"no shipped encoder 'resnet'; there are \['letters', 'warped'\]"):
        shipped_encoder("resnet")


def test_shipped_results():
    assert isinstance(shipped_results("label_budget"), dict)
    with pytest.raises(FileNotFoundError, match="gone"):
        shipped_results("gone")


def test_tied_weights_are_saved_and_come_back(tmp_path):
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    model[1].weight = model[0].weight
    path = save_model(model, tmp_path / "tied.safetensors", **FACTS)
    again = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    load_model(again, path)
    assert torch.equal(again[0].weight, model[0].weight) and torch.equal(again[1].weight, model[0].weight)
