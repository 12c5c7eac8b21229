"""Page 19: occlusion by hand, integrated gradients and what they leave, a Grad-CAM map, and a deletion area."""

from helpers.exercises.page19 import cam_of, cover_squares, deletion_area, share_out

EXERCISES = {
    "19.1": cover_squares.EXERCISE,
    "19.2": share_out.EXERCISE,
    "19.3": cam_of.EXERCISE,
    "19.4": deletion_area.EXERCISE,
}
