"""Our side of the comparisons, and the rows that they give."""

import os
import pathlib
import subprocess

import numpy
import scipy.io


class Ours:
    """Runs the example `peer_side` of ansatz-linear on Matrix Market files in `folder`."""

    def __init__(self, root, folder):
        self.folder = folder
        cargo = [os.environ.get("CARGO", "cargo"), "build", "--quiet", "--release", "-p", "ansatz-linear", "--example", "peer_side"]
        subprocess.run(cargo, cwd=root, check=True)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
        self.program = target / "release" / "examples" / "peer_side"

    def __call__(self, name, matrix, rhs, method, omega, rtol):
        """Iterations and solution."""
        a, b = self.folder / f"{name}.mtx", self.folder / f"{name}.rhs.mtx"
        if not a.is_file():
            scipy.io.mmwrite(a, matrix, precision=17)
            scipy.io.mmwrite(b, rhs.reshape(-1, 1), precision=17)
        command = [str(self.program), method, str(omega), str(rtol), str(a), str(b)]
        output = subprocess.run(command, capture_output=True, text=True, check=False)
        if output.returncode != 0:
            raise RuntimeError(output.stderr.strip() or f"exit code {output.returncode}")
        iterations, *values = output.stdout.split()
        return int(iterations), numpy.array([float(value) for value in values])


def row(peer, what, holds, detail):
    return {"peer": peer, "what": what, "verdict": "agrees" if holds else "DISAGREES", "detail": detail}


def not_checked(peer, what, reason):
    return {"peer": peer, "what": what, "verdict": "not checked", "detail": str(reason)}
