"""What is trained in TensorFlow scores the same in NumPy. It runs in a process of its own, as a job does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from science.fraud.fit import Fit, explain, score
from science.fraud.network import Autoencoder, Network
from science.fraud.stored import from_parameters, to_parameters
from tests.science.fraud.data import COLUMNS, payments

ROOT = Path(__file__).parents[3]
SCRIPT = """
import json, resource, sys
from pathlib import Path
import numpy as np
from hypothesis import HealthCheck, given, settings, strategies as st
from science.deadline import Deadline, no_deadline
from science.fraud.spec import FraudSpec
from science.fraud.stored import to_parameters
from science.fraud.train import fit
from science.fraud.train_tf import Training, model_of, network_of, train
from errors import DeadlineExceeded
from tests.science.fraud.data import CARDS, LIMITS, payments

folder = Path(sys.argv[1])
told, worst = {}, [0.0]

@settings(max_examples=10, deadline=None, database=None, derandomize=True)
@given(st.integers(1, 40), st.lists(st.integers(1, 80), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def forward(columns, widths, seed):
    rng = np.random.default_rng(seed)
    model = model_of(columns, tuple(widths), 0.2, seed % 1000)
    model.set_weights([rng.normal(size=w.shape).astype(np.float32) / np.sqrt(len(w)) for w in model.get_weights()])
    X = rng.normal(size=(33, columns)).astype(np.float32)
    ours, theirs = network_of(model.get_weights())(X[:, None])[:, 0], model(X).numpy()
    worst[0] = max(worst[0], float((np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))).max()))

forward()
told["worst"] = worst[0]
spec = FraudSpec(**CARDS, seed=5)
parts = []
for night in range(2):
    found = fit(spec, payments(), LIMITS, no_deadline(), parts.append, folder / "board")
    document, arrays = to_parameters(found)
    (folder / f"{night}.json").write_text(json.dumps(document))
    np.savez(folder / f"{night}.npz", **arrays)
told["parts"] = parts
X = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
how = Training((4, 2), 3, 64, 1e-3, 0.0, 0)
try:
    train(X, np.ones(200), how, Deadline(at=0.0, clock=lambda: 1.0), lambda part: None)
except DeadlineExceeded:
    told["stopped"] = True
long = Training((8, 2), 100, 64, 3e-2, 0.0, 0)
told["epochs"] = len(train(X, np.ones(200), long, no_deadline(), lambda part: None).losses)
told["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trained")


@pytest.fixture(scope="module")
def told(folder: Path) -> dict:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def restored(folder: Path, night: int) -> Fit:
    with np.load(folder / f"{night}.npz", allow_pickle=False) as arrays:
        return from_parameters(json.loads((folder / f"{night}.json").read_text()), dict(arrays))


def rows() -> np.ndarray:
    return np.column_stack([payments()[name].values for name in COLUMNS])


def test_the_forward_pass_in_numpy_is_that_of_keras(told: dict) -> None:
    """On random networks, relative to the larger of 1 and the output."""
    assert 0 < told["worst"] < 1e-5


def test_a_model_trained_there_scores_here_without_tensorflow(told: dict, folder: Path) -> None:
    found = restored(folder, 0)
    assert found.used == "ensemble"
    assert isinstance(found.detector.views[0], Autoencoder)
    assert found.judged.metrics.roc_auc > 0.93
    assert found.judged.metrics.average_precision > found.judged.baseline.average_precision - 0.03
    assert "tensorflow" not in sys.modules


def test_two_nights_with_one_seed_are_the_same_model(told: dict, folder: Path) -> None:
    one, two = restored(folder, 0), restored(folder, 1)
    np.testing.assert_allclose(score(one, rows()).score, score(two, rows()).score, rtol=1e-4, atol=1e-4)


def test_expected_values_are_the_reconstruction(told: dict, folder: Path) -> None:
    found, X = restored(folder, 0), rows()[:5]
    Z = found.scaling.apply(X)
    view = found.detector.views[0]
    assert isinstance(view, Autoencoder)
    assert isinstance(view.network, Network)
    expected = found.scaling.undo(view.network(Z).astype(float) + view.residuals.mean)
    for row, every in enumerate(explain(found, X, len(COLUMNS))[1]):
        for each in every:
            assert each.expected == pytest.approx(expected[row, COLUMNS.index(each.column)], rel=1e-3, abs=1e-3)
        assert sum(each.share for each in every) == pytest.approx(1.0)


def test_progress_goes_up_to_one(told: dict) -> None:
    first_night = told["parts"][: told["parts"].index(1.0) + 1]
    assert first_night == sorted(first_night)
    assert told["parts"][-1] == 1.0


def test_a_deadline_stops_the_training(told: dict) -> None:
    assert told["stopped"]


def test_it_stops_early_where_nothing_is_to_be_learned(told: dict) -> None:
    assert told["epochs"] < 100


def test_tensorboards_graph_is_written_once_however_often_it_refits(told: dict, folder: Path) -> None:
    found = sorted(path.relative_to(folder / "board").parts[0] for path in (folder / "board").rglob("*tfevents*"))
    assert found == ["graph", "run-0001", "run-0002"]
    scalars = [path.read_bytes() for path in (folder / "board").glob("run-*/*")]
    assert all(b"held_back_loss" in events and b"MatMul" not in events for events in scalars)
    assert b"MatMul" in next((folder / "board" / "graph").iterdir()).read_bytes()


def test_the_child_stays_under_a_gigabyte(told: dict) -> None:
    assert told["peak"] < 1000


def test_an_artifact_is_small(told: dict, folder: Path) -> None:
    _, arrays = to_parameters(restored(folder, 0))
    assert sum(array.nbytes for array in arrays.values()) < 500_000


def test_scoring_never_imports_tensorflow() -> None:
    script = (
        "import sys, science.fraud.fit, science.fraud.stored, science.fraud.judge, science.fraud.reading, science.fraud.drift;"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
