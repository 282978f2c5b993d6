"""The numbers of figure 2: python analysis.py [PARAM_SET]"""

import sys
import tempfile
from pathlib import Path

import datajoint as dj
import numpy as np

from pipeline import imaging, lab


def rates(param_set):
    """Events per minute of every animal that is worth reporting."""
    cells = imaging.Events * imaging.Session & dict(param_set=param_set) & "anesthetized = 0"
    per_animal = lab.Subject.aggr(cells, n_cells="count(*)", mean_rate="avg(rate)")
    for row in per_animal.fetch(as_dict=True, order_by="subject"):
        yield row["subject"], row["n_cells"], row["mean_rate"]


def correlations():
    keys, values = imaging.Pair.fetch("KEY", "correlation", order_by="correlation DESC")
    for key, value in list(zip(keys, values))[:3]:
        yield f"{key['subject']} scan {key['scan']} cells {key['mask_a']} and {key['mask_b']}", value


def strongest(param_set):
    """The cell with the largest transient, and where it lies."""
    traces = imaging.Fluorescence.Trace & f"param_set={param_set}"
    best = max(traces.fetch("KEY", order_by="KEY"), key=lambda key: (traces & key).fetch1("trace").max())
    trace, noise = (traces & best).fetch1("trace", "noise")
    roi = (imaging.Segmentation.Mask & best).fetch1("roi")
    return best, float(trace.max()), noise, roi.centroid()


def documents():
    """Sheets and cards, downloaded."""
    with tempfile.TemporaryDirectory() as folder:
        for sheet in (imaging.Scan & "protocol IS NOT NULL").fetch("protocol", download_path=folder):
            yield Path(sheet).name, Path(sheet).stat().st_size
        photo = (lab.Subject & {"subject": "CA1-007"}).fetch1("photo", download_path=folder)
        yield Path(photo).name, Path(photo).stat().st_size


def main(param_set=1):
    print("server", dj.config["database.host"])
    for subject, n_cells, rate in rates(param_set):
        print(f"{subject}: {n_cells} cells, {rate:.3f} events/min")
    for name, value in correlations():
        print(f"{name}: r = {value:.4f}")
    key, peak, noise, (row, column) = strongest(param_set)
    print(f"strongest: mask {key['mask']} of {key['subject']} {key['session_date']}, peak {peak:.3f}, noise {noise:.4f}, at {row:.2f}, {column:.2f}")
    for name, size in documents():
        print(f"{name}: {size} bytes")
    shifts = np.concatenate(imaging.Registration.fetch("shifts", order_by="KEY"), axis=1)
    print("frames moved:", int(np.any(shifts != 0, axis=0).sum()), "of", shifts.shape[1])
    errors = imaging.schema.jobs & 'status = "error"'
    print("jobs that failed:", len(errors), "ignored:", len(imaging.schema.jobs & dict(status="ignore")))
    for table, message in zip(*errors.fetch("table_name", "error_message", order_by="key_hash")):
        print(f"  {table}: {message}")
    print("movies:", sum(Path(p).stat().st_size for p in imaging.Scan.Movie.fetch("movie")), "bytes")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
