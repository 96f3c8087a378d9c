"""UniPC and DEIS as diffusers has them, on its own time labels, carried through in double precision."""

import numpy as np

import mixture

BETAS = np.linspace(1e-4, 0.02, 1000)
PRODUCT = np.cumprod(1 - BETAS)
RATIO = np.sqrt((1 - PRODUCT) / PRODUCT)


def carried(scheduler, n, start, dtype):
    """The end states, and the nodes as alpha:sigma."""
    import torch

    scheduler.set_timesteps(n)
    labels = scheduler.timesteps.numpy()
    sigmas = np.append(RATIO[labels], RATIO[0])
    scheduler.sigmas = torch.tensor(sigmas, dtype=dtype)
    x = torch.tensor(start, dtype=dtype)
    for label in labels:
        alpha, sigma = np.sqrt(PRODUCT[label]), np.sqrt(1 - PRODUCT[label])
        noise = torch.tensor(mixture.noise(x.numpy().astype(float), alpha, sigma), dtype=dtype)
        x = scheduler.step(noise, label, x).prev_sample
    alphas = 1 / np.sqrt(1 + sigmas**2)
    return x.numpy(), [f"{alpha!r}:{sigma!r}" for alpha, sigma in zip(alphas.tolist(), (sigmas * alphas).tolist())]


def comparisons(start):
    """What is compared, the arguments of ours, the other's end states, and the difference allowed."""
    import torch
    from diffusers import DEISMultistepScheduler, UniPCMultistepScheduler

    # Their coefficients are made in the default precision. In single precision their noise form loses digits where it turns
    # the prediction into data and back at high noise; in double precision it agrees to the last ones.
    for dtype, name in ((torch.float64, "f64"), (torch.float32, "f32")):
        torch.set_default_dtype(dtype)
        limits = {"data": 1e-10, "noise": 1e-10} if name == "f64" else {"data": 1e-5, "noise": 2e-4}
        for order in (1, 2, 3):
            for bh in ("bh1", "bh2"):
                for of in ("data", "noise"):
                    for corrector in ("corrected", "plain"):
                        for n in (5, 8, 20):
                            scheduler = UniPCMultistepScheduler(
                                trained_betas=BETAS, solver_order=order, solver_type=bh, predict_x0=of == "data",
                                lower_order_final=True, disable_corrector=[] if corrector == "corrected" else list(range(n)),
                                final_sigmas_type="sigma_min",
                            )
                            theirs, nodes = carried(scheduler, n, start, dtype)
                            what = f"UniPC-{order} {bh} {of}, {corrector}, {n} calls, {name}"
                            yield what, ["unipc", order, bh, of, corrector, "tail", *nodes], theirs, limits[of]
            for n in (8, 20):
                scheduler = DEISMultistepScheduler(trained_betas=BETAS, solver_order=order, lower_order_final=True)
                theirs, nodes = carried(scheduler, n, start, dtype)
                # Their orders fall at the end below 15 steps.
                tail = "tail" if n < 15 else "flat"
                yield f"DEIS-{order} in log rho, {n} calls, {name}", ["deis", order - 1, tail, *nodes], theirs, limits["noise"]
    torch.set_default_dtype(torch.float32)
