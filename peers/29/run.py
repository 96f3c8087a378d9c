"""Other people's software on the inputs of system 29: fancyimpute's completions of the same matrices.

Prints a table, writes it as JSON, and ends with 0 (all agree), 1 (something disagrees) or 3 (something was not checked).
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import warnings


class Ours:
    """Runs the example `peer_completion` of ansatz-linear on Matrix Market files in `folder`."""

    def __init__(self, root, folder):
        self.folder = folder
        cargo = [os.environ.get("CARGO", "cargo"), "build", "--quiet", "--release", "-p", "ansatz-linear", "--example", "peer_completion"]
        subprocess.run(cargo, cwd=root, check=True)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
        self.program = target / "release" / "examples" / "peer_completion"

    def __call__(self, matrix, seen, method, rank, ridge, steps):
        """The completed matrix and the steps made."""
        import numpy
        import scipy.io
        import scipy.sparse

        entries, out = self.folder / "entries.mtx", self.folder / "completed.npy"
        rows, columns = numpy.nonzero(seen)
        scipy.io.mmwrite(entries, scipy.sparse.coo_array((matrix[seen], (rows, columns)), shape=matrix.shape), precision=17)
        command = [str(self.program), method, str(rank), str(ridge), str(steps), str(entries), str(out)]
        output = subprocess.run(command, capture_output=True, text=True, check=False)
        if output.returncode != 0:
            raise RuntimeError(output.stderr.strip() or f"exit code {output.returncode}")
        return numpy.load(out), int(output.stdout)


def row(peer, what, holds, detail):
    return {"peer": peer, "what": what, "verdict": "agrees" if holds else "DISAGREES", "detail": detail}


def planted(m, n, k, multiple, stream):
    """A matrix of rank k, and which entries are seen: `multiple` times its degrees of freedom."""
    matrix = stream.standard_normal((m, k)) @ stream.standard_normal((k, n))
    seen = stream.random((m, n)) < multiple * k * (m + n - k) / (m * n)
    return matrix, seen


def relative(x, matrix, where):
    import numpy

    return numpy.linalg.norm((x - matrix)[where]) / numpy.linalg.norm(matrix[where])


def hidden(matrix, seen):
    import numpy

    result = matrix.copy()
    result[~seen] = numpy.nan
    return result


def same_steps(ours, stream):
    """The same iteration, step by step: the matrices must agree to rounding errors."""
    from fancyimpute import SoftImpute

    for shrinkage, steps in ((5.0, 1), (5.0, 20), (1.0, 50)):
        matrix, seen = planted(80, 60, 4, 4.0, stream)
        peer = SoftImpute(shrinkage_value=shrinkage, max_iters=steps, convergence_threshold=0.0, verbose=False)
        theirs = peer.fit_transform(hidden(matrix, seen))
        x, _ = ours(matrix, seen, "soft-impute", 0, shrinkage, steps)
        # It gives the known entries back as they were.
        error = relative(x, theirs, ~seen)
        yield row("fancyimpute", f"SoftImpute, λ = {shrinkage}, {steps} steps", error < 1e-10, f"difference on unseen entries {error:.1e}")


def same_minimum(ours, stream):
    """The convex problem, solved by theirs, and by our factors with a ridge and more columns than the solution's rank."""
    from fancyimpute import SoftImpute

    for shrinkage in (4.0, 2.0):
        matrix, seen = planted(80, 60, 3, 4.0, stream)
        peer = SoftImpute(shrinkage_value=shrinkage, max_iters=20_000, convergence_threshold=1e-9, verbose=False)
        theirs = peer.fit_transform(hidden(matrix, seen))
        for method in ("alt-min", "exact"):
            x, sweeps = ours(matrix, seen, method, 12, shrinkage, 2000)
            error = relative(x, theirs, ~seen)
            detail = f"difference on unseen entries {error:.1e} after {sweeps} sweeps"
            yield row("fancyimpute", f"minimum for λ = {shrinkage}, {method}", error < 1e-3, detail)


def recovery(ours, stream):
    """Few entries: theirs at the best of several thresholds, ours without any."""
    import numpy
    from fancyimpute import IterativeSVD, MatrixFactorization, SoftImpute

    k = 5
    matrix, seen = planted(200, 200, k, 2.5, stream)
    x, sweeps = ours(matrix, seen, "alt-min", k, 0.0, 500)
    error = relative(x, matrix, ~seen)
    largest = numpy.linalg.norm(matrix, 2)
    peers = [(f"SoftImpute, λ = {f:g} σ₁", SoftImpute(shrinkage_value=f * largest, max_iters=500, convergence_threshold=1e-6, verbose=False)) for f in (0.1, 0.01, 0.001)]
    peers.append(("IterativeSVD", IterativeSVD(rank=k, max_iters=500, convergence_threshold=1e-8, verbose=False)))
    peers.append(("MatrixFactorization", MatrixFactorization(rank=k, verbose=False)))
    for name, peer in peers:
        what = f"2.5 times the degrees of freedom, {name}"
        try:
            theirs = relative(peer.fit_transform(hidden(matrix, seen)), matrix, ~seen)
        except Exception as reason:  # noqa: BLE001 - whatever the peer stumbles over
            yield {"peer": "fancyimpute", "what": what, "verdict": "not checked", "detail": repr(reason)}
            continue
        detail = f"error on unseen entries: ours {error:.1e} ({sweeps} sweeps), theirs {theirs:.1e}"
        yield row("fancyimpute", what, error < 1e-6 and error < theirs, detail)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    try:
        import fancyimpute  # noqa: F401
        import numpy
        import scipy.io  # noqa: F401
    except ImportError as error:
        print(f"not checked: {error}")
        return 3
    ours = Ours(pathlib.Path(__file__).resolve().parents[2], args.out)
    stream = numpy.random.default_rng(29)
    rows = []
    for rows_of in (same_steps, same_minimum, recovery):
        for row_ in rows_of(ours, stream):
            rows.append(row_)
            print("  ".join([row_["verdict"].ljust(11), row_["peer"], row_["what"].ljust(52), row_["detail"]]), flush=True)
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "29", "rows": rows}, indent=1) + "\n")
    counts = {verdict: sum(r["verdict"] == verdict for r in rows) for verdict in ("agrees", "DISAGREES", "not checked")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 3 if counts["not checked"] else 0


if __name__ == "__main__":
    sys.exit(main())
