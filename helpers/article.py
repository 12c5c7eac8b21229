"""The article's model and training loop, as they stand in its section 4.3, for the pages that measure them."""

from __future__ import annotations

import torch
from torch import Tensor, nn, optim


class ArticleAutoencoder(nn.Module):
    """Three convolutions of stride 2, their mirror image, and a sigmoid: no BatchNorm.

    Shape:
        images (N, 3, H, W) -> reconstructions (N, 3, H, W) from 0 to 1; H and W multiples of 8

    Source: article section 4.3. Built on page 05.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 3, 3, stride=2, padding=1, output_padding=1),
            nn.Sigmoid(),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.decoder(self.encoder(images))


def train_as_the_article(model: nn.Module, images: Tensor, epochs: int = 10) -> float:
    """The article's loop: squared error, Adam with 0.001, batches of 64; returns the final error over all images.

    Source: article section 4.3. Built on page 05.
    """
    criterion = nn.MSELoss()
    optimizer = optim.Adam(model.parameters(), lr=0.001)
    generator = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=generator).split(64):
            optimizer.zero_grad()
            loss = criterion(model(images[rows]), images[rows])
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        return criterion(model(images), images).item()
