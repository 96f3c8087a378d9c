"""Other people's software on the inputs of system 35: Arb's proved digits, SciPy's values, failures and times.

Prints a table, writes it as JSON, and ends with 0 (all agree), 1 (something disagrees) or 3 (something was not checked).
`--points N` sets how many points are compared with Arb in each of four families; the statement is on 20,000 in three.
"""

import argparse
import json
import pathlib
import sys
import time

EPS = 2.0**-52
REPETITIONS = 5


def arb_rows(ours, points):
    """Errors against values of 22 certain digits, at fresh points of the families of the accuracy statement."""
    import numpy
    from ours import not_checked, row

    try:
        from flint import ctx
        from references import families, logarithms
    except ImportError as error:
        yield not_checked("Arb", "accuracy", error)
        return

    def split(ball):
        # The value as a sum of two doubles: one alone would add its own rounding to the errors.
        ctx.prec = 400
        high = float(ball.mid())
        return high, float((ball.mid() - high))

    for family, v, x in families(points, seed=36):
        exact = [logarithms(a, b) for a, b in zip(v, x)]
        for index, function in enumerate("ik"):
            high, low = numpy.array([split(pair[index]) for pair in exact]).T
            size = numpy.abs(high)
            for mode, bound in (("strict", 1e-13), ("paper", 1e-12)):
                if mode == "paper" and family == "extremes":
                    continue
                own, _ = ours(function, v, x, mode)
                distance = numpy.abs((own - high) - low)
                error = distance / numpy.maximum(1, size)
                holds = error.max() <= bound
                detail = f"error / max(1, |log|): median {numpy.median(error):.1e}, largest {error.max():.1e} (≤ {bound})"
                if mode == "strict":
                    beyond = (distance - 4 * EPS * numpy.maximum(numpy.maximum(size, v), x)).max()
                    holds = holds and numpy.median(error) <= 3e-16 and beyond <= 1e-13
                    detail += f"; absolute beyond 4 ulps {beyond:.1e}"
                yield row("Arb", f"log {function.upper()}, {mode}, {family}, {len(v)} points", bool(holds), detail)


def scipy_rows(ours, _):
    """Values where SciPy has one, its failures, its times, and the fit that it cannot make."""
    import numpy
    from ours import not_checked, row

    try:
        from scipy import optimize, special
    except ImportError as error:
        yield not_checked("SciPy", "values, failures and times", error)
        return

    def log_i(v, x):
        return numpy.log(special.ive(v, x)) + x

    def log_k(v, x):
        return numpy.log(special.kve(v, x)) - x

    stream = numpy.random.default_rng(35)
    numpy.seterr(all="ignore")
    count = 1_000_000
    v = numpy.where(
        numpy.arange(count) % 2 == 0,
        stream.uniform(0, 1e6, count),
        numpy.exp(stream.uniform(numpy.log(1e-6), numpy.log(1e6), count)),
    )
    x = numpy.exp(stream.uniform(numpy.log(1e-300), numpy.log(1e8), count))
    for function, theirs in (("i", log_i), ("k", log_k)):
        own, _ = ours(function, v, x)
        failed = 1 - numpy.isfinite(theirs(v[:100_000], x[:100_000])).mean()
        bad = int((~numpy.isfinite(own)).sum())
        detail = f"not finite: ours {bad} of {count}, theirs {100 * failed:.0f} %"
        yield row("SciPy", f"log {function.upper()}, the whole plane", bad == 0 and failed > 0.3, detail)

    ranges = {
        "(0, 150)²": ((0, 150), (0, 150)),
        "(0, 150) × (150, 1000)": ((0, 150), (150, 1000)),
        "(0, 1000) × (1, 10⁴)": ((0, 1000), (1, 1e4)),
        "(10³, 3·10⁴) × (1, 3·10⁴)": ((1e3, 3e4), (1, 3e4)),
    }
    for function, theirs in (("i", log_i), ("k", log_k)):
        ratios = []
        for name, (orders, arguments) in ranges.items():
            v, x = stream.uniform(*orders, count), stream.uniform(*arguments, count)
            times, own_times = [], []
            for _ in range(REPETITIONS):
                own, nanoseconds = ours(function, v, x)
                own_times.append(nanoseconds)
                start = time.perf_counter()
                values = theirs(v, x)
                times.append((time.perf_counter() - start) * 1e9 / count)
            there = numpy.isfinite(values)
            ratio = numpy.median(times) / numpy.median(own_times)
            ratios.append(ratio)
            # Their relative error in the function grows with the order; ours is measured against Arb.
            distance = numpy.abs(own - values)[there] / numpy.maximum(1, numpy.abs(own[there]))
            largest = distance.max() if there.any() else 0.0
            detail = (
                f"ns a value: ours {numpy.median(own_times):.0f}, theirs {numpy.median(times):.0f}, ratio {ratio:.0f}; theirs not"
                f" finite {100 * (1 - there.mean()):.0f} %, elsewhere largest difference {largest:.0e}"
            )
            yield row("SciPy", f"log {function.upper()}, {name}", bool(largest < 1e-9), detail)
        median = numpy.median(ratios)
        yield row("SciPy", f"log {function.upper()}, time", bool(median >= 6), f"median ratio over ranges {median:.1f} (≥ 6)")

    # The fit: the ratio of plain Bessel functions that a direct implementation takes, at the roots given by Arb.
    for p, resultant, kappa in ((2048, 0.5, 1365.06674170768887), (8192, 0.25, 2184.5019663962155), (32768, 0.8, 72816.043363544089)):
        def excess(k, p=p, resultant=resultant):
            return special.ive(p / 2, k) / special.ive(p / 2 - 1, k) - resultant

        at_root = excess(kappa)
        try:
            root = optimize.brentq(excess, 0.5 * kappa, 2 * kappa)
            outcome = f"κ = {root:.6g} for {kappa:.6g}"
            failed = abs(root / kappa - 1) > 1e-6
        except (ValueError, RuntimeError) as error:
            outcome, failed = f"no root: {error}", True
        failed = bool(failed or not numpy.isfinite(at_root))
        own, _ = ours("i-ratio", numpy.array([p / 2 - 1.0]), numpy.array([kappa]))
        error = abs(own[0] / resultant - 1)
        holds = error < 1e-14 and (failed or p < 8192)
        yield row("SciPy", f"fit in {p} dimensions", holds, f"theirs: {outcome}; our ratio at the root is off by {error:.0e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    parser.add_argument("--points", type=int, default=6667, help="points of each family compared with Arb")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        from ours import Ours
    except ImportError as error:
        print(f"not checked: {error}")
        return 3
    ours = Ours(pathlib.Path(__file__).resolve().parents[2], args.out)
    rows = []
    for rows_of in (arb_rows, scipy_rows):
        for row in rows_of(ours, args.points):
            rows.append(row)
            print("  ".join([row["verdict"].ljust(11), row["peer"].ljust(6), row["what"].ljust(52), row["detail"]]), flush=True)
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "35", "rows": rows}, indent=1) + "\n")
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("agrees", "DISAGREES", "not checked")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 3 if counts["not checked"] else 0


if __name__ == "__main__":
    sys.exit(main())
