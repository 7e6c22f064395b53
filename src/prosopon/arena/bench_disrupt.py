"""How fast pictures are attacked here: our way beside the published one, in the same run, with what each comes to.

A fast attack that goes the wrong way looks like any other: the picture changes by as much. So every way is told with
the error that it reaches in the net, and with how many signs of its first gradient are right.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.arena.timing import alternating, cpu_features, cpu_name
from prosopon.arena.victims.driver import driver, resized
from prosopon.core.progress import SILENT, Progress
from prosopon.disrupt.pgd.named import EPSILON, ITERATIONS, STEP
from prosopon.disrupt.pgd.objective import slope
from prosopon.disrupt.pgd.starts import uniform_start
from prosopon.disrupt.pgd.steps import confined
from prosopon.disrupt.pgd.technique import attack
from prosopon.models.device import computing_in
from prosopon.models.frozen import freeze
from prosopon.models.instance_norm import InstanceNorm, own_statistics
from prosopon.models.stargan import Generator
from prosopon.models.tensors import to_tensor

Victim = Callable[[Tensor, Tensor], Tensor]
"""Pictures `(B, 3, H, W)` in [-1, 1] and labels `(1, C)` -> edited pictures."""
RELEASED, BY_HAND, PLAIN, QUICK = "as released", "as released, frozen, {}", "ours, {}", "ours, {}, {} at once"
TRAP = "as released, frozen, channels_last"


@dataclass(frozen=True)
class Way:
    """One way to run the attack.

    Attributes:
        name: what it is.
        at_once: pictures in a batch.
        seconds: for a picture, from the picture to the attacked one; None where it was not timed, since it is wrong.
        times_as_fast: as the published way.
        loss: mean squared error between the net's answers to the first picture before and after, told by the published
            net in float32.
        equal_signs: share of the first gradient's signs that are those of double precision, on the first picture.
    """

    name: str
    at_once: int
    seconds: float | None
    times_as_fast: float | None
    loss: float
    equal_signs: float


@dataclass(frozen=True)
class AttackSpeed:
    """What was measured.

    Attributes:
        ways: the published one first.
        best: the fastest one of ours.
        ratio: how many times as fast as the published one that is.
        rounds: timed rounds; the figures are medians.
    """

    ways: tuple[Way, ...]
    best: str
    ratio: float
    side_px: int
    iterations: int
    epsilon: float
    step: float
    rounds: int
    precision: str
    device: str
    threads: int
    cpu: str
    cpu_features: tuple[str, ...]
    torch: str

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Task:
    """What all ways are given: pictures, where to start from, the edit that is attacked, and for how long."""

    images: Tensor
    start: Tensor
    labels: Tensor
    iterations: int

    def first(self, count: int) -> Task:
        """The same for fewer pictures."""
        return Task(self.images[:count], self.start[:count], self.labels, self.iterations)


@dataclass(frozen=True, eq=False)
class _Setup:
    """How one way computes.

    Attributes:
        victim: the net as it sees it.
        run: attacks the pictures of a task.
        at_once: how many of them.
        is_timed: whether it is right, and worth it.
    """

    victim: Victim
    run: Callable[[Task], Tensor]
    at_once: int = 1
    is_timed: bool = True


def time_attack(
    generator: Generator,
    labels: Tensor,
    precision: torch.dtype,
    device: torch.device,
    *,
    side_px: int = 256,
    iterations: int = ITERATIONS,
    batch: int = 4,
    rounds: int = 3,
    progress: Progress = SILENT,
) -> AttackSpeed:
    """Time PGD on a StarGAN with the published settings.

    Args:
        generator: whose edits are attacked; random weights are as fast as trained ones.
        labels: of the edit, `(1, C)`.
        precision: of the quick ways.
        device: that is computed on.
        side_px: of the pictures; a multiple of 4.
        iterations: steps.
        batch: pictures at once where several are.
        rounds: timed rounds of each way; one more before them warms up and is not counted.
        progress: hears of every round.
    """
    task = _task(batch, side_px, labels.to(device), iterations, device)
    published = _released(generator).to(device)
    setups = _setups(generator.to(device), published, precision, batch)
    made: dict[str, Tensor] = {}

    def work(name: str) -> Tensor:
        made[name] = setups[name].run(task.first(setups[name].at_once))
        return made[name]

    timed = {name: partial(work, name) for name, setup in setups.items() if setup.is_timed}
    taken = alternating(timed, device, rounds=rounds, progress=progress)
    seconds = {name: taken[name] / setups[name].at_once for name in timed}
    truth = _signs(_double(published), _on_cpu(task.first(1)), torch.float64)
    ways = []
    for name, setup in setups.items():
        if name not in made:
            work(name)
        ways.append(
            Way(
                name=name,
                at_once=setup.at_once,
                seconds=seconds.get(name),
                times_as_fast=seconds[RELEASED] / seconds[name] if name in seconds else None,
                loss=_loss(published, task, made[name]),
                equal_signs=float((_signs(setup.victim, task.first(1)) == truth).float().mean()),
            )
        )
    best = min((name for name in seconds if name.startswith("ours")), key=seconds.__getitem__)
    return AttackSpeed(
        ways=tuple(ways),
        best=best,
        ratio=seconds[RELEASED] / seconds[best],
        side_px=side_px,
        iterations=iterations,
        epsilon=EPSILON,
        step=STEP,
        rounds=rounds,
        precision=_name_of(precision),
        device=str(device),
        threads=torch.get_num_threads(),
        cpu=cpu_name(),
        cpu_features=cpu_features(),
        torch=torch.__version__,
    )


def _setups(generator: Generator, published: Generator, precision: torch.dtype, batch: int) -> dict[str, _Setup]:
    def ours(precision: torch.dtype, at_once: int = 1) -> _Setup:
        net = copy.deepcopy(generator)
        freeze(net)
        victim = _computing(net, precision)
        return _Setup(victim, partial(_our_attack, victim), at_once)

    by_hand = _computing(_frozen(published), precision)
    trap = _computing(_frozen(published, torch.channels_last), torch.float32)
    quick = _name_of(precision)
    setups = {RELEASED: _Setup(published, partial(published_attack, published))}
    setups[BY_HAND.format(quick)] = _Setup(by_hand, partial(_our_attack, by_hand))
    setups[PLAIN.format("float32")] = ours(torch.float32)
    setups[PLAIN.format(quick)] = ours(precision)
    if batch > 1:
        setups[QUICK.format(quick, batch)] = ours(precision, batch)
    setups[TRAP] = _Setup(trap, partial(_our_attack, trap), is_timed=False)
    return setups


def published_attack(net: nn.Module, task: Task) -> Tensor:
    """The published loop, without what makes it quicker: every step computes gradients of all weights too.

    Ruiz, Bargal, Sclaroff (arXiv 2003.01279), written from its description.
    """
    with torch.no_grad():
        reference = net(task.images, task.labels)
    at = task.start
    for _ in range(task.iterations):
        at = at.detach().requires_grad_()
        net.zero_grad()
        F.mse_loss(net(at, task.labels), reference).backward()  # type: ignore[no-untyped-call]
        assert at.grad is not None  # noqa: S101 - a leaf has one after backward
        at = confined(at + STEP * at.grad.sign(), task.images, EPSILON)
    return at.detach()


def _our_attack(victim: Victim, task: Task) -> Tensor:
    with torch.no_grad():
        reference = victim(task.images, task.labels)
    made = attack(
        task.images,
        victim,
        reference,
        epsilon=EPSILON,
        step=STEP,
        iterations=task.iterations,
        start=task.start,
        classes=task.labels,
        keep_iterates=False,
    )
    return made.adversarial


def _released(generator: Generator) -> Generator:
    """The same net as the published program has it: PyTorch's instance norms, ReLUs that work in place."""
    net = copy.deepcopy(generator).to(memory_format=torch.contiguous_format).requires_grad_()  # type: ignore[call-overload]
    for name, module in [*net.named_modules()]:
        if isinstance(module, InstanceNorm):
            norm = nn.InstanceNorm2d(
                module.channels, module.eps, module.momentum, affine=True, track_running_stats=True
            )
            norm.load_state_dict(module.state_dict())
            net.set_submodule(name, norm)
        elif isinstance(module, nn.ReLU):
            module.inplace = True
    made: Generator = net.train()
    return made


def _frozen(net: Generator, layout: torch.memory_format = torch.contiguous_format) -> Generator:
    copied: Generator = copy.deepcopy(net).requires_grad_(False).to(memory_format=layout)  # type: ignore[call-overload]
    return copied


def _double(net: Generator) -> Generator:
    # On the CPU: not every device has double precision.
    return _frozen(net).cpu().double()


def _computing(net: Generator, precision: torch.dtype) -> Victim:
    device = next(net.parameters()).device

    def answer(images: Tensor, labels: Tensor) -> Tensor:
        with own_statistics(net), computing_in(precision, device):
            made: Tensor = net(images, labels)
            return made

    return answer


def _signs(victim: Victim, task: Task, precision: torch.dtype = torch.float32) -> Tensor:
    images, start = task.images.to(precision), task.start.to(precision)
    with torch.no_grad():
        reference = victim(images, task.labels)
    gradient, _ = slope(start, [(lambda at: victim(at, task.labels), reference)])
    return gradient.sign().float().cpu()


@torch.no_grad()
def _loss(net: Generator, task: Task, adversarial: Tensor) -> float:
    answers = [net(images[:1], task.labels) for images in (task.images, adversarial)]
    return float(F.mse_loss(*answers))


def _task(count: int, side_px: int, labels: Tensor, iterations: int, device: torch.device) -> Task:
    """Pictures of the stored driver, of two poses and mirrored."""
    poses = [resized(picture, side_px) for picture in (driver().rest, driver().moved)]
    shown = [*poses, *(pose[:, ::-1] for pose in poses)]
    images = to_tensor(np.stack([shown[number % len(shown)] for number in range(count)]), device) * 2 - 1
    start = uniform_start(images, EPSILON, torch.Generator().manual_seed(0))
    return Task(images, start, labels, iterations)


def _on_cpu(task: Task) -> Task:
    return Task(task.images.cpu(), task.start.cpu(), task.labels.cpu(), task.iterations)


def _name_of(precision: torch.dtype) -> str:
    return str(precision).removeprefix("torch.")
