"""The autoencoder in Keras: trained here, in a job's child process, and handed over as plain float32 arrays.

Nothing that serves requests imports this module; science.fraud.network scores with what it returns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from science.deadline import Deadline
from science.fraud.network import Layer, Network
from science.table import FloatArray

HELD_BACK = 0.1  # of the rows, at random: they say when to stop
WARM_UP = 0.1  # of all steps: the learning rate rises from a tenth to its peak, then falls along a cosine
FLOOR = 0.01  # of the peak, at the end
PATIENCE = 0.2  # of all epochs without a better held-back loss
STEPS_OF_AN_EPOCH = 32  # at least: few rows get small batches rather than few steps
SMALLEST_BATCH = 16


@dataclass(frozen=True)
class Training:
    """How a network is trained. widths: of the hidden layers down to the bottleneck, mirrored on the way up."""

    widths: tuple[int, ...]
    epochs: int
    batch: int
    learning_rate: float  # at its peak
    dropout: float  # of the inputs: the network repairs what is left out
    seed: int
    scalars: Path | None = None  # a folder for TensorBoard, chosen by the server


@dataclass(frozen=True)
class Trained:
    """A network and the losses of its epochs: (epochs,) on the rows trained on, and on those held back."""

    network: Network
    losses: FloatArray
    held_back_losses: FloatArray


def train(X: np.ndarray, weights: FloatArray, how: Training, deadline: Deadline, progress: Callable[[float], None]) -> Trained:
    """Train an autoencoder on X (n, p) float32, standardised, weights (n,). Deterministic for a seed on one machine.

    progress is told the part that is done, up to 1. Raises DeadlineExceeded.
    """
    import keras  # late: TensorFlow takes seconds and 600 MB

    keras.utils.set_random_seed(how.seed)
    model = model_of(X.shape[1], how.widths, how.dropout, how.seed)
    loop = Loop(model, X, weights, how)
    board = None if how.scalars is None else Board(how.scalars, model)
    losses: list[tuple[float, float]] = []
    best, kept, since = np.inf, model.get_weights(), 0
    while len(losses) < how.epochs and since < max(5, round(PATIENCE * how.epochs)):
        deadline.check()
        losses.append(loop.epoch())
        if board is not None:
            board.write(len(losses), *losses[-1])
        progress(len(losses) / how.epochs)
        since += 1
        if losses[-1][1] < best:
            best, kept, since = losses[-1][1], model.get_weights(), 0
    if board is not None:
        board.close()
    progress(1.0)
    trained, held_back = np.array(losses).T
    return Trained(network_of(kept), trained, held_back)


def model_of(columns: int, widths: tuple[int, ...], dropout: float, seed: int) -> Any:
    """Return the Keras model: relu between, linear at the bottleneck and at the end, so that negative values can be told."""
    import keras  # late: see train

    layers = keras.layers
    inputs = keras.Input((columns,))
    outputs = layers.Dropout(dropout, seed=seed)(inputs)
    *outer, bottleneck = widths
    for width in outer:
        outputs = layers.Dense(width, activation="relu")(outputs)
    outputs = layers.Dense(bottleneck)(outputs)
    for width in reversed(outer):
        outputs = layers.Dense(width, activation="relu")(outputs)
    return keras.Model(inputs, layers.Dense(columns)(outputs))


def network_of(arrays: list[np.ndarray]) -> Network:
    """Read a Network from the arrays of such a model: kernel and bias of each layer in turn."""
    pairs = list(zip(arrays[::2], arrays[1::2], strict=True))
    linear = {len(pairs) // 2 - 1, len(pairs) - 1}
    return Network(tuple(Layer(kernel, bias, "linear" if i in linear else "relu") for i, (kernel, bias) in enumerate(pairs)))


class Board:
    """Scalars for TensorBoard, a folder per run; the graph is written beside them once, however often a model is refitted.

    Raw events, which TensorFlow writes itself: its summaries of scalars need the package tensorboard, which reads them.
    """

    def __init__(self, folder: Path, model: Any) -> None:
        import tensorflow as tf  # late: see train

        folder.mkdir(parents=True, exist_ok=True)
        graph = folder / "graph"
        if not graph.exists():
            self._write_graph(graph, model)
        runs = sum(1 for each in folder.iterdir() if each.name.startswith("run-"))
        self.writer = tf.summary.create_file_writer(str(folder / f"run-{runs + 1:04d}"))

    def write(self, epoch: int, loss: float, held_back: float) -> None:
        """Write the losses of an epoch."""
        import tensorflow as tf  # late: see train

        scalar = tf.compat.v1.SummaryMetadata(plugin_data={"plugin_name": "scalars"})
        with self.writer.as_default():
            for name, value in (("loss", loss), ("held_back_loss", held_back)):
                tf.summary.write(name, tf.constant(value, tf.float32), step=epoch, metadata=scalar)

    def close(self) -> None:
        self.writer.close()

    @staticmethod
    def _write_graph(folder: Path, model: Any) -> None:
        import tensorflow as tf  # late: see train

        called = tf.function(model).get_concrete_function(tf.TensorSpec((None, *model.input_shape[1:]), tf.float32))
        writer = tf.summary.create_file_writer(str(folder))
        with writer.as_default():
            tf.summary.graph(called.graph.as_graph_def())
        writer.close()


class Loop:
    """One epoch after the other, each a single call into TensorFlow's graph: Keras's own loop costs 1 ms a step."""

    def __init__(self, model: Any, X: np.ndarray, weights: FloatArray, how: Training) -> None:
        import keras  # late: see train
        import tensorflow as tf

        self.rng = np.random.default_rng(how.seed)
        order = self.rng.permutation(len(X))
        held = max(1, round(HELD_BACK * len(X)))
        self.held, self.rows = tf.constant(order[:held]), order[held:]
        self.batch = max(SMALLEST_BATCH, min(how.batch, len(self.rows) // STEPS_OF_AN_EPOCH))
        self.steps = max(1, len(self.rows) // self.batch)
        total = how.epochs * self.steps
        rate = keras.optimizers.schedules.CosineDecay(
            how.learning_rate * 0.1, max(1, round(total * (1 - WARM_UP))), alpha=FLOOR,
            warmup_target=how.learning_rate, warmup_steps=max(1, round(total * WARM_UP)),
        )  # fmt: skip
        self.model, self.optimizer = model, keras.optimizers.Adam(rate)
        self.optimizer.build(model.trainable_variables)
        self.X, self.weights = tf.constant(X), tf.constant((weights / weights.mean()).astype(np.float32))
        self.run = tf.function(self._run)

    def epoch(self) -> tuple[float, float]:
        """Go once over the rows; return the loss on them, dropout included, and on the rows held back."""
        order = self.rng.permutation(self.rows)[: self.steps * self.batch].reshape(self.steps, self.batch)
        trained, held_back = self.run(order)
        return float(trained), float(held_back)

    def _run(self, order: Any) -> tuple[Any, Any]:
        import tensorflow as tf  # late: see train

        total = tf.constant(0.0)
        for rows in order:
            with tf.GradientTape() as tape:
                loss = self._loss(rows, training=True)
            variables = self.model.trainable_variables
            self.optimizer.apply(tape.gradient(loss, variables), variables)
            total += loss
        return total / self.steps, self._loss(self.held, training=False)

    def _loss(self, rows: Any, *, training: bool) -> Any:
        """Return the weighted mean squared error of these rows."""
        import tensorflow as tf  # late: see train

        x, weights = tf.gather(self.X, rows), tf.gather(self.weights, rows)
        errors = tf.reduce_mean(tf.square(self.model(x, training=training) - x), axis=1)
        return tf.reduce_sum(weights * errors) / tf.reduce_sum(weights)
