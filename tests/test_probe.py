"""helpers.probe: a linear classifier and nearest neighbours on frozen features, against scikit-learn."""

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from torch import nn

from helpers.models import Encoder
from helpers.probe import latents_of, linear_probe, nearest_neighbours


def clusters(count=60, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 3
    centres = 3 * torch.eye(3, 5)
    return centres[labels] + torch.randn(count, 5, generator=generator), labels


def test_the_probe_is_a_penalised_logistic_regression():
    latents, labels = clusters()
    ours = linear_probe(latents, labels)(latents).argmax(dim=1)
    theirs = LogisticRegression(C=1.0, max_iter=500).fit((latents / latents.std()).numpy(), labels.numpy())
    expected = torch.from_numpy(theirs.predict((latents / latents.std()).numpy()))
    assert (ours == expected).double().mean() > 0.97


def test_the_probe_takes_latents_as_they_come():
    latents, labels = clusters()
    torch.manual_seed(0)
    head = linear_probe(latents, labels)
    torch.manual_seed(0)
    wide = linear_probe(1000 * latents, labels)
    assert torch.allclose(head(latents), wide(1000 * latents), atol=1e-2)


@pytest.mark.parametrize("k", [1, 5])
def test_nearest_neighbours_are_scikit_learns(k):
    latents, labels = clusters()
    queries, _ = clusters(seed=1)
    theirs = KNeighborsClassifier(k, metric="cosine").fit(latents.numpy(), labels.numpy())
    ours = nearest_neighbours(latents, labels, queries, k)
    assert (ours.numpy() == theirs.predict(queries.numpy())).mean() > (0.99 if k == 1 else 0.95)  # ties differ


@pytest.mark.parametrize("k", [0, 61])
def test_as_many_neighbours_as_there_are(k):
    latents, labels = clusters()
    with pytest.raises(ValueError, match="from 1 to 60"):
        nearest_neighbours(latents, labels, latents, k)


def test_latents_are_flat_and_taken_in_eval_mode():
    encoder = Encoder(width=2, image_size=16).train()
    images = torch.rand(600, 1, 16, 16)
    latents = latents_of(encoder, images)
    assert latents.shape == (600, encoder.latent_dim) and not latents.requires_grad
    assert torch.allclose(latents[:3], encoder.eval()(images[:3]), atol=1e-5)
    assert latents_of(nn.Identity(), images).shape == (600, 256)
