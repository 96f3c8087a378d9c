"""The mixture gmm8 and the continuous schedule, written down once more: nothing is shared with the Rust side."""

import numpy as np

K, D = 6, 8
k = np.arange(1, K + 1)[:, None]
j = np.arange(1, D + 1)[None, :]
MEANS = 1.5 * np.sin(1.7 * k + 2.3 * j + 0.4 * k * j)
VARIANCES = 0.05 * (1 + 0.5 * np.cos(k[:, 0]))
WEIGHTS = k[:, 0] / 21


def noise(x, alpha, sigma):
    """The expected noise at x (n × 8), by the score of the diffused mixture: ε = −σ ∇ ln q."""
    variance = alpha**2 * VARIANCES + sigma**2
    away = x[:, None, :] - alpha * MEANS[None]
    log = np.log(WEIGHTS) - 0.5 * D * np.log(variance) - 0.5 * (away**2).sum(-1) / variance
    share = np.exp(log - log.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    return sigma * (share[:, :, None] * away / variance[None, :, None]).sum(1)


def continuous(t, beta0=0.1, beta1=20.0):
    """α, σ of the linear variance-preserving schedule, and dα/dt, dσ/dt."""
    log_alpha = -0.25 * t * t * (beta1 - beta0) - 0.5 * t * beta0
    alpha, sigma = np.exp(log_alpha), np.sqrt(-np.expm1(2 * log_alpha))
    slope = -0.5 * (beta0 + t * (beta1 - beta0))
    return alpha, sigma, alpha * slope, -(alpha**2) * slope / sigma


def start(n):
    """Standard normal start states."""
    return np.random.default_rng(3).standard_normal((n, D))
