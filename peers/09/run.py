"""Other people's software on the inputs of system 09: the value of a matrix game by SciPy's linear programming (HiGHS),
and the saddle point by NumPy's direct solver.

Prints a table, writes it as JSON, and ends with 0 (all agree), 1 (something disagrees) or 3 (something was not checked).
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

HOUSES = 200
EPOCHS = 4000
SADDLE = 200


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

    def numbers(*words):
        output = subprocess.run([ours, *words], capture_output=True, text=True, check=True).stdout
        return numpy.array([float(word) for word in output.split()])

    wealth = numpy.random.RandomState(1).standard_normal(HOUSES)
    places = numpy.arange(HOUSES)
    matrix = abs(wealth)[None, :] * (1 - numpy.exp(-0.8 * abs(places[:, None] - places[None, :])))
    residual, *u = numbers("game", str(HOUSES), "1", str(EPOCHS))
    x, y = numpy.array(u[:HOUSES]), numpy.array(u[HOUSES:])
    # min t subject to A x ≤ t, x a probability.
    cost = numpy.append(numpy.zeros(HOUSES), 1.0)
    above = numpy.hstack([matrix, -numpy.ones((HOUSES, 1))])
    sums = numpy.append(numpy.ones(HOUSES), 0.0)[None, :]
    bounds = [(0, None)] * HOUSES + [(None, None)]
    value = scipy.optimize.linprog(cost, above, numpy.zeros(HOUSES), sums, [1.0], bounds, method="highs").fun
    paid, kept = (matrix @ x).max(), (matrix.T @ y).min()
    detail = f"value {value:.9f}, our strategies guarantee {kept:.9f} to {paid:.9f}; gap {paid - kept:.1e}, residual {residual:.1e}"
    holds = kept - 1e-9 <= value <= paid + 1e-9 and paid - kept <= 5 * residual
    yield row("SciPy (HiGHS)", f"policeman and burglar, {HOUSES} houses", holds, detail)

    n = SADDLE
    a = numpy.zeros((n, n))
    for i in range(n):
        a[i, n - 1 - i] = 0.25
        if n - 2 - i >= 0:
            a[i, n - 2 - i] = -0.25
    h = 2 * a.T @ a
    system = numpy.block([[h, -a.T], [a, numpy.zeros((n, n))]])
    right = numpy.full(2 * n, 0.25)
    right[:n] = 0
    right[n - 1] = 0.25
    exact = numpy.linalg.solve(system, right)
    ours_u = numbers("saddle", str(n))
    difference = abs(exact - ours_u).max() / abs(exact).max()
    yield row("NumPy", f"quadratic saddle, n = {n}", difference < 1e-9, f"largest difference, relative: {difference:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        import numpy  # noqa: F401
        import scipy  # noqa: F401
    except ImportError as error:
        print(f"not checked: {error}")
        return 3
    found = []
    for entry in rows(program(pathlib.Path(__file__).resolve().parents[2])):
        found.append(entry)
        print("  ".join([entry["verdict"].ljust(11), entry["peer"].ljust(13), entry["what"].ljust(34), entry["detail"]]), flush=True)
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "09", "rows": found}, indent=1) + "\n")
    counts = {verdict: sum(entry["verdict"] == verdict for entry in found) for verdict in ("agrees", "DISAGREES")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 0


if __name__ == "__main__":
    sys.exit(main())
