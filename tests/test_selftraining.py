"""helpers.selftraining: who is believed, and what is trained on."""

import pytest
import torch
from torch import nn

from helpers.data import LabelledImages
from helpers.models import Classifier, Encoder
from helpers.selftraining import equal_per_class, globally_surest, neighbour_graph, self_train, spread_labels


class Certain(nn.Module):
    """Reads class and confidence from an image: pixel 0 is the class, pixel 1 the logit."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Flatten()

    def forward(self, images):
        pixels = images.flatten(1)
        return nn.functional.one_hot(pixels[:, 0].long(), 3) * pixels[:, 1:2]


FEW = LabelledImages(torch.zeros(3, 1, 1, 2), torch.arange(3), ["a", "b", "c"])


def pool(classes, logits):
    return torch.tensor([classes, logits], dtype=torch.float32).T.reshape(-1, 1, 1, 2)


def test_globally_surest_believes_half_whatever_the_class():
    labels, weights = globally_surest(Certain(), FEW, pool([0, 0, 0, 1, 1, 2], [9, 8, 7, 1, 2, 3]))
    assert labels.tolist() == [0, 0, 0, 1, 1, 2] and weights.tolist() == [1, 1, 1, 0, 0, 0]


def test_equal_per_class_believes_equally_many_of_each():
    _, weights = equal_per_class(Certain(), FEW, pool([0, 0, 0, 1, 1, 2], [9, 8, 7, 1, 2, 3]))
    assert weights.tolist() == [1, 0, 0, 0, 1, 1]


def test_labels_flow_along_a_chain_and_stop_at_a_gap():
    angles = torch.linspace(0, 0.8, 30).tolist() + torch.linspace(1.6, 2.4, 20).tolist()
    points = torch.tensor([[torch.tensor(a).cos(), torch.tensor(a).sin()] for a in angles]).view(-1, 1, 1, 2)
    few = LabelledImages(points[[0, 49]], torch.tensor([0, 1]), ["a", "b"])
    model = nn.Module()
    model.encoder = nn.Flatten()
    labels, weights = spread_labels(model, few, points[1:49], steps=300)
    assert labels.tolist() == [0] * 29 + [1] * 19
    assert ((weights >= 0) & (weights <= 1)).all() and weights.mean() > 0.5


def test_the_graph_is_symmetric_and_nobody_is_a_neighbour_of_oneself():
    graph = neighbour_graph(
        torch.randn(40, 8, generator=torch.Generator().manual_seed(0)).abs(), neighbours=3
    ).to_dense()
    assert torch.allclose(graph, graph.T) and (graph.diagonal() == 0).all()
    assert torch.linalg.eigvalsh(graph).max().item() == pytest.approx(1, abs=1e-4)


def test_only_what_is_believed_is_trained_on(monkeypatch):
    seen = []
    monkeypatch.setattr("helpers.selftraining.redraw", lambda images: (seen.append(images[:, 0, 0, 0]), images)[1])
    torch.manual_seed(0)
    model = Classifier(Encoder(width=2, image_size=16), classes=3)
    images = torch.arange(6.0).view(6, 1, 1, 1).expand(6, 1, 16, 16) / 10
    few = LabelledImages(images[:2], torch.tensor([0, 1]), ["a", "b", "c"])

    def believe(model, few, pool):
        return torch.tensor([2, 2, 1, 1]), torch.tensor([1.0, 0.0, 1.0, 0.0])

    assert self_train(model, few, images[2:], believe, steps=4) is model
    numbers = torch.cat(seen)
    assert len(numbers) == 200 and {round(10 * number) for number in numbers.tolist()} == {0, 1, 2, 4}
