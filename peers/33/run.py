"""Other people's software on the inputs of system 33: scikit-learn's digits and logistic regression, SciPy's L-BFGS.

Prints a table, writes it as JSON, and ends with 0 (all agree), 1 (something disagrees) or 3 (something was not checked).
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

LAMBDA = 1e-3
ROUNDS = 2500


def row(peer, what, holds, detail):
    return {"peer": peer, "what": what, "verdict": "agrees" if holds else "DISAGREES", "detail": detail}


def program(root):
    cargo = [os.environ.get("CARGO", "cargo"), "build", "--quiet", "--release", "-p", "ansatz-optimize", "--example", "peer_side"]
    subprocess.run(cargo, cwd=root, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
    return target / "release" / "examples" / "peer_side"


def rows(ours):
    import numpy
    import scipy.optimize
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression

    def numbers(*words):
        output = subprocess.run([ours, *words], capture_output=True, text=True, check=True).stdout
        return numpy.array([[float(word) for word in line.split()] for line in output.splitlines()])

    pixels, labels = load_digits(return_X_y=True)
    digits = numbers("digits")
    same = numpy.array_equal(digits[:, :64], pixels) and numpy.array_equal(digits[:, 64], labels)
    yield row("scikit-learn", "the digits", same, f"{digits.shape[0]} images, every pixel and label compared")

    features = numpy.hstack([pixels / 16, numpy.ones((len(pixels), 1))])
    # The mean over the classes of the means over their samples.
    weights = 1 / numpy.bincount(labels)[labels] / 10
    samples = numpy.arange(len(labels))

    def objective(flat):
        w = flat.reshape(10, 65)
        scores = features @ w.T
        largest = scores.max(axis=1, keepdims=True)
        total = numpy.log(numpy.exp(scores - largest).sum(axis=1)) + largest[:, 0]
        slopes = numpy.exp(scores - total[:, None])
        slopes[samples, labels] -= 1
        value = (weights * (total - scores[samples, labels])).sum() + LAMBDA / 2 * flat @ flat
        return value, ((slopes * weights[:, None]).T @ features).ravel() + LAMBDA * flat

    w = numbers("econtrol", str(ROUNDS)).ravel()
    value, slope = objective(w)
    options = {"maxiter": 20_000, "maxfun": 50_000, "ftol": 0, "gtol": 1e-11}
    best = scipy.optimize.minimize(objective, numpy.zeros(650), jac=True, method="L-BFGS-B", options=options)
    detail = f"f after {ROUNDS} rounds of EControl {value:.12f}, theirs {best.fun:.12f}; our gradient by NumPy {numpy.linalg.norm(slope):.1e}"
    yield row("SciPy", "least value of logistic regression", abs(value - best.fun) < 1e-9, detail)

    model = LogisticRegression(C=1 / LAMBDA, fit_intercept=False, tol=1e-10, max_iter=20_000)
    model.fit(features, labels, sample_weight=weights)
    difference = numpy.abs(model.coef_.ravel() - w).max() / numpy.abs(w).max()
    detail = f"largest difference of the weights, relative to the largest: {difference:.1e}"
    yield row("scikit-learn", "weights of logistic regression", difference < 1e-3, detail)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        import numpy  # noqa: F401
        import scipy  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as error:
        print(f"not checked: {error}")
        return 3
    found = []
    for entry in rows(program(pathlib.Path(__file__).resolve().parents[2])):
        found.append(entry)
        print("  ".join([entry["verdict"].ljust(11), entry["peer"].ljust(13), entry["what"].ljust(36), entry["detail"]]), flush=True)
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "33", "rows": found}, indent=1) + "\n")
    counts = {verdict: sum(entry["verdict"] == verdict for entry in found) for verdict in ("agrees", "DISAGREES")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 0


if __name__ == "__main__":
    sys.exit(main())
