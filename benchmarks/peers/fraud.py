"""Peers of the fraud detector: each learns from legitimate rows and returns a function that scores rows, higher is stranger.

Rows come standardised by the legitimate ones. What is not installed is left out by `installed`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

Scorer = Callable[[np.ndarray], np.ndarray]
Learner = Callable[[np.ndarray, int], Scorer]

MOST_NEIGHBOURS = 10_000  # training rows of the methods that keep them all
BLOG_EPOCHS = 100


def blog(X: np.ndarray, seed: int) -> Scorer:
    """The autoencoder of the blogs: 29-14-7-7-29, tanh and relu in turn, relu at the end, an L1 penalty, mean squared error."""
    import keras  # late: 600 MB

    keras.utils.set_random_seed(seed)
    p = X.shape[1]
    wide, narrow = max(1, p // 2), max(1, p // 4)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((p,)),
            layers.Dense(wide, activation="tanh", activity_regularizer=keras.regularizers.l1(1e-4)),
            layers.Dense(narrow, activation="relu"),
            layers.Dense(narrow, activation="tanh"),
            layers.Dense(p, activation="relu"),
        ]
    )
    model.compile("adam", "mean_squared_error", steps_per_execution=16)
    rows = X.astype(np.float32)
    model.fit(rows, rows, epochs=BLOG_EPOCHS, batch_size=32, verbose=0)
    return lambda A: np.square(A - model.predict(A.astype(np.float32), batch_size=4096, verbose=0)).mean(1)


def pca(X: np.ndarray, seed: int) -> Scorer:
    """The error of reconstruction from half as many components as columns."""
    from sklearn.decomposition import PCA

    model = PCA(n_components=max(1, X.shape[1] // 2), random_state=seed).fit(X)
    return lambda A: np.square(A - model.inverse_transform(model.transform(A))).mean(1)


def pca_weighted(X: np.ndarray, seed: int) -> Scorer:
    from pyod.models.pca import PCA

    rank = int(np.linalg.matrix_rank(X))  # of more components it makes NaN
    return PCA(n_components=rank, random_state=seed).fit(X).decision_function


def mahalanobis(X: np.ndarray, seed: int) -> Scorer:
    from sklearn.covariance import EmpiricalCovariance

    return EmpiricalCovariance().fit(X).mahalanobis


def isolation_forest(X: np.ndarray, seed: int) -> Scorer:
    from sklearn.ensemble import IsolationForest

    model = IsolationForest(n_estimators=100, random_state=seed).fit(X)
    return lambda A: -model.score_samples(A)


def ecod(X: np.ndarray, seed: int) -> Scorer:
    from pyod.models.ecod import ECOD

    return ECOD().fit(X).decision_function


def lof(X: np.ndarray, seed: int) -> Scorer:
    from sklearn.neighbors import LocalOutlierFactor

    model = LocalOutlierFactor(n_neighbors=20, novelty=True).fit(sampled(X, seed))
    return lambda A: -model.score_samples(A)


def knn(X: np.ndarray, seed: int) -> Scorer:
    from sklearn.neighbors import NearestNeighbors

    model = NearestNeighbors(n_neighbors=5).fit(sampled(X, seed))
    return lambda A: model.kneighbors(A)[0].mean(1)


def lightgbm(X: np.ndarray, fraud: np.ndarray, weight: np.ndarray, seed: int) -> Scorer:
    """A ceiling: it learns from the frauds."""
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(n_estimators=400, learning_rate=0.03, num_leaves=31, random_state=seed, verbose=-1, n_jobs=1)
    model.fit(X, fraud.astype(int), sample_weight=weight)
    return lambda A: model.booster_.predict(A)


def sampled(X: np.ndarray, seed: int) -> np.ndarray:
    if len(X) <= MOST_NEIGHBOURS:
        return X
    return X[np.random.default_rng(seed).choice(len(X), MOST_NEIGHBOURS, replace=False)]


def installed() -> dict[str, Learner]:
    """The peers that are here, by name."""
    found: dict[str, Learner] = {"blogs' autoencoder": blog} if find_spec("keras") else {}
    if find_spec("sklearn"):
        found |= {"PCA": pca, "Mahalanobis": mahalanobis, "isolation forest": isolation_forest, "LOF": lof, "KNN": knn}
    if find_spec("pyod"):
        found |= {"PCA (PyOD)": pca_weighted, "ECOD": ecod}
    return found
