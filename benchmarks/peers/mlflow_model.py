"""Keep statsmodels' fitted model as MLflow keeps it: `python mlflow_model.py PICKLE FOLDER`. It tells means without intervals."""

import pickle
import sys

import mlflow.statsmodels


def main() -> None:
    keep(*sys.argv[1:])


def keep(pickled: str, folder: str) -> None:
    mlflow.statsmodels.save_model(opened(pickled), folder)


def opened(pickled: str) -> object:
    with open(pickled, "rb") as file:
        return pickle.load(file)  # a formula looks some frames up when it is read: not at the top of a script


if __name__ == "__main__":
    main()
