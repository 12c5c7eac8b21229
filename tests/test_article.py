"""helpers.article: the article's network and loop, with the faults that the course measures."""

import torch

from helpers.article import ArticleAutoencoder, train_as_the_article


def test_it_is_the_articles_network():
    model = ArticleAutoencoder()
    assert len(model.state_dict()) == 12
    output = model(torch.randn(2, 3, 32, 32))
    assert output.shape == (2, 3, 32, 32) and output.min() >= 0 and output.max() <= 1


def test_the_loop_trains_and_returns_the_final_error():
    torch.manual_seed(0)
    model, images = ArticleAutoencoder(), torch.rand(70, 3, 8, 8)
    before = (model(images) - images).square().mean().item()
    after = train_as_the_article(model, images, epochs=3)
    assert after < before
    assert abs(after - (model(images) - images).square().mean().item()) < 1e-6
