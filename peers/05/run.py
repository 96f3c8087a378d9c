"""Other people's software on the inputs of system 05: SciPy's and PyAMG's iterations on the same matrices.

Prints a table, writes it as JSON, and ends with 0 (all agree), 1 (something disagrees) or 3 (something was not checked).
"""

import argparse
import json
import pathlib
import sys

RTOL = 1e-8
OMEGAS = (1.0, 1.5, 1.8)


def scipy_rows(ours):
    """Iterations and solutions of conjugate gradients, with SSOR built from SciPy's triangular solves."""
    import numpy
    import scipy.sparse as sparse
    from ours import row
    from problems import problems
    from scipy.sparse.linalg import LinearOperator, cg, spsolve, spsolve_triangular

    def iterations(matrix, rhs, preconditioner):
        count = 0

        def callback(_):
            nonlocal count
            count += 1

        _, code = cg(matrix, rhs, rtol=RTOL, atol=0.0, maxiter=10_000, M=preconditioner, callback=callback)
        return count if code == 0 else None

    def ssor(matrix, omega):
        diagonal = matrix.diagonal()
        lower = (sparse.diags_array(diagonal) + omega * sparse.tril(matrix, -1)).tocsr()
        upper = lower.T.tocsr()

        def apply(r):
            y = spsolve_triangular(lower, r, lower=True)
            return omega * (2 - omega) * spsolve_triangular(upper, diagonal * y, lower=False)

        return LinearOperator(matrix.shape, matvec=apply, dtype=float)

    for name, matrix, rhs in problems():
        exact = spsolve(matrix.tocsc(), rhs)
        diagonal = sparse.diags_array(1.0 / matrix.diagonal())
        cases = [("cg", 1.0, None), ("pcg-jacobi", 1.0, diagonal)]
        cases += [("ssor-cg", omega, ssor(matrix, omega)) for omega in OMEGAS]
        for method, omega, preconditioner in cases:
            count, x = ours(name, matrix, rhs, method, omega, RTOL)
            theirs = iterations(matrix, rhs, preconditioner)
            error = numpy.abs(x - exact).max() / numpy.abs(exact).max()
            # Near the tolerance, rounding may decide about one iteration.
            holds = theirs is not None and abs(count - theirs) <= 1 and error < 1e-5
            detail = f"iterations: ours {count}, theirs {theirs}; error against a direct solve {error:.1e}"
            yield row("SciPy", f"{name}, {method}, ω = {omega}", holds, detail)


def pyamg_rows(ours):
    """Sweeps of successive over-relaxation."""
    import numpy
    from ours import not_checked, row
    from problems import problems

    try:
        from pyamg.relaxation.relaxation import sor
    except ImportError as error:
        yield not_checked("PyAMG", "successive over-relaxation", error)
        return
    for name, matrix, rhs in problems():
        matrix = matrix.tocsr()
        for omega in OMEGAS:
            count, x = ours(name, matrix, rhs, "sor", omega, RTOL)
            theirs, guess = 0, numpy.zeros_like(rhs)
            target = RTOL * numpy.linalg.norm(rhs)
            while theirs < 10_000:
                sor(matrix, guess, rhs, omega)
                theirs += 1
                if numpy.linalg.norm(rhs - matrix @ guess) < target:
                    break
            error = numpy.abs(x - guess).max() / numpy.abs(guess).max()
            detail = f"sweeps: ours {count}, theirs {theirs}; difference of the solutions {error:.1e}"
            yield row("PyAMG", f"{name}, sor, ω = {omega}", abs(count - theirs) <= 1 and error < 1e-5, detail)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        from ours import Ours
    except ImportError as error:
        print(f"not checked: {error}")
        return 3
    folder = args.out / "matrices"
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.mtx"):
        path.unlink()
    ours = Ours(pathlib.Path(__file__).resolve().parents[2], folder)
    rows = []
    for rows_of in (scipy_rows, pyamg_rows):
        for row in rows_of(ours):
            rows.append(row)
            print("  ".join([row["verdict"].ljust(11), row["peer"].ljust(6), row["what"].ljust(36), row["detail"]]), flush=True)
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "05", "rows": rows}, indent=1) + "\n")
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("agrees", "DISAGREES", "not checked")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 3 if counts["not checked"] else 0


if __name__ == "__main__":
    sys.exit(main())
