"""The live fine-tuning, pressed from Python."""

import re
import time

import pytest
import torch

from helpers.data import LabelledImages, few_labels
from helpers.data.images import digits
from helpers.explorers import finetuning
from helpers.loops import fit
from helpers.losses import classification_loss
from helpers.models import Classifier, Encoder


@pytest.fixture(scope="module")
def sets():
    train_set, val_set, _ = digits()
    return few_labels(train_set, 50, seed=0), few_labels(val_set, 5, seed=0)


@pytest.fixture
def explorer(sets, monkeypatch):
    monkeypatch.setattr(finetuning, "EPOCHS", 6)
    return finetuning.finetuning_explorer(*sets)


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


def test_it_trains_draws_and_ends(explorer):
    before = words(explorer)
    assert "press Train" in before
    explorer.go.click()
    assert explorer.go.disabled and not explorer.stop.disabled
    explorer.thread.join(60)
    assert words(explorer).startswith("6 of 6 epochs. Finished. Validation accuracy")
    assert not explorer.go.disabled and explorer.stop.disabled


def test_two_clicks_start_one_training(explorer):
    explorer.go.click()
    thread = explorer.thread
    explorer.go.click()
    assert explorer.thread is thread
    thread.join(60)


def test_stop_stops(explorer, monkeypatch):
    monkeypatch.setattr(finetuning, "EPOCHS", 2000)
    explorer.go.click()
    time.sleep(0.5)
    explorer.stop.click()
    explorer.thread.join(20)
    assert not explorer.thread.is_alive() and "Stopped." in words(explorer)


def test_the_same_settings_give_the_same_curves(sets, monkeypatch):
    monkeypatch.setattr(finetuning, "EPOCHS", 3)
    starts = "letters", "letters", "scratch"
    first, second, scratch = (finetuning.train(finetuning.build(start), *sets) for start in starts)
    assert first == second != scratch


def test_a_training_leaves_the_global_generator_alone(explorer):
    before = torch.get_rng_state()
    explorer.go.click()
    after_click = torch.get_rng_state()
    explorer.thread.join(60)
    assert words(explorer).startswith("6 of 6 epochs. Finished.")
    assert torch.equal(before, after_click) and torch.equal(before, torch.get_rng_state())


def test_a_training_beside_another_cell_learns_the_same(sets, monkeypatch):
    monkeypatch.setattr(finetuning, "EPOCHS", 3)
    alone = finetuning.train(finetuning.build(), *sets)
    busy = finetuning.train(finetuning.build(), *sets, on_epoch=lambda curves: torch.manual_seed(5) and None)
    assert alone == busy


def test_it_says_what_it_is_where_widgets_do_not_run(explorer):
    assert repr(explorer).endswith("Run this cell to see them.")


@pytest.mark.parametrize("frozen", finetuning.FROZEN)
def test_what_is_frozen_stays(sets, monkeypatch, frozen):
    monkeypatch.setattr(finetuning, "EPOCHS", 1)
    kept = []
    original = finetuning.fit
    monkeypatch.setattr(finetuning, "fit", lambda model, *a, **k: (kept.append(model), original(model, *a, **k))[1])
    finetuning.train(finetuning.build(), *sets, frozen=frozen)
    count = sum(p.requires_grad for p in kept[0].encoder.parameters())
    assert count == {"nothing": 9, "first layer": 6, "first two layers": 3, "whole encoder": 0}[frozen]


def own_data(counts):
    """Random images, as many of each class as are counted."""
    labels = torch.cat([torch.full((count,), label) for label, count in enumerate(counts)])
    images = torch.rand(len(labels), 1, 32, 32, generator=torch.Generator().manual_seed(0))
    return LabelledImages(images, labels, [f"class {label}" for label in range(len(counts))])


@pytest.mark.parametrize(
    ("counts", "budgets"), [((7, 30, 9), (1, 2, 5)), ((50, 50), (1, 2, 5, 10, 50)), ((1,) * 12, (1,))]
)
def test_own_data_sets_the_outputs_and_the_budgets(counts, budgets, monkeypatch):
    monkeypatch.setattr(finetuning, "EPOCHS", 2)
    box, outputs, train = finetuning.finetuning_explorer(own_data(counts), own_data(counts)), [], finetuning.train

    def watched(model, *arguments, **options):
        outputs.append(model.head.out_features)
        return train(model, *arguments, **options)

    monkeypatch.setattr(finetuning, "train", watched)
    assert box.controls["per_class"].options == budgets
    for budget in budgets:
        box.controls["per_class"].value = budget
        box.go.click()
        box.thread.join(60)
        assert words(box).startswith("2 of 2 epochs. Finished.")
    assert set(outputs) == {len(counts)}
    assert finetuning.finetuning_example(own_data(counts), own_data(counts)).description.startswith("2 of 2")


@pytest.mark.parametrize(("counts", "empty"), [((3, 0, 3), 1), ((3, 3, 0), 2)])
def test_a_class_without_images_is_told(counts, empty):
    box = finetuning.finetuning_explorer(own_data(counts), own_data((3, 3, 3)))
    assert box.controls["per_class"].options == (1,)
    box.go.click()
    box.thread.join(60)
    assert f"It cannot be trained so: class {empty} has 0 images, 1 were asked." in words(box) and not box.go.disabled


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_fails_is_not_called_finished(explorer, monkeypatch):
    monkeypatch.setattr(finetuning, "fit", lambda *a, **k: 1 / 0)
    explorer.go.click()
    explorer.thread.join(60)
    assert "It failed." in words(explorer) and not explorer.go.disabled


def test_one_training_does_not_begin_where_the_last_one_ended(explorer):
    told = []
    for _ in range(2):
        explorer.go.click()
        explorer.thread.join(60)
        told.append(words(explorer))
    assert told[0] == told[1]


def test_divergence_is_told(explorer, monkeypatch):
    monkeypatch.setattr(
        finetuning, "classification_loss", lambda model, batch: classification_loss(model, batch) * torch.nan
    )
    explorer.go.click()
    explorer.thread.join(60)
    assert "diverged" in words(explorer) and not explorer.go.disabled


def test_every_control_has_a_name(explorer):
    assert all(control.description for control in explorer.controls.values())
    assert explorer.go.description and explorer.stop.description


def test_fit_calls_on_epoch_and_ends_when_it_says_so(sets):
    seen = []

    def on_epoch(history):
        seen.append(len(history["train_loss"]))
        return len(seen) == 2

    torch.manual_seed(0)
    loader = finetuning.make_loader(sets[0], batch_size=100)
    history = fit(Classifier(Encoder()), classification_loss, loader, epochs=5, on_epoch=on_epoch, progress=False)
    assert seen == [1, 2] and len(history["train_loss"]) == 2
