"""Enter what the lab recorded, and compute.  The recordings are simulated, with fixed seeds."""

import datetime
import uuid
from pathlib import Path

import datajoint as dj
import numpy as np

from . import imaging, lab

MOVIES = Path(dj.config["stores"]["raw"]["stage"])  # the microscope writes there; the files are registered in place
COLONY = uuid.UUID("8f14e45f-ceea-467f-a9a7-2c4a2c6e1c11")


def simulate(seed, n_frames, size=14):
    """A movie with blinking cells, some noise, and an animal that moves a little."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((size, size))
    movie = np.full((n_frames, size, size), 12.0)
    for _ in range(5):
        y, x = rng.uniform(2, size - 2, 2)
        activity = np.zeros(n_frames)
        activity[rng.integers(0, n_frames, 6)] = rng.uniform(60, 150, 6)
        activity = np.convolve(activity, np.exp(-np.arange(30) / 8))[:n_frames] + 25
        movie += activity[:, None, None] * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 3)
    movie += rng.normal(0, 2, movie.shape)
    moves = rng.choice([-1, 0, 1], (n_frames, 2), p=[0.05, 0.9, 0.05])
    movie = np.stack([np.roll(frame, move, axis=(0, 1)) for frame, move in zip(movie, moves)])
    return (np.clip(movie, 0, 255) // 4 * 4).astype("uint8")


def enter_subjects(scratch):
    card = Path(scratch, "cage card 12.txt")
    card.write_text("cage 12 — two females, enriched\n", encoding="utf-8")
    animals = [
        ("CA1-007", "Mus musculus", "jun", "F", "2021-03-04", 21.7, 1, card),
        ("CA1-008", "Mus musculus", "jun", "M", "2021-03-04", 24.35, 0, None),
        ("R-15", "Rattus norvegicus", None, "U", None, None, 1, None),
    ]
    for name, species, caretaker, sex, born, weight, alive, photo in animals:
        lab.Subject.insert1(
            dict(
                subject=name,
                subject_uuid=uuid.uuid5(COLONY, name),
                species=species,
                caretaker=caretaker,
                sex=sex,
                date_of_birth=born,
                weight=weight,
                alive=alive,
                photo=photo,
            )
        )
    lab.Subject.Line.insert(
        [("CA1-007", "Thy1-GCaMP6f", "heterozygous"), ("CA1-008", "Thy1-GCaMP6f", "unknown"), ("CA1-007", "PV-Cre", "homozygous")]
    )


def enter_sessions(scratch):
    sheet = Path(scratch, "protocol 3b.pdf")
    sheet.write_bytes(b"%PDF-1.4\n% protocol 3b, signed\n" + bytes(range(256)) * 2)
    sessions = [
        ("CA1-007", "2021-06-01", 1, "2p-1", "jun", "amara", 0, 12.5, "first day; 100% awake"),
        ("CA1-007", "2021-06-02", 1, "2p-1", "lucía", None, 0, None, ""),
        ("CA1-008", "2021-06-02", 2, "2p-2", "jun", "amara", 1, 0.25, "bleaching?"),
    ]
    seed = 0
    for subject, date, session, rig, experimenter, reviewer, anesthetized, hours, notes in sessions:
        key = dict(subject=subject, session_date=date, session=session)
        imaging.Session.insert1(
            dict(
                key,
                session_uuid=uuid.uuid5(COLONY, f"{subject} {date} {session}"),
                rig=rig,
                experimenter=experimenter,
                reviewer=reviewer,
                started=datetime.datetime.fromisoformat(f"{date} 10:00:00.125"),
                anesthetized=anesthetized,
                laser_hours=hours,
                notes=notes,
            )
        )
        for scan in (1, 2):
            seed += 1
            imaging.Scan.insert1(
                dict(key, scan=scan, depth=140 + 12.3 * scan, frame_rate=29.97, protocol=sheet if scan == 1 else None)
            )
            for part in range(2 if seed == 1 else 1):
                path = MOVIES / "movies" / subject / f"{date}_{session}_scan{scan}_{part}.npz"
                path.parent.mkdir(parents=True, exist_ok=True)
                np.savez_compressed(path, movie=simulate((seed, part), 100 if seed == 1 else 150))
                imaging.Scan.Movie.insert1(dict(key, scan=scan, part=part, movie=path))


def populate():
    options = dict(reserve_jobs=True, suppress_errors=True, order="original")
    imaging.Registration.populate(**options)
    # the animal moved too much: nobody should try this one again
    bad = dict(subject="CA1-008", session_date=datetime.date(2021, 6, 2), session=2, scan=2, param_set=2)
    imaging.schema.jobs.ignore(imaging.Segmentation.table_name, bad)
    for table in (imaging.Segmentation, imaging.Fluorescence, imaging.Events, imaging.Pair):
        table.populate(**options)


def main(scratch):
    enter_subjects(scratch)
    enter_sessions(scratch)
    populate()
