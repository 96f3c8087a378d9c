"""Our side of the comparisons, and the rows that they give."""

import os
import subprocess


class Ours:
    """Runs the example `peer_side` of ansatz-functions, which prints lines of words."""

    def __init__(self, root):
        self.root = root
        cargo = [os.environ.get("CARGO", "cargo"), "build", "--quiet", "--release", "-p", "ansatz-functions", "--example", "peer_side"]
        subprocess.run(cargo, cwd=root, check=True)
        self.program = root / "target" / "release" / "examples" / "peer_side"

    def __call__(self, *args, given=""):
        command = [str(self.program), *map(str, args)]
        output = subprocess.run(command, cwd=self.root, input=given, capture_output=True, text=True, check=False)
        if output.returncode != 0:
            raise RuntimeError(output.stderr.strip() or f"exit code {output.returncode}")
        return [line.split("\t") for line in output.stdout.splitlines()]


def row(peer, what, holds, detail):
    return {"peer": peer, "what": what, "verdict": "agrees" if holds else "DISAGREES", "detail": detail}


def not_checked(peer, what, reason):
    return {"peer": peer, "what": what, "verdict": "not checked", "detail": str(reason)}
