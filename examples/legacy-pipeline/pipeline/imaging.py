"""From the scan's file to correlated cells."""

import datajoint as dj
import numpy as np

from . import lab
from .adapters import Roi, roi  # noqa: F401 (roi: 0.14 looks up adapters among this module's names)

schema = dj.schema("ca1_imaging")


@schema
class Session(dj.Manual):
    definition = """
    -> lab.Subject
    session_date : date
    session = 1 : tinyint unsigned             # of that day
    ---
    session_uuid : uuid
    -> lab.Rig
    -> lab.Person.proj(experimenter="username")
    -> [nullable] lab.Person.proj(reviewer="username")
    started : datetime(3)
    anesthetized = 0 : bool
    laser_hours = null : decimal(7,2)
    notes = "" : varchar(1000)                 # "free text", as typed
    entered = CURRENT_TIMESTAMP : timestamp
    index (session_date)
    """


@schema
class Scan(dj.Manual):
    definition = """
    -> Session
    scan : tinyint unsigned
    ---
    depth : float                              # µm below the surface
    frame_rate : double                        # Hz
    protocol = null : attach@docs              # the signed sheet
    """

    class Movie(dj.Part):
        definition = """
        -> master
        part : tinyint unsigned
        ---
        movie : filepath@raw                   # as the microscope wrote it
        """


@schema
class ParamSet(dj.Lookup):
    definition = """
    # ways to segment
    param_set : smallint
    ---
    param_name : varchar(24)
    params : longblob
    unique index (param_name)
    """
    contents = [
        (1, "few large cells", {"n_cells": 4, "radius": 2.5, "filters": (1, 3)}),
        (2, "many small cells", {"n_cells": 6, "radius": 1.5, "filters": ()}),
    ]


@schema
class Registration(dj.Imported):
    definition = """
    # movies with the animal's motion taken out
    -> Scan
    ---
    n_frames : int unsigned
    shifts : longblob                          # (2, frames), pixels
    mean_image : blob@raw                      # of the registered movie
    median_shift : float                       # pixels
    done = CURRENT_TIMESTAMP : timestamp
    """

    def make(self, key):
        paths = (Scan.Movie & key).fetch("movie", order_by="part")
        movie = np.concatenate([np.load(path)["movie"] for path in paths]).astype("float32")
        template = movie.mean(axis=0)
        shifts = np.array([_shift(frame, template) for frame in movie], dtype="int16").T
        registered = np.stack([np.roll(f, s, axis=(0, 1)) for f, s in zip(movie, shifts.T)])
        self.insert1(
            dict(
                key,
                n_frames=len(movie),
                shifts=shifts,
                mean_image=registered.mean(axis=0),
                median_shift=float(np.median(np.hypot(*shifts))),
            )
        )

    @staticmethod
    def movie(key):
        """The registered movie, computed again: it is too large to keep."""
        paths = (Scan.Movie & key).fetch("movie", order_by="part")
        shifts = (Registration & key).fetch1("shifts")
        movie = np.concatenate([np.load(path)["movie"] for path in paths]).astype("float32")
        return np.stack([np.roll(f, s, axis=(0, 1)) for f, s in zip(movie, shifts.T)])


def _shift(frame, template):
    """By how many pixels the frame has to be moved, at most one each way."""
    moves = [(y, x) for y in (0, -1, 1) for x in (0, -1, 1)]
    return max(moves, key=lambda move: float((np.roll(frame, move, axis=(0, 1)) * template).sum()))


@schema
class Segmentation(dj.Computed):
    definition = """
    -> Registration
    -> ParamSet
    ---
    n_cells : smallint unsigned
    threshold : float
    """

    class Mask(dj.Part):
        definition = """
        -> master
        mask : smallint unsigned
        ---
        roi : <roi>                            # which pixels, how much
        brightness = null : float
        """

    def make(self, key):
        params = (ParamSet & key).fetch1("params")
        mean_image = (Registration & key).fetch1("mean_image")
        rows, columns = np.indices(mean_image.shape)
        rest, masks = mean_image.copy(), []
        for _ in range(params["n_cells"]):
            y, x = np.unravel_index(rest.argmax(), rest.shape)
            inside = np.hypot(rows - y, columns - x) <= params["radius"]
            pixels = np.flatnonzero(inside)
            masks.append(Roi(pixels, mean_image.flat[pixels] / mean_image.max(), mean_image.shape))
            rest[inside] = 0
        self.insert1(dict(key, n_cells=len(masks), threshold=rest.max()))
        self.Mask.insert(
            dict(key, mask=n, roi=mask, brightness=mask.weights.mean() if n else None) for n, mask in enumerate(masks)
        )


@schema
class Fluorescence(dj.Computed):
    definition = """
    -> Segmentation
    ---
    baseline_percentile = 10 : tinyint unsigned
    """

    class Trace(dj.Part):
        definition = """
        -> master
        -> Segmentation.Mask
        ---
        trace : blob@raw                       # dF/F, one value per frame
        noise : float
        """

    def make(self, key):
        movie = Registration.movie(key)
        self.insert1(key)
        for mask in (Segmentation.Mask & key).fetch(as_dict=True):
            pixels, weights = mask["roi"].pixels, mask["roi"].weights
            raw = movie.reshape(len(movie), -1)[:, pixels] @ weights / weights.sum()
            baseline = np.percentile(raw, 10)
            trace = ((raw - baseline) / baseline).astype("float32")
            self.Trace.insert1(
                dict(key, mask=mask["mask"], trace=trace, noise=np.abs(np.diff(trace)).mean()), ignore_extra_fields=True
            )


@schema
class Events(dj.Computed):
    definition = """
    # calcium events of one cell
    -> Fluorescence.Trace
    ---
    n_events : int unsigned
    rate : double                              # per minute
    event_times = null : longblob              # s; NULL: there are none
    """

    def make(self, key):
        trace = (Fluorescence.Trace & key).fetch1("trace")
        frame_rate = (Scan & key).fetch1("frame_rate")
        onsets = np.flatnonzero((trace[1:] > 0.5) & (trace[:-1] <= 0.5)) + 1
        if trace.max() > 10:
            raise ValueError(f"mask {key['mask']}: dF/F of {trace.max():.1f}; is the baseline right?")
        self.insert1(
            dict(
                key,
                n_events=len(onsets),
                rate=60 * len(onsets) * frame_rate / len(trace),
                event_times=onsets / frame_rate if len(onsets) else None,
            )
        )


@schema
class Pair(dj.Computed):
    definition = """
    # two cells of one segmentation
    -> Fluorescence.Trace.proj(mask_a="mask")
    -> Fluorescence.Trace.proj(mask_b="mask")
    ---
    correlation : double
    """

    @property
    def key_source(self):
        traces = Fluorescence.Trace
        return traces.proj(mask_a="mask") * traces.proj(mask_b="mask") & "mask_a < mask_b" & "param_set = 1"

    def make(self, key):
        a = (Fluorescence.Trace & dict(key, mask=key["mask_a"])).fetch1("trace")
        b = (Fluorescence.Trace & dict(key, mask=key["mask_b"])).fetch1("trace")
        self.insert1(dict(key, correlation=np.corrcoef(a, b)[0, 1]))
