"""helpers.loops: one loop that repeats, freezes, stops early, and notices when it diverges."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import Dataset, TensorDataset

from helpers.data import LabelledImages, make_loader
from helpers.loops import DivergedError, fit, mean_loss, one_cycle
from helpers.losses import augmented, classification_loss, denoising_loss, reconstruction_loss, regression_loss
from helpers.metrics import predict
from helpers.models import Autoencoder, Classifier, Decoder, Encoder, freeze


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    return LabelledImages(torch.rand(16, 1, 16, 16, generator=generator), torch.arange(16) % 2, ["a", "b"])


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Classifier(Encoder(width=4, image_size=16), classes=2)


def numbers(*values):
    """A loader of one number a batch."""
    return make_loader(TensorDataset(torch.tensor(values).view(-1, 1)), batch_size=1)


class Scale(nn.Module):
    """Multiplies by one weight that starts at 1."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.weight * x


def output_loss(model, batch):
    return model(batch[0]).mean()


def snapshot(module):
    return copy.deepcopy(module.state_dict())


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


# what a run does


def test_same_seed_same_history(images):
    runs = []
    for _ in range(2):
        torch.manual_seed(3)
        model = Classifier(Encoder(width=4, image_size=16), classes=2)
        loader = make_loader(images, batch_size=5, shuffle=True, seed=1)
        noisy = augmented(classification_loss, lambda x: x + 0.1 * torch.randn_like(x))
        history = fit(model, noisy, loader, make_loader(images), epochs=3, schedule=one_cycle, progress=False)
        runs.append((history, model.state_dict()))
    assert runs[0][0] == runs[1][0]
    assert equal(runs[0][1], runs[1][1])


def test_overfits_sixteen_images(images, model):
    history = fit(model, classification_loss, make_loader(images), epochs=60, lr=1e-2, progress=False)
    assert history["train_loss"][-1] < 0.01
    assert (model(images.images).argmax(dim=1) == images.labels).all()


def test_is_plain_adam(images):
    torch.manual_seed(0)
    ours = nn.Sequential(nn.Flatten(), nn.Linear(256, 2))
    theirs = copy.deepcopy(ours)
    losses = []
    optimizer = torch.optim.Adam(theirs.parameters(), lr=0.01)
    for _ in range(3):
        total = 0.0
        for x, y in make_loader(images, batch_size=6):
            loss = F.cross_entropy(theirs(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        losses.append(total / 16)
    history = fit(ours, classification_loss, make_loader(images, batch_size=6), epochs=3, lr=0.01, progress=False)
    assert history == {"train_loss": pytest.approx(losses), "val_loss": []}
    for name, weights in theirs.state_dict().items():  # one fused call and one a tensor round differently
        torch.testing.assert_close(ours.state_dict()[name], weights)
    assert not ours.training


def test_default_lr_is_a_thousandth():
    model = Scale()
    fit(model, output_loss, numbers(1.0), epochs=1, progress=False)
    assert model.weight.item() == pytest.approx(1 - 1e-3, rel=1e-5)


def test_history_and_mode_afterwards(images, model):
    history = fit(model, classification_loss, make_loader(images), make_loader(images), epochs=2, progress=False)
    assert list(history) == ["train_loss", "val_loss"]
    assert [len(values) for values in history.values()] == [2, 2]
    assert not model.training
    assert all(p.grad is None for p in model.parameters())
    assert history["val_loss"][-1] == mean_loss(model, classification_loss, make_loader(images))


def test_training_mode_during_steps_and_eval_during_validation(model, images):
    modes = []

    def loss_fn(model, batch):
        modes.append((model.training, torch.is_grad_enabled()))
        return classification_loss(model, batch)

    fit(model, loss_fn, make_loader(images), make_loader(images), epochs=2, progress=False)
    assert modes == [(True, True), (False, False)] * 2


def test_validation_moves_nothing(images):
    runs = []
    for val_loader in (None, make_loader(images)):
        torch.manual_seed(0)
        model = Classifier(Encoder(width=4, image_size=16), classes=2)
        fit(model, classification_loss, make_loader(images, batch_size=8), val_loader, epochs=2, progress=False)
        runs.append(model.state_dict())
    assert equal(*runs)


def test_progress_bar_is_optional(images, model, capsys):
    fit(model, classification_loss, make_loader(images), epochs=1, progress=False)
    assert capsys.readouterr() == ("", "")
    fit(model, classification_loss, make_loader(images), epochs=1)
    assert "epoch" in capsys.readouterr().out


def test_train_loss_is_a_mean_over_samples():
    model = Scale()
    loader = make_loader(TensorDataset(torch.tensor([[0.0], [0.0], [3.0]])), batch_size=2)
    assert fit(model, output_loss, loader, epochs=1, lr=0.0, progress=False)["train_loss"] == [1.0]


def test_no_epochs(images, model):
    with pytest.raises(ValueError, match="epochs must be 1 or more, got 0"):
        fit(model, classification_loss, make_loader(images), epochs=0, progress=False)


# frozen parts and learning rates


@pytest.mark.parametrize("lr", [1e-2, {"head": 1e-2}, {"encoder": 1e-2, "head": 1e-2}])
def test_a_frozen_encoder_is_bit_identical(images, model, lr):
    freeze(model.encoder)
    before, head = snapshot(model.encoder), snapshot(model.head)
    fit(model, classification_loss, make_loader(images, batch_size=5), epochs=3, lr=lr, progress=False)
    assert any("running_mean" in name for name in before)
    assert equal(model.encoder.state_dict(), before)
    assert not equal(model.head.state_dict(), head)


def test_a_trainable_encoder_moves_its_statistics(images, model):
    before = snapshot(model.encoder)
    fit(model, classification_loss, make_loader(images), epochs=1, progress=False)
    assert not any(torch.equal(before[name], tensor) for name, tensor in model.encoder.state_dict().items())


def test_a_half_frozen_encoder(images, model):
    freeze(model.encoder.layers[:3])  # the first convolution, BatchNorm and ReLU
    before = snapshot(model.encoder)
    fit(model, classification_loss, make_loader(images), epochs=1, progress=False)
    still = {name for name, tensor in model.encoder.state_dict().items() if torch.equal(before[name], tensor)}
    assert still == {name for name in before if name.startswith(("layers.0.", "layers.1."))}


def test_dropout_in_a_frozen_encoder_is_off(images):
    encoder = freeze(nn.Sequential(nn.Linear(256, 8), nn.Dropout(0.5)))
    model = nn.Sequential(nn.Flatten(), encoder, nn.Dropout(0.5), nn.Linear(8, 2))
    seen = []

    def loss_fn(model, batch):
        seen.append([module.training for module in (model[1][1], model[2], model[3])])
        return classification_loss(model, batch)

    fit(model, loss_fn, make_loader(images), epochs=1, progress=False)
    assert seen == [[False, True, True]]


def test_each_part_has_its_own_lr(images, model):
    before = snapshot(model)
    lr = {"encoder": 0.0, "head": 1e-2}
    fit(model, classification_loss, make_loader(images), epochs=2, lr=lr, progress=False)
    moved = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {"head.weight", "head.bias"}


def test_the_size_of_a_step_is_the_parts_lr(images, model):
    before = snapshot(model)
    fit(model, classification_loss, make_loader(images), epochs=1, lr={"head": 1e-1, "encoder": 1e-3}, progress=False)
    steps = {name: (p - before[name]).abs().max().item() for name, p in model.named_parameters()}
    assert steps["head.weight"] == pytest.approx(1e-1, rel=0.01)
    assert steps["encoder.layers.0.weight"] == pytest.approx(1e-3, rel=0.01)


@pytest.mark.parametrize(
    ("lr", "words"),
    [
        ({"encoder": 1e-3, "haed": 1e-3}, r"names \['haed'\], but the model's parts are \['encoder', 'head'\]"),
        ({"head": 1e-3}, r"says nothing about \['encoder'\]"),
        ({}, r"\['encoder', 'head'\]"),
    ],
)
def test_lr_for_parts_that_do_not_match(images, model, lr, words):
    with pytest.raises(ValueError, match=words):
        fit(model, classification_loss, make_loader(images), epochs=1, lr=lr, progress=False)


def test_lr_by_part_with_a_parameter_outside_of_the_parts(images, model):
    model.temperature = nn.Parameter(torch.ones(1))
    with pytest.raises(ValueError, match="temperature"):
        fit(model, classification_loss, make_loader(images), epochs=1, lr={"encoder": 0.1, "head": 0.1}, progress=False)


@pytest.mark.parametrize("lr", [1e-3, {"encoder": 1e-3, "head": 1e-3}])
def test_nothing_to_train(images, model, lr):
    with pytest.raises(ValueError, match="nothing to train"):
        fit(freeze(model), classification_loss, make_loader(images), epochs=1, lr=lr, progress=False)


# schedules


def test_one_cycle():
    assert one_cycle(0) == pytest.approx(0.04)
    assert one_cycle(0.15) == pytest.approx(0.52)
    assert one_cycle(0.25) == pytest.approx(0.04 + 0.48 * (1 - math.cos(math.pi * 5 / 6)))
    assert one_cycle(0.3) == pytest.approx(1)
    assert one_cycle(0.65) == pytest.approx(0.5)
    assert one_cycle(0.3 - 1e-9) == pytest.approx(1)
    assert one_cycle(1) == pytest.approx(0, abs=1e-12)
    rising, falling = [one_cycle(i / 100) for i in range(31)], [one_cycle(i / 100) for i in range(30, 101)]
    assert rising == sorted(rising) and falling == sorted(falling, reverse=True)


def test_schedule_sees_progress_and_scales_the_steps():
    model, seen = Scale(), []
    fit(
        model,
        output_loss,
        numbers(1.0, 1.0),
        epochs=2,
        lr=0.1,
        schedule=lambda progress: seen.append(progress) or progress,
        progress=False,
    )
    assert seen[:4] == [0, 0.25, 0.5, 0.75]
    assert model.weight.item() == pytest.approx(1 - 0.1 * (0 + 0.25 + 0.5 + 0.75), rel=1e-4)


# early stopping


def validation(values):
    """A loss whose validation part is what `values` says, epoch by epoch."""
    left = iter(values)

    def loss_fn(model, batch):
        return output_loss(model, batch) if model.training else torch.tensor(next(left))

    return loss_fn


@pytest.mark.parametrize(
    ("values", "patience", "epochs", "best"),
    [
        ([3.0, 1.0, 2.0, 2.0, 0.0], 2, 4, 2),
        ([3.0, 1.0, 2.0, 2.0, 0.0], 3, 5, 5),
        ([1.0, 2.0, 0.0, 0.0], 1, 2, 1),
        ([1.0, 1.0, 1.0, 1.0], 2, 3, 1),
        ([3.0, 2.0, 1.0, 0.5], 1, 4, 4),
        ([2.0, math.nan, 1.0, 3.0], 2, 4, 3),
    ],
)
def test_patience_stops_and_restores_the_best_weights(values, patience, epochs, best):
    model = Scale()
    loss_fn = validation([*values, *[9.0] * 5])
    history = fit(
        model, loss_fn, numbers(1.0), numbers(1.0), epochs=len(values), lr=0.1, patience=patience, progress=False
    )
    assert len(history["train_loss"]) == len(history["val_loss"]) == epochs
    assert model.weight.item() == pytest.approx(1 - 0.1 * best, rel=1e-4)


def test_without_patience_the_last_weights_stay():
    model = Scale()
    fit(model, validation([1.0, 2.0, 3.0]), numbers(1.0), numbers(1.0), epochs=3, lr=0.1, progress=False)
    assert model.weight.item() == pytest.approx(0.7, rel=1e-4)


# what goes wrong


def test_patience_needs_validation(images, model):
    with pytest.raises(ValueError, match="give a val_loader"):
        fit(model, classification_loss, make_loader(images), epochs=1, patience=1, progress=False)


def test_empty_loaders(images, model):
    full = make_loader(images)
    with pytest.raises(ValueError, match="train_loader is empty"):
        fit(model, classification_loss, [], epochs=1, progress=False)
    with pytest.raises(ValueError, match="val_loader is empty"):
        fit(model, classification_loss, full, [], epochs=1, progress=False)
    with pytest.raises(ValueError, match="loader is empty"):
        mean_loss(model, classification_loss, [])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("progress", [True, False])
def test_divergence_names_loss_epoch_and_step(images, model, bad, progress):
    calls = []

    def loss_fn(model, batch):
        calls.append(1)
        loss = classification_loss(model, batch)
        return loss * bad if len(calls) == 7 else loss

    names = {math.nan: "nan", math.inf: "inf", -math.inf: "-inf"}
    with pytest.raises(DivergedError, match=f"epoch 2, step 3: the loss is {names[bad]}"):
        fit(model, loss_fn, make_loader(images, batch_size=4), epochs=3, lr=1e-2, progress=progress)


def test_divergence_in_the_first_step(images, model):
    images.images[3] = math.nan
    with pytest.raises(DivergedError, match="epoch 1, step 1"):
        fit(model, classification_loss, make_loader(images), epochs=1, progress=False)


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_gradient_that_is_nan(epochs):
    """The loss is finite, its gradient is not: sqrt has an infinite slope at 0."""
    model = Scale()
    with pytest.raises(DivergedError, match="epoch 1, step 1"):
        fit(model, lambda m, batch: (0 * m(batch[0])).sqrt().mean(), numbers(1.0), epochs=epochs, progress=False)


# batches of any form


def test_fit_and_predict_take_dictionaries_and_lists_of_targets(model, images):
    as_tuple = [(image, label) for image, label in images]
    as_dict = [{"image": image, "label": label} for image, label in images]
    nested = [(image, {"label": label, "name": "x"}) for image, label in images]
    losses = {
        "tuple": (as_tuple, classification_loss),
        "dict": (as_dict, lambda m, batch: classification_loss(m, [batch["image"], batch["label"]])),
        "nested": (nested, lambda m, batch: classification_loss(m, [batch[0], batch[1]["label"]])),
    }
    ends = {}
    for name, (dataset, loss_fn) in losses.items():
        own = copy.deepcopy(model)
        history = fit(own, loss_fn, make_loader(dataset, batch_size=5), make_loader(dataset), epochs=2, progress=False)
        ends[name] = history
    assert ends["tuple"] == ends["dict"] == ends["nested"]
    logits, labels = predict(model, make_loader(as_dict, batch_size=5))
    expected, _ = predict(model, make_loader(images, batch_size=5))
    assert torch.equal(logits, expected) and torch.equal(labels, images.labels)


def test_predict_without_labels_and_with_lists_of_targets(model, images):
    logits, labels = predict(model, [images.images[:3], images.images[3:]])
    assert labels is None and len(logits) == 16
    boxes = [torch.ones(2, 4), torch.ones(1, 4), torch.ones(0, 4)]
    logits, targets = predict(model, [(images.images[:2], boxes[:2]), (images.images[2:3], boxes[2:])])
    assert len(logits) == 3 and [len(target) for target in targets] == [2, 1, 0]


def test_weight_decay_shrinks_the_weights():
    plain, shrunk = Scale(), Scale()
    for model, decay in ((plain, 0.0), (shrunk, 0.5)):
        fit(model, output_loss, numbers(1.0), epochs=1, lr=0.1, weight_decay=decay, progress=False)
    assert shrunk.weight.item() == pytest.approx(plain.weight.item() - 0.1 * 0.5, rel=1e-3)


def test_weights_are_copied_only_where_patience_needs_them(images, model, monkeypatch):
    copies, real = [], copy.deepcopy
    monkeypatch.setattr("helpers.loops.copy.deepcopy", lambda thing: copies.append(1) or real(thing))
    fit(model, classification_loss, make_loader(images), epochs=1, progress=False)
    assert not copies


# losses


def test_mean_loss_weighs_an_uneven_last_batch():
    images = torch.tensor([0.0, 1.0, 2.0, 3.0, 10.0]).view(5, 1)
    loader = make_loader(TensorDataset(images), batch_size=2)
    model = Scale().train()
    assert mean_loss(model, output_loss, loader) == pytest.approx(16 / 5)
    assert not model.training
    model.weight.data.fill_(2.0)
    assert mean_loss(model, output_loss, loader) == pytest.approx(32 / 5)


def test_losses_are_torchs():
    torch.manual_seed(0)
    encoder = Encoder(width=2, image_size=16)
    autoencoder = Autoencoder(encoder, Decoder(encoder)).eval()
    batch = [torch.rand(4, 1, 16, 16), torch.arange(4.0)]
    expected = F.binary_cross_entropy(autoencoder(batch[0]).sigmoid(), batch[0])
    assert torch.allclose(reconstruction_loss(autoencoder, batch), expected, atol=1e-5)
    corrupted = F.binary_cross_entropy(autoencoder(1 - batch[0]).sigmoid(), batch[0])
    assert torch.allclose(denoising_loss(lambda x: 1 - x)(autoencoder, batch), corrupted, atol=1e-5)
    regressor = nn.Sequential(nn.Flatten(), nn.Linear(256, 1))
    expected = ((regressor(batch[0])[:, 0] - batch[1]) ** 2).mean()
    assert torch.allclose(regression_loss(regressor, batch), expected)
    logits = torch.randn(5, 3)
    labels = torch.tensor([0, 1, 2, 1, 0])
    assert torch.equal(classification_loss(nn.Identity(), [logits, labels]), F.cross_entropy(logits, labels))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (torch.tensor([0.0, 1.0]), r"class numbers .* got \(2,\) torch.float32"),
        (torch.tensor([[1, 0], [0, 1]]), r"got \(2, 2\)"),
        (torch.tensor([0, 3]), "go from 0 to 3, but the model has 3 outputs: labels must be from 0 to 2"),
        (torch.tensor([-1, 2]), "go from -1 to 2"),
    ],
)
def test_labels_that_do_not_fit(labels, words):
    with pytest.raises(ValueError, match=words):
        classification_loss(nn.Identity(), [torch.zeros(2, 3), labels])


def test_labels_of_another_integer_type():
    loss = classification_loss(nn.Identity(), [torch.zeros(2, 3), torch.tensor([0, 2], dtype=torch.int32)])
    assert loss.item() == pytest.approx(math.log(3))


def test_augmented_only_in_training_mode():
    seen = []
    loss_fn = augmented(lambda model, batch: seen.append(batch), lambda x: x + 1)
    model = nn.Identity()
    loss_fn(model.train(), [torch.zeros(2), torch.ones(2)])
    loss_fn(model.eval(), [torch.zeros(2), torch.ones(2)])
    assert [[tensor.tolist() for tensor in batch] for batch in seen] == [[[1, 1], [1, 1]], [[0, 0], [1, 1]]]


def test_a_plain_dataloader_serves_too(model):
    class Photos(Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return torch.full((1, 16, 16), index / 4), index % 2

    loader = make_loader(Photos(), batch_size=2, shuffle=True)
    history = fit(model, classification_loss, loader, epochs=1, progress=False)
    assert math.isfinite(history["train_loss"][0])


@pytest.mark.parametrize("shape", [(4, 1), (4, 2), (3,)])
def test_regression_targets_that_would_broadcast_are_refused(shape):
    with pytest.raises(ValueError, match=r"\(N, 1\).*\(4, 1\)"):
        regression_loss(nn.Linear(2, 1), [torch.rand(4, 2), torch.rand(shape)])
