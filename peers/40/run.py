"""Other people's software on the inputs of system 40: UniPC and DEIS of diffusers, and the paper's formulas in NumPy.

Prints a table, writes it as JSON, and ends with 0 (all agree), 1 (something disagrees) or 3 (something was not checked).
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore", category=FutureWarning)
# PyTorch is the system's: it is for the same Python, and much smaller than the one that pip would bring.
sys.path.append("/usr/lib/python3/dist-packages")
# The mixture, written down for system 03.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "03"))


class Ours:
    """Runs the example `statistics_side` of ansatz-diffusion on start states."""

    def __init__(self, root):
        words = ["--quiet", "--release", "-p", "ansatz-diffusion", "--example", "statistics_side"]
        cargo = os.environ.get("CARGO", "cargo")
        subprocess.run([cargo, "build", *words], cwd=root, check=True)
        # Found by cargo, since the folder for what is built may be elsewhere.
        self.root, self.command = root, [cargo, "run", *words, "--"]

    def __call__(self, start, *args):
        import numpy as np

        given = "\n".join(" ".join(map(repr, row)) for row in start.tolist())
        output = subprocess.run([*self.command, *map(str, args)], cwd=self.root, input=given, capture_output=True, text=True)
        if output.returncode != 0:
            raise RuntimeError(output.stderr.strip() or f"exit code {output.returncode}")
        return np.array([line.split() for line in output.stdout.splitlines()], dtype=float)


def row(peer, what, holds, detail):
    return {"peer": peer, "what": what, "verdict": "agrees" if holds else "DISAGREES", "detail": detail}


def diffusers(ours, _):
    import numpy as np

    import mixture
    import schedulers

    start = mixture.start(16)
    for what, args, theirs, allowed in schedulers.comparisons(start):
        difference = np.abs(ours(start, *args) - theirs).max() / np.abs(theirs).max()
        yield row("diffusers", what, difference <= allowed, f"relative difference {difference:.1e}, allowed {allowed:.0e}")


def formulas(ours, folder):
    """Trapezoidal rules have an error of the square of the levels' distance; ours are exact between levels."""
    import numpy as np

    import mixture
    import paper

    start = mixture.start(16)
    file = folder / "ems.npz"
    exact = ours(start, "ems", 4800, 128, file)
    statistics = paper.Statistics(file)
    for order in (1, 2, 3):
        for predictor in ("plain", "pseudo"):
            for corrector in ("off", "full", "pseudo"):
                for tail in ("tail", "flat"):
                    if order == 1 and (predictor, corrector, tail) != ("plain", "off", "tail"):
                        continue
                    for steps in (5, 8, 20):
                        theirs = statistics.sample(
                            start, order, predictor == "pseudo", corrector != "off", corrector == "pseudo", tail == "tail", steps
                        )
                        own = ours(start, "v3", file, order, predictor, corrector, tail, steps)
                        difference, error = np.abs(own - theirs).max(), np.abs(own - exact).max()
                        what = f"v3-{order}, {predictor} predictor, corrector {corrector}, {tail}, {steps} calls"
                        detail = f"largest difference {difference:.1e}, allowed 1e-04; error {error:.1e}"
                        yield row("paper", what, difference <= 1e-4, detail)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    ours = Ours(pathlib.Path(__file__).resolve().parents[2])
    rows = []
    for peer in (formulas, diffusers):
        try:
            for result in peer(ours, args.out):
                rows.append(result)
                print("  ".join([result["verdict"].ljust(11), result["peer"].ljust(9), result["what"].ljust(64), result["detail"]]), flush=True)
        except ImportError as error:
            rows.append({"peer": peer.__name__, "what": "all of it", "verdict": "not checked", "detail": str(error)})
            print(f"not checked  {peer.__name__}: {error}")
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "40", "rows": rows}, indent=1) + "\n")
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("agrees", "DISAGREES", "not checked")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 3 if counts["not checked"] else 0


if __name__ == "__main__":
    sys.exit(main())
