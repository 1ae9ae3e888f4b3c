"""The TensorFlow version agrees with the NumPy one. It runs in a process of its own: TensorFlow stays out of this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from science.mixed.spec import Variances
from tests.science.mixed.data import fitted, table

ROOT = Path(__file__).parents[3]
FORMULA = "Reaction ~ Days + (Days | Subject)"
SPLIT = "Reaction ~ Days + (Days || Subject)"
GIVEN = ((612.1, 9.67), (9.67, 35.07))
APART = ((410.0, 0.0), (0.0, 22.0))
VARIANCE = float(np.var(table("sleepstudy")["Reaction"].values))

SCRIPT = f"""
import json
import numpy as np
from science.deadline import no_deadline
from science.mixed.model import model_of
from science.mixed.spec import Spec
from science.mixed.train_tf import effects_given, loop
from tests.science.mixed.data import LIMITS, table

whole, split = (model_of(Spec(formula), table("sleepstudy"), LIMITS).sample for formula in ({FORMULA!r}, {SPLIT!r}))
given = effects_given(whole, [np.array({GIVEN})], 654.94)
mackay, _ = loop(split, "mackay", ([np.array({APART})], {VARIANCE / 4.0!r}), 100, no_deadline())
em, _ = loop(whole, "em", ([np.array({GIVEN})], 500.0), 15, no_deadline())
print(json.dumps([given.beta.tolist(), given.u[0].tolist(), mackay.tolist(), em.tolist()]))
"""


@cache
def answers():
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return [np.array(part) for part in json.loads(done.stdout.strip().splitlines()[-1])]


def test_the_effects_for_given_variances_agree():
    beta, u, _, _ = answers()
    fit = fitted(FORMULA, table("sleepstudy"), variances=Variances({"Subject": GIVEN}, 654.94))
    np.testing.assert_allclose(beta, fit.fixed.estimate, rtol=1e-8)
    np.testing.assert_allclose(u, fit.effects[0].estimate, rtol=1e-8, atol=1e-8)


def test_mackays_loop_agrees_and_reaches_the_published_numbers():
    mackay = answers()[2]
    options = {"method": "mackay", "start": Variances({"Subject": APART}, VARIANCE / 4.0), "iterations": 100}
    trace = fitted(SPLIT, table("sleepstudy"), **options).trace
    np.testing.assert_allclose(mackay[:, [0, 2, 3]], trace.values[:, [0, 1, 2]], rtol=1e-8)
    assert mackay[-1, [0, 2, 3]] == pytest.approx([302.904541, 31.089024, 670.854696], abs=1e-6)


def test_em_agrees():
    em = answers()[3]
    options = {"method": "em", "start": Variances({"Subject": GIVEN}, 500.0), "iterations": 15}
    trace = fitted(FORMULA, table("sleepstudy"), **options).trace
    np.testing.assert_allclose(em, trace.values[:, :4], rtol=1e-8)


def test_serving_a_mixed_model_never_imports_tensorflow():
    script = "import sys, science.mixed.fit, science.mixed.predict, science.mixed.profile; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
