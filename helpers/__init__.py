"""The small package that the course's notebooks import: one idea a module.

Nothing runs, seeds, prints or downloads at import. Shape letters used throughout:
N images in a batch, C channels, H and W height and width, Z length of a latent vector,
K classes.
"""
