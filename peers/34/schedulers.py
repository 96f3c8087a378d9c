"""The schedulers of diffusers on gmm8: each is carried along its own grid, and asked for that grid.

A case is (what, arguments of our program, their end states, our start states, tolerance). States are given to them in double
precision; those that round them to single precision in every step agree to 1e-5, the others to 1e-10.
"""

import numpy as np
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    DPMSolverSinglestepScheduler,
    EDMDPMSolverMultistepScheduler,
    EDMEulerScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FlowMatchHeunDiscreteScheduler,
    HeunDiscreteScheduler,
)

import mixture

SINGLE, DOUBLE = 1e-5, 1e-10
FORMS = {"midpoint": "paper", "heun": "taylor"}
BETAS = np.linspace(1e-4, 0.02, 1000)


def nodes(levels):
    return [f"{alpha!r}:{sigma!r}" for alpha, sigma in levels]


def preserving(sigmas):
    """α and σ of noise-to-signal ratios, as they compute them."""
    alphas = 1 / np.sqrt(sigmas**2 + 1)
    return list(zip(alphas.tolist(), (sigmas * alphas).tolist()))


def carry(scheduler, levels, start, answer, draws=None):
    """Their end states, `answer(x, noise, alpha, sigma)` making what their model is to give. They see images of 8 × 1 × 1."""
    def image(x):
        return torch.tensor(x.reshape(-1, mixture.D, 1, 1))

    x = image(start)
    for i, (label, (alpha, sigma)) in enumerate(zip(scheduler.timesteps, levels)):
        scheduler.scale_model_input(x, label)
        flat = x.numpy().reshape(-1, mixture.D)
        given = image(answer(flat, mixture.noise(flat, alpha, sigma), alpha, sigma))
        more = {} if draws is None else {"variance_noise": image(draws[i])}
        x = scheduler.step(given, label, x, **more).prev_sample
    return x.numpy().reshape(-1, mixture.D)


def noise_answer(x, noise, alpha, sigma):
    return noise


def velocity_answer(x, noise, alpha, sigma):
    return noise - (x - sigma * noise) / alpha


def edm_answer(x, noise, alpha, sigma, data=0.5):
    """The output of a network under the preconditioning of Karras et al."""
    skip, scale = data**2 / (sigma**2 + data**2), sigma * data / np.sqrt(sigma**2 + data**2)
    return (x - sigma * noise - skip * x) / scale


def multistep(start, draws):
    """DPMSolverMultistepScheduler with all its options."""
    for algorithm in ("dpmsolver++", "sde-dpmsolver++", "dpmsolver", "sde-dpmsolver"):
        data, sde = algorithm.endswith("++"), algorithm.startswith("sde")
        for order in (1, 2, 3):
            if sde and order == 3:
                continue  # Not in this version.
            for kind, form in FORMS.items():
                for n in (6, 20):
                    for lower, euler, end in (
                        (True, False, "sigma_min"), (False, False, "sigma_min"), (True, True, "sigma_min"),
                        (True, False, "zero"), (False, False, "zero"),
                    ):
                        if end == "zero" and not data:
                            continue
                        scheduler = DPMSolverMultistepScheduler(
                            trained_betas=BETAS, algorithm_type=algorithm, solver_order=order, solver_type=kind,
                            lower_order_final=lower, euler_at_final=euler, final_sigmas_type=end,
                        )
                        scheduler.set_timesteps(n)
                        levels = preserving(scheduler.sigmas.double().numpy())
                        theirs = carry(scheduler, levels, start, noise_answer, draws if sde else None)
                        what = f"{algorithm} multistep {order}, {kind}, {n} calls, {'lower' if lower else 'same'} orders at the end"
                        what += (", first order last" if euler else "") + (", to zero" if end == "zero" else "")
                        yield what, [
                            "multi", order, form, "official", "data" if data else "noise", "sde" if sde else "ode",
                            15 if lower else 0, "first" if euler else "same", *nodes(levels),
                        ], theirs, start, SINGLE
    for options in ({"use_karras_sigmas": True}, {"use_exponential_sigmas": True}):
        scheduler = DPMSolverMultistepScheduler(trained_betas=BETAS, solver_order=3, **options)
        scheduler.set_timesteps(12)
        levels = preserving(scheduler.sigmas.double().numpy())
        args = ["multi", 3, "paper", "official", "data", "ode", 15, "same", *nodes(levels)]
        yield f"dpmsolver++ multistep 3, {next(iter(options))}", args, carry(scheduler, levels, start, noise_answer), start, SINGLE
    for order in (1, 2, 3):
        scheduler = DPMSolverMultistepScheduler(
            solver_order=order, use_flow_sigmas=True, flow_shift=3.0, prediction_type="flow_prediction"
        )
        scheduler.set_timesteps(16)
        sigmas = scheduler.sigmas.double().numpy()
        levels = list(zip((1 - sigmas).tolist(), sigmas.tolist()))
        args = ["multi", order, "paper", "official", "data", "ode", 15, "same", *nodes(levels)]
        yield f"dpmsolver++ multistep {order}, flow with shift 3", args, carry(scheduler, levels, start, velocity_answer), start, SINGLE
    scheduler = DPMSolverMultistepScheduler(
        trained_betas=BETAS, solver_order=2, thresholding=True, dynamic_thresholding_ratio=0.7, sample_max_value=1e9
    )
    scheduler.set_timesteps(15)
    levels = preserving(scheduler.sigmas.double().numpy())
    args = ["dynamic", 0.7, "multi", 2, "paper", "official", "data", "ode", 15, "same", *nodes(levels)]
    yield "dpmsolver++ multistep 2, dynamic thresholding", args, carry(scheduler, levels, start, noise_answer), start, SINGLE


def singlestep(start, draws):
    """DPMSolverSinglestepScheduler; their second inner point of order 3, midpoint, is another one than the paper's."""
    ratio = np.sqrt((1 - np.cumprod(1 - BETAS)) / np.cumprod(1 - BETAS))
    for algorithm in ("dpmsolver++", "dpmsolver"):
        data = algorithm.endswith("++")
        for order, kind in ((1, "midpoint"), (2, "midpoint"), (2, "heun"), (3, "heun")):
            for n in (9, 10, 20):
                for end in ("sigma_min", "zero") if data else ("sigma_min",):
                    # With their lower orders at the end, an even number of calls at order 2 ends with two steps of order 1.
                    lower = end == "zero" or not (order == 2 and n % 2 == 0)
                    scheduler, levels = single(algorithm, order, kind, n, end, lower, ratio)
                    theirs = carry(scheduler, levels, start, noise_answer)
                    what = f"{algorithm} singlestep {order}, {kind}, {n} calls" + (", to zero" if end == "zero" else "")
                    yield what, ["single", order, FORMS[kind], "data" if data else "noise", *nodes(levels)], theirs, start, DOUBLE


def single(algorithm, order, kind, n, end, lower, ratio):
    scheduler = DPMSolverSinglestepScheduler(
        trained_betas=BETAS, algorithm_type=algorithm, solver_order=order, solver_type=kind,
        final_sigmas_type=end, lower_order_final=lower,
    )
    scheduler.set_timesteps(n)
    sigmas = np.append(ratio[scheduler.timesteps.numpy()], 0.0 if end == "zero" else ratio[0])
    scheduler.sigmas = torch.tensor(sigmas, dtype=torch.float64)
    return scheduler, preserving(sigmas)


def ddim(start, draws):
    for n in (10, 50):
        for to_one in (True, False):
            scheduler = DDIMScheduler(
                trained_betas=BETAS, clip_sample=False, set_alpha_to_one=to_one, timestep_spacing="trailing"
            )
            product = np.cumprod(1 - BETAS)
            scheduler.alphas_cumprod = torch.tensor(product)
            scheduler.final_alpha_cumprod = torch.tensor(1.0 if to_one else product[0], dtype=torch.float64)
            scheduler.set_timesteps(n)
            kept = np.append(product[scheduler.timesteps.numpy()], float(scheduler.final_alpha_cumprod))
            levels = list(zip(np.sqrt(kept).tolist(), np.sqrt(1 - kept).tolist()))
            if levels[-1] == levels[-2]:
                continue
            theirs = carry(scheduler, levels, start, noise_answer)
            args = ["multi", 1, "paper", "official", "data", "ode", 0, "same", *nodes(levels)]
            yield f"DDIM, {n} calls" + (", to zero" if to_one else ""), args, theirs, start, DOUBLE


def exploding(start, draws):
    """Steps in σ with α = 1: Euler and Heun, and DPM-Solver++ under the preconditioning of Karras et al."""
    for order in (1, 2, 3):
        for kind, form in FORMS.items():
            for n in (8, 20):
                scheduler = EDMDPMSolverMultistepScheduler(solver_order=order, solver_type=kind)
                scheduler.set_timesteps(n)
                scheduler.sigmas = scheduler.sigmas.double()
                levels = [(1.0, sigma) for sigma in scheduler.sigmas.tolist()]
                first = start * levels[0][1]
                args = ["multi", order, form, "official", "data", "ode", 15, "same", *nodes(levels)]
                yield f"EDM dpmsolver++ multistep {order}, {kind}, {n} calls", args, carry(scheduler, levels, first, edm_answer), first, DOUBLE
    for what, scheduler, answer in (
        ("EDM Euler", EDMEulerScheduler(), edm_answer), ("Euler", EulerDiscreteScheduler(trained_betas=BETAS), noise_answer)
    ):
        scheduler.set_timesteps(18)
        levels = [(1.0, sigma) for sigma in scheduler.sigmas.double().tolist()]
        first = start * levels[0][1]
        yield what, ["euler", "edm", *(sigma for _, sigma in levels)], carry(scheduler, levels, first, answer), first, SINGLE
    scheduler = HeunDiscreteScheduler(trained_betas=BETAS)
    yield from heun("Heun", scheduler, "edm", lambda sigma: (1.0, sigma), noise_answer, start)


def flow(start, draws):
    for shift in (1.0, 3.0):
        scheduler = FlowMatchEulerDiscreteScheduler(shift=shift)
        scheduler.scale_model_input = lambda x, label: x
        scheduler.set_timesteps(18)
        # Pure noise at the start: the velocity there is the noise less the mean of the data.
        levels = [(1 - sigma, sigma) for sigma in scheduler.sigmas.double().tolist()]
        yield f"flow Euler, shift {shift}", ["euler", "flow", *(sigma for _, sigma in levels)], carry(scheduler, levels, start, flow_answer), start, SINGLE
    scheduler = FlowMatchHeunDiscreteScheduler()
    scheduler.scale_model_input = lambda x, label: x
    yield from heun("flow Heun", scheduler, "flow", lambda sigma: (1 - sigma, sigma), flow_answer, start)


def flow_answer(x, noise, alpha, sigma):
    if alpha == 0:
        return noise - (mixture.WEIGHTS[:, None] * mixture.MEANS).sum(0)
    return velocity_answer(x, noise, alpha, sigma)


def heun(what, scheduler, schedule, level, answer, start):
    """Up to their last step, which is Euler's."""
    scheduler.set_timesteps(10)
    sigmas = scheduler.sigmas.double().tolist()
    calls = len(scheduler.timesteps) - 1
    passed = [sigmas[0]] + [sigmas[i] for i in range(1, calls + 1, 2)]
    asked = [level(passed[(k + 1) // 2]) for k in range(calls)]
    scheduler.timesteps = scheduler.timesteps[:calls]
    first = start * (sigmas[0] if schedule == "edm" else 1.0)
    yield f"{what}, {calls} calls", ["heun", schedule, *passed], carry(scheduler, asked, first, answer), first, SINGLE
