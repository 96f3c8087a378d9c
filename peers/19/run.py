"""Other people's software on the inputs of system 19: PNDM and IPNDM of diffusers, SciPy's solve_ivp, NumPy's roots.

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
# The mixture is the one of the other comparison.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "03"))


class Ours:
    """Runs the example `peer_momentum` of ansatz-diffusion on start states."""

    def __init__(self, root):
        self.root = root
        words = ["--quiet", "--release", "-p", "ansatz-diffusion", "--example", "peer_momentum"]
        cargo = os.environ.get("CARGO", "cargo")
        subprocess.run([cargo, "build", *words], cwd=root, check=True)
        self.command = [cargo, "run", *words, "--"]

    def __call__(self, start, *args):
        import numpy as np

        given = "\n".join(" ".join(map(repr, row)) for row in start.tolist())
        output = subprocess.run([*self.command, *map(str, args)], cwd=self.root, input=given, capture_output=True, text=True)
        if output.returncode != 0:
            raise RuntimeError(output.stderr.strip() or f"exit code {output.returncode}")
        return np.array([np.array(line.split(), dtype=float) for line in output.stdout.splitlines()])


def row(peer, what, holds, detail):
    return {"peer": peer, "what": what, "verdict": "agrees" if holds else "DISAGREES", "detail": detail}


def not_checked(peer, what, reason):
    return {"peer": peer, "what": what, "verdict": "not checked", "detail": str(reason)}


def schedulers(ours):
    """PNDM's multistep part with its own beginning, and IPNDM's, which is that of rising orders."""
    try:
        import numpy as np
        import torch
        from diffusers import IPNDMScheduler, PNDMScheduler

        import mixture
    except (ImportError, RuntimeError) as error:
        return [not_checked("diffusers", "PNDM, IPNDM", error)]
    betas = np.linspace(1e-4, 0.02, 1000)
    product = np.cumprod(1 - betas)
    level = lambda label: (np.sqrt(product[label]), np.sqrt(1 - product[label]))
    start = mixture.start(16)

    def pndm(n, double):
        scheduler = PNDMScheduler(trained_betas=betas, skip_prk_steps=True, steps_offset=1)
        scheduler.set_timesteps(n)
        if double:
            scheduler.alphas_cumprod = torch.tensor(product)
            scheduler.final_alpha_cumprod = scheduler.alphas_cumprod[0]
        x = torch.tensor(start, dtype=torch.float64 if double else torch.float32)
        for label in scheduler.timesteps.numpy():
            noise = torch.tensor(mixture.noise(x.double().numpy(), *level(label)), dtype=x.dtype)
            x = scheduler.step(noise, int(label), x).prev_sample
        # The second label is asked twice: at Euler's point and at the corrected one.
        labels = list(dict.fromkeys(scheduler.timesteps.tolist())) + [0]
        return x.double().numpy(), [(label + 1) / 1000 for label in labels]

    def ipndm(n):
        scheduler = IPNDMScheduler()
        scheduler.set_timesteps(n)
        labels = np.linspace(999, 0, n + 1).round().astype(int)
        alphas, sigmas = level(labels)
        scheduler.alphas, scheduler.betas = torch.tensor(alphas), torch.tensor(sigmas)
        x = torch.tensor(start)
        for i, time in enumerate(scheduler.timesteps):
            noise = mixture.noise(x.numpy(), alphas[i], sigmas[i])
            # It takes what makes σ x + α · answer the noise.
            x = scheduler.step(torch.tensor((noise - sigmas[i] * x.numpy()) / alphas[i]), time, x).prev_sample
        return x.numpy(), (labels + 1) / 1000

    def compare(what, name, x, times, bound):
        difference = np.abs(ours(start, "steps", name, *times) - x).max() / np.abs(x).max()
        return row("diffusers", what, difference < bound, f"relative difference {difference:.1e}")

    rows = []
    for n in (8, 10, 20, 50):
        rows.append(compare(f"PNDM, {n} steps, double", "pndm", *pndm(n, True), 1e-9))
        rows.append(compare(f"PNDM, {n} steps, single", "pndm", *pndm(n, False), 1e-5))
        rows.append(compare(f"IPNDM, {n} steps", "plms-4", *ipndm(n), 1e-9))
    return rows


def exact(ours):
    """The exact guided flow, by an explicit Runge–Kutta pair of order 8 in t."""
    try:
        import numpy as np
        from scipy.integrate import solve_ivp

        import mixture
    except ImportError as error:
        return [not_checked("scipy", "exact guided flow of gmm8", error)]
    start, scale = mixture.start(8), 8.0
    classes = np.arange(8) % mixture.K

    def guided(x, alpha, sigma):
        away = x - alpha * mixture.MEANS[classes]
        own = sigma * away / (alpha**2 * mixture.VARIANCES[classes] + sigma**2)[:, None]
        return scale * own + (1 - scale) * mixture.noise(x, alpha, sigma)

    def slope(t, x):
        alpha, sigma, da, ds = mixture.continuous(t)
        x = x.reshape(-1, mixture.D)
        noise = guided(x, alpha, sigma)
        return (da * (x - sigma * noise) / alpha + ds * noise).ravel()

    theirs = solve_ivp(slope, (1.0, 1e-3), start.ravel(), method="DOP853", rtol=1e-11, atol=1e-12).y[:, -1].reshape(start.shape)
    difference = np.abs(ours(start, "guided", scale) - theirs).max()
    return [row("scipy", "guided flow of gmm8, DOP853", difference < 1e-7, f"largest difference {difference:.1e}")]


def roots(ours):
    """Regions of stability by the roots of the characteristic polynomial."""
    try:
        import numpy as np
    except ImportError as error:
        return [not_checked("numpy", "regions of stability", error)]
    rows = []
    for name in ("plms-3", "plms-4", "plms-5", "plms-4+hb:0.8", "plms-3+nt:0.6", "ghvb:1.8", "ghvb:2.5", "ghvb:3.8", "ghvb:4.4"):
        points = np.random.default_rng(5).uniform([-1.6, -1.2], [0.2, 1.2], (400, 2))
        keep, limit, *c = ours(np.zeros((0, 2)), "recurrence", name)[0]

        def radius(z):
            degree = max(2, len(c))
            p = np.zeros(degree + 1, dtype=complex)
            p[:3] += [1, -1 - keep, keep]
            p[1 : len(c) + 1] -= z * np.array(c)
            return np.abs(np.roots(p)).max()

        inside = np.array([radius(complex(x, y)) < 1 for x, y in points])
        own = ours(points, "inside", name)[:, 0] > 0
        scan = np.arange(1, 4000) * (limit * 1.2 / 4000)
        outside = next(z for z in scan if radius(-z) >= 1)
        holds = (inside == own).all() and abs(outside - limit) < limit * 1e-3
        detail = f"{inside.sum()} of 400 points inside, {(inside != own).sum()} differ; limit {limit:.6f}, by roots {outside:.4f}"
        rows.append(row("numpy", f"region of {name}", holds, detail))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    ours = Ours(pathlib.Path(__file__).resolve().parents[2])
    rows = []
    for peer in (roots, exact, schedulers):
        for result in peer(ours):
            rows.append(result)
            print("  ".join([result["verdict"].ljust(11), result["peer"].ljust(9), result["what"].ljust(30), result["detail"]]), flush=True)
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "19", "rows": rows}, indent=1) + "\n")
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("agrees", "DISAGREES", "not checked")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 3 if counts["not checked"] else 0


if __name__ == "__main__":
    sys.exit(main())
