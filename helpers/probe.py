"""What frozen features are worth: a linear probe and nearest neighbours on them. Built on page 05."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@torch.no_grad()
def latents_of(encoder: nn.Module, images: Tensor, part: int = 500) -> Tensor:
    """The encoder's latents (N, Z) of images (N, C, H, W), in `eval()` mode, in which it stays; on the CPU.

    Args:
        part: how many images go through at once; large images in a deep network want fewer.
    """
    parameter = next(encoder.parameters(), images)
    parts = (encoder.eval()(few.to(parameter.device)).flatten(1) for few in images.split(part))
    return torch.cat([latents.cpu() for latents in parts])


def linear_probe(latents: Tensor, labels: Tensor, penalty: float = 1.0) -> nn.Linear:
    """A linear classifier on latents (N, Z) and labels (N,), trained by at most 30 steps of L-BFGS.

    Each number of the latents is centred, and all are divided by one standard deviation, that of all
    numbers together. The returned layer takes that into account: use it on latents as they come.

    Args:
        penalty: weight of the squared weights in the loss, summed over the N images.

    Source: Alain and Bengio 2016, "Understanding intermediate layers using linear classifier probes".
    """
    centre, scale = latents.mean(dim=0), latents.std()
    standard = (latents - centre) / scale
    head = nn.Linear(latents.shape[1], int(labels.max()) + 1)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=30, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        shrink = 0.5 * penalty * head.weight.square().sum() / len(latents)  # prefers small weights
        loss = F.cross_entropy(head(standard), labels) + shrink
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        head.weight /= scale
        head.bias -= head.weight @ centre
    return head


def nearest_neighbours(latents: Tensor, labels: Tensor, queries: Tensor, k: int = 1) -> Tensor:
    """The most frequent label (M,) among the k latents (N, Z) nearest to each query (M, Z), by cosine.

    In a tie the smallest label wins, also over a nearer one.

    Raises:
        ValueError: k is not from 1 to N.

    Example:
        >>> import torch
        >>> from helpers.probe import nearest_neighbours
        >>> nearest_neighbours(torch.eye(2), torch.tensor([5, 7]), torch.tensor([[0.1, 3.0]])).tolist()
        [7]
    """
    if not 1 <= k <= len(latents):
        raise ValueError(f"k must be from 1 to {len(latents)}, the number of latents, got {k}")
    nearest = (F.normalize(queries, dim=1) @ F.normalize(latents, dim=1).T).topk(k, dim=1).indices  # (M, k)
    return labels[nearest].mode(dim=1).values
