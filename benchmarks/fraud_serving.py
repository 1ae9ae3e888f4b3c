"""Scoring payments in NumPy beside Keras, a tf.function and ONNX Runtime: rows per second and latency, in one run.

    .venv/bin/python -m benchmarks.fraud_serving [--payments store/samples/payments.csv]

A model is fitted to the sample in a child process; then every backend runs in a process of its own, with one BLAS thread, on 1,
100, 10,000 and 100,000 rows. "lamplight" is the whole score of a payment: four views, the calibrated risk and its probability;
"with reasons" adds three reasons to every row; "network alone" is the autoencoder's forward pass, which is all that Keras,
tf.function and ONNX Runtime (PyPI: onnx, onnxruntime) are asked for. Latencies are wall time, the least and the median of several
rounds; a row in bulk is CPU time of all threads, which neighbours on the machine disturb less. Memory is what loading the model
and scoring 10,000 rows adds to the process.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

SAMPLE = Path(__file__).parents[1] / "store" / "samples" / "payments.csv"
COLUMNS = (*(f"V{number}" for number in range(1, 29)), "Amount")
SIZES = (1, 100, 10_000, 100_000)
ROUNDS = {1: 300, 100: 100, 10_000: 9, 100_000: 5}
SLOW_ROUNDS = {1: 30, 100: 20, 10_000: 5, 100_000: 3}  # of model.predict, 40 ms a call
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
TIMES_KERAS = 20.0
BULK_GOAL = 10.0  # microseconds a row
ONE_GOAL = 60.0  # microseconds
MEMORY_GOAL = 20.0  # MB

Call = Callable[[np.ndarray], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--payments", type=Path, default=SAMPLE)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        name, folder = asked.child
        CHILDREN[name](Path(folder), asked.payments)
        return
    with tempfile.TemporaryDirectory() as folder:
        run("train", folder, asked.payments)
        found = {name: run(name, folder, asked.payments) for name in CHILDREN if name != "train" and here(name)}
    report(found)


def run(name: str, folder: str, payments: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.fraud_serving", "--payments", str(payments), "--child", name, folder]
    ended = subprocess.run(command, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    if ended.returncode:
        raise SystemExit(f"{name}: {ended.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
    return told


def here(name: str) -> bool:
    needs = {"ONNX Runtime": ("onnx", "onnxruntime")}
    return all(find_spec(each) for each in needs.get(name, ()))


def train(folder: Path, payments: Path) -> None:
    from science.deadline import no_deadline
    from science.fraud.spec import FraudSpec
    from science.fraud.stored import to_parameters
    from science.fraud.train import fit
    from science.limits import Limits
    from science.table import Numeric, Table

    names, values = read(payments)
    table = Table({name: Numeric(values[:, j]) for j, name in enumerate(names)}, len(values))
    spec = FraudSpec(COLUMNS, label="Class", time="Time", weight="weight", supervised=True)
    document, arrays = to_parameters(fit(spec, table, Limits(), no_deadline(), lambda part: None))
    (folder / "model.json").write_text(json.dumps(document))
    np.savez(folder / "model.npz", **arrays)
    print(json.dumps({"used": document["fit"]["fields"]["used"]}))


def lamplight(folder: Path, payments: Path) -> None:
    from science.fraud.fit import score

    X, before = rows(payments, np.float64), resident()
    fit = loaded(folder)
    score(fit, X[:10_000])
    timed(lambda batch: score(fit, batch), X, ROUNDS, resident() - before)


def with_reasons(folder: Path, payments: Path) -> None:
    from science.fraud.fit import explain

    X, before = rows(payments, np.float64), resident()
    fit = loaded(folder)
    explain(fit, X[:10_000])
    timed(lambda batch: explain(fit, batch), X, ROUNDS, resident() - before)


def network_alone(folder: Path, payments: Path) -> None:
    X, before = rows(payments, np.float32), resident()
    network = loaded(folder).detector.views[0].network
    network(X[:1000])
    timed(lambda batch: [network(batch[at : at + 1024]) for at in range(0, len(batch), 1024)], X, ROUNDS, resident() - before)


def keras_predict(folder: Path, payments: Path) -> None:
    X, before = rows(payments, np.float32), resident()
    model = keras_model(folder)
    model.predict(X[:10_000], batch_size=4096, verbose=0)
    timed(lambda batch: model.predict(batch, batch_size=4096, verbose=0), X, SLOW_ROUNDS, resident() - before)


def tf_function(folder: Path, payments: Path) -> None:
    import tensorflow as tf

    X, before = rows(payments, np.float32), resident()
    model = keras_model(folder)
    called = tf.function(model, input_signature=[tf.TensorSpec((None, X.shape[1]), tf.float32)], reduce_retracing=True)
    called(X[:10_000])
    timed(lambda batch: called(batch).numpy(), X, ROUNDS, resident() - before)


def onnx_runtime(folder: Path, payments: Path) -> None:
    import onnxruntime

    X, before = rows(payments, np.float32), resident()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx_model(folder), options, providers=["CPUExecutionProvider"])
    session.run(None, {"x": X[:10_000]})
    timed(lambda batch: session.run(None, {"x": batch}), X, ROUNDS, resident() - before)


def keras_model(folder: Path) -> Any:
    from science.fraud.train_tf import model_of

    layers = loaded(folder).detector.views[0].network.layers
    model = model_of(len(COLUMNS), tuple(layer.weights.shape[1] for layer in layers[: len(layers) // 2]), 0.2, 0)
    model.set_weights([array for layer in layers for array in (layer.weights, layer.bias)])
    return model


def onnx_model(folder: Path) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, value = [], [], "x"
    for i, layer in enumerate(loaded(folder).detector.views[0].network.layers):
        weights += [numpy_helper.from_array(layer.weights, f"w{i}"), numpy_helper.from_array(layer.bias, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [value, f"w{i}", f"b{i}"], [f"h{i}"]))
        value = f"h{i}"
        if layer.activation == "relu":
            nodes.append(helper.make_node("Relu", [value], [f"r{i}"]))
            value = f"r{i}"
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", len(COLUMNS)]) for name in ("x", value)]
    graph = helper.make_graph(nodes, "autoencoder", ends[:1], ends[1:], weights)
    model: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    return model


def loaded(folder: Path) -> Any:
    from science.fraud.stored import from_parameters

    with np.load(folder / "model.npz", allow_pickle=False) as arrays:
        return from_parameters(json.loads((folder / "model.json").read_text()), dict(arrays))


def read(payments: Path) -> tuple[list[str], np.ndarray]:
    with payments.open() as file:
        names, *lines = csv.reader(file)
    return names, np.array(lines, dtype=float)


def rows(payments: Path, dtype: type) -> np.ndarray:
    names, values = read(payments)
    X = values[:, [names.index(name) for name in COLUMNS]]
    return np.resize(X, (max(SIZES), X.shape[1])).astype(dtype)


def timed(call: Call, X: np.ndarray, rounds: dict[int, int], memory: float) -> None:
    told: dict[str, Any] = {"memory": memory}
    for size in SIZES:
        batch, seconds, cpu = X[:size], [], []
        for _ in range(rounds[size]):
            start, used = time.perf_counter(), time.process_time()
            call(batch)
            seconds.append(time.perf_counter() - start)
            cpu.append(time.process_time() - used)
        told[str(size)] = (min(seconds), median(seconds), min(cpu))
    print(json.dumps(told))


def resident() -> float:
    """Return the resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def report(found: dict[str, dict[str, Any]]) -> None:
    heads = "".join(f"{f'{size:,} rows':>22}" for size in SIZES)
    print(f"{'ms: least / median':20}{heads}{'CPU us/row, bulk':>18}{'MB':>7}")
    for name, told in found.items():
        cells = "".join(f"{1e3 * told[str(size)][0]:12.3f} /{1e3 * told[str(size)][1]:8.3f}" for size in SIZES)
        print(f"{name:20}{cells}{bulk(told):18.2f}{told['memory']:7.1f}")
    ours, keras = found["lamplight"], found["Keras predict"]
    times = keras["1"][0] / ours["1"][0]
    one = 1e6 * ours["1"][0]
    print()
    for claim, holds in (
        (f"one row: {times:.0f} x Keras predict, goal {TIMES_KERAS:g}", times >= TIMES_KERAS),
        (f"one row: {one:.0f} us, goal {ONE_GOAL:g}", one <= ONE_GOAL),
        (f"in bulk: {bulk(ours):.2f} us a row, goal {BULK_GOAL:g}", bulk(ours) <= BULK_GOAL),
        (f"memory: {ours['memory']:.1f} MB more, goal {MEMORY_GOAL:g}", ours["memory"] <= MEMORY_GOAL),
    ):
        print(f"{'yes' if holds else 'NO ':4} {claim}")


def bulk(told: dict[str, Any]) -> float:
    return 1e6 * float(told["100000"][2]) / 100_000


CHILDREN: dict[str, Callable[[Path, Path], None]] = {
    "train": train,
    "lamplight": lamplight,
    "with reasons": with_reasons,
    "network alone": network_alone,
    "Keras predict": keras_predict,
    "tf.function": tf_function,
    "ONNX Runtime": onnx_runtime,
}

if __name__ == "__main__":
    main()
