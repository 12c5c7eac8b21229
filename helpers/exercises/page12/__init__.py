"""Page 12: generalised IoU, suppression within each class, the area under the raised curve, and mean IoU of masks."""

from helpers.exercises.page12 import area_ap, giou, mean_iou, nms_by_class

EXERCISES = {
    "12.1": giou.EXERCISE,
    "12.2": nms_by_class.EXERCISE,
    "12.3": area_ap.EXERCISE,
    "12.4": mean_iou.EXERCISE,
}
