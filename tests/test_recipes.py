"""helpers.recipes: the recipes on a few tiny images, in a few steps."""

import copy

import pytest
import torch

from helpers import recipes
from helpers.checkpoints import save_model
from helpers.data import LabelledImages
from helpers.models import Autoencoder, Classifier, Decoder, Encoder
from helpers.recipes import contender, finetune, pretrain_letters, pretrain_warped, pseudo_labels, self_train

FACTS = {"what": "w", "trained": "t", "data": "d", "licence": "l"}


@pytest.fixture
def bars():
    """24 images of an upright or a lying bar, with noise."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(24) % 2
    images = 0.1 * torch.rand(24, 1, 32, 32, generator=generator)
    images[labels == 0, :, 4:28, 14:18] = 1
    images[labels == 1, :, 14:18, 4:28] = 1
    return LabelledImages(images, labels, ["upright", "lying"])


@pytest.fixture
def quick(monkeypatch):
    """Training in 4 steps; returns what each call was asked for."""
    real, asked = recipes._train, []

    def train(model, train_set, **settings):
        asked.append({"images": len(train_set), "labels": train_set.labels.tolist(), **settings})
        real(model, train_set, **(settings | {"steps": 4}))

    monkeypatch.setattr(recipes, "_train", train)
    return asked


def equal(first, second):
    first, second = first.state_dict(), second.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(("pretrain", "kind"), [(pretrain_letters, Classifier), (pretrain_warped, Autoencoder)])
def test_pretraining_repeats_and_lowers_the_loss(bars, pretrain, kind):
    model, history = pretrain(bars, epochs=4, seed=0, progress=False)
    assert isinstance(model, kind) and len(history["train_loss"]) == 4
    assert history["train_loss"][-1] < history["train_loss"][0]
    torch.manual_seed(9)
    again, same = pretrain(bars, epochs=4, seed=0, progress=False)
    assert same == history and equal(again, model)
    assert pretrain(bars, epochs=4, seed=1, progress=False)[1] != history


def test_warped_pretraining_reads_no_label(bars):
    _, history = pretrain_warped(bars, epochs=1, seed=0, progress=False)
    other = LabelledImages(bars.images, 1 - bars.labels, bars.classes)
    assert pretrain_warped(other, epochs=1, seed=0, progress=False)[1] == history


def test_finetuning_learns_and_leaves_the_encoder_alone(bars):
    torch.manual_seed(0)
    encoder = Encoder(width=4)
    before = copy.deepcopy(encoder)
    model = finetune(encoder, bars.subset(torch.arange(4)), seed=0)
    assert (model(bars.images).argmax(dim=1) == bars.labels).float().mean() > 0.9
    assert equal(encoder, before) and not equal(model.encoder, before)


@pytest.mark.parametrize(("count", "filled"), [(1, 40), (2, 40), (12, 36), (24, 24)])
def test_a_handful_of_images_is_repeated(bars, quick, count, filled):
    model = finetune(Encoder(width=2), bars.subset(torch.arange(count)), seed=3, augment=False)
    assert quick == [
        {"images": filled, "labels": quick[0]["labels"], "steps": 150, "lr": 3e-3, "seed": 3, "augment": False}
    ]
    assert quick[0]["labels"] == (bars.labels[:count].tolist() * filled)[:filled]
    assert model.head.out_features == 2


@pytest.mark.parametrize(("steps", "epochs"), [(150, 38), (4, 1), (1, 1)])
def test_steps_become_whole_epochs(bars, monkeypatch, steps, epochs):
    asked = []
    monkeypatch.setattr(recipes, "fit", lambda *args, **settings: asked.append(settings))
    many = bars.subset(torch.arange(240) % 24)  # four batches of 64 or less
    recipes._train(Classifier(Encoder(width=2), classes=2), many, steps=steps, lr=1e-3, seed=0)
    assert asked[0]["epochs"] == epochs


def test_pseudo_labels_are_the_surest_of_each_class(bars):
    pool = torch.randn(60, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    model = torch.nn.Flatten()  # four logits
    believed = pseudo_labels(model, pool, ["a", "b", "c", "d"], share=0.4)
    confidence, labels = pool.flatten(1).softmax(dim=1).max(dim=1)
    assert believed.labels.bincount(minlength=4).max() == 6  # 0.4 of 60, shared by four classes
    for label in range(4):
        members = (labels == label).nonzero().flatten()
        best = members[confidence[members].argsort(descending=True)[:6]]
        assert torch.equal(believed.images[believed.labels == label], pool[best])


def test_pseudo_labels_of_a_class_that_is_never_seen():
    pool = torch.tensor([[2.0, 1.0, 0.0]]).repeat(10, 1).view(10, 3, 1, 1)
    believed = pseudo_labels(torch.nn.Flatten(), pool, ["a", "b", "c"], share=1.0)
    assert believed.labels.tolist() == [0, 0, 0]


def test_self_training_gives_a_model_a_round(bars, quick, monkeypatch):
    monkeypatch.setattr(recipes, "ROUNDS", (0.5, 1.0))
    models = self_train(Encoder(width=2), bars.subset(torch.arange(2)), bars.images, seed=0)
    assert len(models) == 3 and not equal(models[0], models[1]) and not equal(models[1], models[2])
    assert [call["steps"] for call in quick] == [150, 60, 200]
    assert [call["seed"] for call in quick] == [0, 100, 200]


def test_true_labels_make_a_fifth_of_the_mixture(bars, quick, monkeypatch):
    monkeypatch.setattr(recipes, "ROUNDS", (1.0,))
    pool = bars.subset(torch.arange(240) % 24)
    monkeypatch.setattr(recipes, "pseudo_labels", lambda *args: pool)
    self_train(Encoder(width=2), bars.subset(torch.arange(2)), pool.images, seed=0)
    assert quick[1]["images"] == 240 + 60


@pytest.mark.parametrize("name", recipes.CONTENDERS)
def test_contenders(bars, quick, monkeypatch, tmp_path, name):
    monkeypatch.setattr(recipes, "ROUNDS", (0.5,))
    for seed, source in enumerate(("letters", "warped")):
        torch.manual_seed(seed)
        encoder = Encoder()
        save_model(Autoencoder(encoder, Decoder(encoder)), tmp_path / f"{source}.safetensors", **FACTS)
    loaded = []
    real = recipes.load_encoder
    monkeypatch.setattr(recipes, "load_encoder", lambda encoder, path: loaded.append(str(path)) or real(encoder, path))
    model = contender(name, bars, 2, seed=0, folder=str(tmp_path))
    assert isinstance(model, Classifier) and model(bars.images).shape == (24, 2)
    assert quick[0]["augment"] == (name != "scratch") and sorted(set(quick[0]["labels"])) == [0, 1]
    source = {"warped autoencoder": ["warped"], "letters": ["letters"], "letters + self-training": ["letters"]}
    assert loaded == [f"{tmp_path}/{file}.safetensors" for file in source.get(name, [])]
    assert len(quick) == (2 if name == "letters + self-training" else 1)
    assert any(isinstance(layer, torch.nn.BatchNorm2d) for layer in model.modules()) == (name != "scratch")


def test_contenders_repeat(bars, quick):
    first, again, other = (contender("letters", bars, 3, seed=seed) for seed in (0, 0, 1))
    assert equal(first, again) and not equal(first, other)


def test_contenders_draw_their_labels_with_the_seed(bars, quick, monkeypatch):
    asked, real = [], recipes.few_labels
    monkeypatch.setattr(
        recipes, "few_labels", lambda *args, **words: asked.append((args, words)) or real(*args, **words)
    )
    contender("scratch", bars, 3, seed=5)
    assert asked == [((bars, 3), {"seed": 5})]


@pytest.mark.parametrize("augment", [True, False])
def test_finetuning_warps_where_asked(bars, quick, monkeypatch, augment):
    warped = []
    monkeypatch.setattr(recipes, "warp", lambda images: warped.append(len(images)) or images)
    finetune(Encoder(width=2), bars, seed=0, augment=augment)
    assert bool(warped) == augment


def test_no_such_contender(bars):
    with pytest.raises(ValueError, match=r"no contender 'luck'; there are \('scratch'"):
        contender("luck", bars, 1, seed=0)
