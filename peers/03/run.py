"""Other people's software on the inputs of system 03: the schedulers of diffusers, and SciPy's solve_ivp.

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


class Ours:
    """Runs the example `peer_side` of ansatz-diffusion on start states."""

    def __init__(self, root):
        self.root = root
        words = ["--quiet", "--release", "-p", "ansatz-diffusion", "--example", "peer_side"]
        cargo = os.environ.get("CARGO", "cargo")
        subprocess.run([cargo, "build", *words], cwd=root, check=True)
        self.command = [cargo, "run", *words, "--"]

    def __call__(self, start, *args):
        import numpy as np

        given = "\n".join(" ".join(map(repr, row)) for row in start.tolist())
        output = subprocess.run([*self.command, *map(str, args)], cwd=self.root, input=given, capture_output=True, text=True)
        if output.returncode != 0:
            raise RuntimeError(output.stderr.strip() or f"exit code {output.returncode}")
        lines = [np.array(line.split(), dtype=float) for line in output.stdout.splitlines()]
        return lines


def row(peer, what, holds, detail):
    return {"peer": peer, "what": what, "verdict": "agrees" if holds else "DISAGREES", "detail": detail}


def not_checked(peer, what, reason):
    return {"peer": peer, "what": what, "verdict": "not checked", "detail": str(reason)}


def exact(ours):
    """The exact flow, by an explicit Runge–Kutta pair of order 8 in t."""
    try:
        import numpy as np
        from scipy.integrate import solve_ivp

        import mixture
    except ImportError as error:
        return [not_checked("scipy", "exact flow of gmm8", error)]
    start = mixture.start(8)

    def slope(t, x):
        alpha, sigma, da, ds = mixture.continuous(t)
        x = x.reshape(-1, mixture.D)
        noise = mixture.noise(x, alpha, sigma)
        return (da * (x - sigma * noise) / alpha + ds * noise).ravel()

    theirs = solve_ivp(slope, (1.0, 1e-3), start.ravel(), method="DOP853", rtol=1e-11, atol=1e-12).y[:, -1].reshape(start.shape)
    difference = np.abs(np.array(ours(start, "exact")) - theirs).max()
    rows = [row("scipy", "exact flow of gmm8, DOP853", difference < 1e-8, f"largest difference {difference:.1e}")]
    evaluations, *x = ours(start, "adaptive", 0.05)
    error = np.sqrt(((np.array(x) - theirs) ** 2).mean())
    black_box = solve_ivp(slope, (1.0, 1e-3), start.ravel(), method="RK45", rtol=1e-3, atol=1e-6)
    other = np.sqrt(((black_box.y[:, -1].reshape(start.shape) - theirs) ** 2).mean())
    detail = f"error {error:.1e} with {int(evaluations[0])} calls; RK45 in t at rtol 1e-3: {other:.1e} with {black_box.nfev}"
    return rows + [row("scipy", "adaptive DPM-Solver-23", error < 1e-2, detail)]


def schedulers(ours):
    """DPM-Solver-fast on the grid of diffusers' singlestep scheduler, its coefficients in double precision."""
    try:
        import numpy as np
        import torch
        from diffusers import DPMSolverSinglestepScheduler

        import mixture
    except (ImportError, RuntimeError) as error:
        return [not_checked("diffusers", "singlestep schedules", error)]
    betas = np.linspace(1e-4, 0.02, 1000)
    product = np.cumprod(1 - betas)
    ratio = np.sqrt((1 - product) / product)
    start = mixture.start(16)

    def theirs(order, kind, n):
        # With their lower orders at the end, an even number of calls at order 2 ends with two steps of order 1: not the
        # paper's list. Without, it is.
        lower = not (order == 2 and n % 2 == 0)
        scheduler = DPMSolverSinglestepScheduler(
            trained_betas=betas, algorithm_type="dpmsolver", solver_order=order, solver_type=kind,
            final_sigmas_type="sigma_min", lower_order_final=lower,
        )
        scheduler.set_timesteps(n)
        labels = scheduler.timesteps.numpy()
        scheduler.sigmas = torch.tensor(np.append(ratio[labels], ratio[0]), dtype=torch.float64)
        x = torch.tensor(start)
        for label in labels:
            alpha, sigma = np.sqrt(product[label]), np.sqrt(1 - product[label])
            x = scheduler.step(torch.tensor(mixture.noise(x.numpy(), alpha, sigma)), label, x).prev_sample
        return x.numpy(), [(label + 1) / 1000 for label in [*labels, 0]]

    rows = []
    for order in (1, 2, 3):
        for kind, form in (("midpoint", "paper"), ("heun", "taylor")):
            if order == 3 and kind == "midpoint":
                # Their second inner point is then a midpoint step of order 2; the paper's has the factor of φ_2 there.
                continue
            for n in (9, 10, 20, 23):
                x, times = theirs(order, kind, n)
                own = np.array(ours(start, "steps", order, form, *times))
                difference = np.abs(own - x).max() / np.abs(x).max()
                what = f"order {order}, {kind}, {n} calls"
                rows.append(row("diffusers", what, difference < 1e-5, f"relative difference {difference:.1e}"))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    ours = Ours(pathlib.Path(__file__).resolve().parents[2])
    rows = []
    for peer in (exact, schedulers):
        for result in peer(ours):
            rows.append(result)
            print("  ".join([result["verdict"].ljust(11), result["peer"].ljust(9), result["what"].ljust(30), result["detail"]]), flush=True)
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "03", "rows": rows}, indent=1) + "\n")
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("agrees", "DISAGREES", "not checked")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 3 if counts["not checked"] else 0


if __name__ == "__main__":
    sys.exit(main())
