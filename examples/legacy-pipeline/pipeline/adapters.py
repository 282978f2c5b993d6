"""Attribute types of our own."""

import datajoint as dj
import numpy as np


class Roi:
    """Pixels of one cell and how much each belongs to it."""

    def __init__(self, pixels, weights, shape):
        self.pixels = np.asarray(pixels, dtype="int32")
        self.weights = np.asarray(weights, dtype="float32")
        self.shape = tuple(int(n) for n in shape)

    def image(self):
        image = np.zeros(self.shape, dtype="float32")
        image.flat[self.pixels] = self.weights
        return image

    def centroid(self):
        rows, columns = np.unravel_index(self.pixels, self.shape)
        return float(np.average(rows, weights=self.weights)), float(np.average(columns, weights=self.weights))


class RoiAdapter(dj.AttributeAdapter):
    """A mask, kept as a dict in a blob."""

    attribute_type = "longblob"

    def put(self, obj):
        return {"pixels": obj.pixels, "weights": obj.weights, "shape": list(obj.shape)}

    def get(self, value):
        return Roi(value["pixels"], value["weights"], value["shape"])


roi = RoiAdapter()
