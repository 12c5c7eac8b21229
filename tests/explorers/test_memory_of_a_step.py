"""The bytes of a step: against a count by hand, against what autograd keeps, and what picture and words say."""

import re
import statistics
import time

import pytest
import torch
import torch.nn.functional as F

from helpers.explorers.memory_of_a_step import (
    NETWORKS,
    PARTS,
    PRECISIONS,
    SHARDED,
    STATES,
    Network,
    memory_of_a_step,
    memory_of_a_step_explorer,
    memory_of_a_step_picture,
    size_in_words,
)
from helpers.models import Classifier, Encoder, count_parameters

SMALL = Network(weights=1000, kept=300, inputs=60, blocks=3)


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


def kept_by_autograd(model, count):
    """Numbers that stay until `backward`, without the weights."""
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}
    seen = {}

    def note(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        F.cross_entropy(model(torch.rand(count, 1, 32, 32)), torch.zeros(count).long())
    return sum(seen.values()) / 4


@pytest.mark.parametrize("optimizer", STATES)
@pytest.mark.parametrize("processes", [1, 4, 7])
def test_float32_by_hand(optimizer, processes):
    found = memory_of_a_step(SMALL, optimizer=optimizer, batch=10, processes=processes)
    assert found["weights"] == found["gradients"] == 4000
    assert found["optimizer"] == 4000 * {"SGD": 0, "SGD with momentum": 1, "Adam": 2}[optimizer]
    assert found["activations"] == 4 * 300 * {1: 10, 4: 3, 7: 2}[processes]


def test_mixed_precision_halves_the_activations_alone():
    found = memory_of_a_step(SMALL, batch=1, precision="mixed bfloat16")
    assert found == memory_of_a_step(SMALL, batch=1) | {"activations": 2 * 300}


def test_recomputing_keeps_the_inputs_and_one_block():
    assert memory_of_a_step(SMALL, batch=1, recompute=True)["activations"] == 4 * (60 + 100)


@pytest.mark.parametrize("sharded", SHARDED)
def test_only_what_is_sharded_is_divided(sharded):
    whole = memory_of_a_step(SMALL, batch=4, processes=4)
    parts = memory_of_a_step(SMALL, batch=4, processes=4, sharded=sharded)
    for part in PARTS:
        assert parts[part] == whole[part] / (4 if part in SHARDED[sharded] else 1)


def test_the_classifier_keeps_what_is_told():
    model, told = Classifier(Encoder()), NETWORKS["digits' classifier (page 6)"]
    assert count_parameters(model) == told.weights
    assert kept_by_autograd(model, 2) - kept_by_autograd(model, 1) == told.kept


def test_the_stranger_keeps_what_is_told():
    timm = pytest.importorskip("timm")
    assert (
        count_parameters(timm.create_model("tf_efficientnet_lite0")) == NETWORKS["EfficientNet-Lite0 (page 9)"].weights
    )


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_words_and_sum_agree(network, precision):
    picture = memory_of_a_step_picture(network, "Adam", 64, precision, "yes", 8, "weights too (FSDP)")
    found = memory_of_a_step(
        NETWORKS[network],
        batch=64,
        precision=precision,
        recompute=True,
        processes=8,
        sharded="weights too (FSDP)",
    )
    assert f"together {size_in_words(sum(found.values()))}" in picture.description
    assert all(f"{part} {size_in_words(found[part])}" in picture.description for part in PARTS)
    assert picture.to_png()


def test_the_plain_way_is_all_of_itself_and_gpt_3_fits_nowhere():
    assert "100 % of the plain way" in memory_of_a_step_picture().description
    assert "1 process," in memory_of_a_step_picture().description
    assert "does not" in memory_of_a_step_picture("GPT-3, 2,048 tokens").description
    assert "Binder" in memory_of_a_step_picture("digits' classifier (page 6)").description


@pytest.mark.parametrize(
    ("size", "told"), [(0, "0 B"), (999.6, "1 kB"), (1e3, "1 kB"), (2.5e6, "2.5 MB"), (5.07e15, "5.07e+03 TB")]
)
def test_sizes(size, told):
    assert size_in_words(size) == told


def test_every_control_has_a_name_and_changes_picture_and_words():
    box = memory_of_a_step_explorer()
    others = {"network": "GPT-2, 1,024 tokens", "optimizer": "SGD", "batch": 64, "precision": "mixed bfloat16"}
    others |= {"recompute": "yes", "processes": 4, "sharded": "optimizer"}
    for name, control in box.controls.items():
        before = words(box), box.picture.value
        assert control.description
        control.value = others[name]
        assert words(box) != before[0] and box.picture.value != before[1]
    fresh = memory_of_a_step_explorer()
    fresh.set(**others)
    assert words(fresh) == words(box)


def test_an_update_is_quick():
    box, times = memory_of_a_step_explorer(), []
    for i in range(11):
        start = time.process_time()
        box.controls["batch"].value = (64, 32)[i % 2]
        times.append(time.process_time() - start)
    print(f"memory of a step: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # about 40 ms on a quiet core
