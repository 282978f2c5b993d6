"""Fills the pipeline and prints what queries give."""

import json
import os

import datajoint as dj

dj.config["database.host"] = os.environ["SERVER_HOST"]
dj.config["database.port"] = int(os.environ["SERVER_PORT"])
dj.config["database.user"] = os.environ["SERVER_USER"]
dj.config["database.password"] = os.environ["SERVER_PASSWORD"]
dj.config["safemode"] = False

from pipeline import session, subject  # noqa: E402
from pipeline.session import Mean, Session  # noqa: E402
from pipeline.subject import Subject  # noqa: E402

subject.add_subjects()
session.add_sessions()
Subject.update1(dict(subject_id=2, sex="U"))
Mean.populate(limit=5)
Mean.populate()

result = {}
result["rows"] = Subject.fetch(as_dict=True, order_by="subject_id")
ids, sexes = Subject.fetch("subject_id", "sex", order_by="subject_id DESC")
result["columns"] = [[int(i) for i in ids], list(sexes)]
result["keys"] = (Session & {"session": 1}).fetch("KEY", order_by="subject_id")
result["means"] = [[int(r["subject_id"]), float(r["mean"])] for r in Mean.fetch(order_by="subject_id, session")]
result["joined"] = (Mean * Session * Subject & 'species = "mouse"').fetch("mean", "sex", as_dict=True, order_by="mean")
result["counted"] = Subject.aggr(Session.Trial, n="count(*)").fetch("n", order_by="subject_id").tolist()
result["first"] = (Subject & {"subject_id": 1}).fetch1("weights")
(Session & {"subject_id": 3}).delete()
result["left"] = len(Session.Trial())
module = dj.create_virtual_module("again", os.environ["DEMO_PREFIX"] + "_session")
result["virtual"] = [float(m) for m in module.Mean.fetch("mean", order_by="mean")]
print("RESULT " + json.dumps(result, sort_keys=True, default=str))
