"""`Learner`: nets, optimisers and what belongs to them; does one training step after the other."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler, MultiStepLR

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.models.device import pick_precision
from prosopon.train.average import MovingAverage
from prosopon.train.distributed import Processes
from prosopon.train.recipe import Batch, Phase, Recipe
from prosopon.train.settings import Settings

GRADIENT_NORM = "gradient_norm"
"""Name of the logged norm, after the phase's own: `generator.gradient_norm`."""


class NotFiniteError(ProsoponError):
    """A loss or gradient is not finite; the weights in memory are spoilt, those on disk are not.

    Args:
        name: of the loss.
        value: what it became.
        step: in which step.
    """

    def __init__(self, name: str, value: float, step: int) -> None:
        super().__init__(
            f"{name} became {value} in step {step}",
            "the last saved state is kept: start anew with a lower learning rate, --clip-norm or --precision fp32",
        )
        self.step = step


class Learner:
    """The nets of a recipe on their way.

    Args:
        recipe: nets and losses.
        settings: how to train.
        processes: those that train together; all begin with the weights of the first.

    Raises:
        UsageError: the precision does not go with the device, or a phase trains a module that there is not.
    """

    def __init__(self, recipe: Recipe, settings: Settings, processes: Processes) -> None:
        self._processes = processes
        self.step_number = 0
        self.precision = training_precision(settings, processes.device)
        self.modules = dict(recipe.modules)
        trained = {name for phase in recipe.phases for name in phase.trains}
        absent = sorted((trained | set(recipe.exported)) - set(self.modules))
        if absent:
            raise UsageError(f"the recipe {recipe.name!r} trains or exports {absent}", f"it has {sorted(self.modules)}")
        for module in self.modules.values():
            module.to(processes.device)
            if settings.channels_last:
                module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        processes.share_from_first(self.modules.values())
        self._kept = {name: module for name, module in self.modules.items() if name in trained | set(recipe.exported)}
        self._exported = {name: self.modules[name] for name in recipe.exported}
        self._phases = [_Running(phase, self, settings, processes) for phase in recipe.phases]
        self.average = MovingAverage(self._exported, settings.ema_decay) if settings.ema_decay else None

    def step(self, micro_batches: Sequence[Batch]) -> dict[str, float]:
        """One step of every phase on the same batch.

        Returns:
            The losses, averaged over the batch, by name: `generator`, `generator.perceptual`, ...

        Raises:
            NotFiniteError: a loss or gradient is not finite.
        """
        for phase in self._phases:
            phase.step(micro_batches)
        self.step_number += 1
        if self.average is not None:
            self.average.update(self.step_number)
        losses = {name: value for phase in self._phases for name, value in phase.losses().items()}
        for name, value in losses.items():
            if not math.isfinite(value) and not (self.precision == torch.float16 and name.endswith(GRADIENT_NORM)):
                raise NotFiniteError(name, value, self.step_number)
        return losses

    def learning_rates(self) -> dict[str, float]:
        """The current learning rate by phase; `generator.0`, `generator.1` where its optimiser has several groups."""
        rates: dict[str, float] = {}
        for phase in self._phases:
            groups = [float(group["lr"]) for group in phase.optimiser.param_groups]
            rates |= {phase.name if len(groups) == 1 else f"{phase.name}.{i}": rate for i, rate in enumerate(groups)}
        return rates

    @contextlib.contextmanager
    def evaluating(self) -> Iterator[None]:
        """Inside, the nets are in evaluation mode, have their averaged weights if there are, and take no gradients."""
        layers = [layer for module in self.modules.values() for layer in module.modules()]
        modes = [layer.training for layer in layers]
        averaged = self.average.in_place() if self.average is not None else contextlib.nullcontext()
        try:
            for layer in layers:
                layer.training = False
            with averaged, torch.no_grad(), self.autocast():
                yield
        finally:
            for layer, mode in zip(layers, modes, strict=True):
                layer.training = mode

    def exported(self) -> dict[str, Tensor]:
        """The tensors that the weights file holds, by `<module>.<key>`, averaged if there is an average."""
        state = {
            f"{name}.{key}": tensor
            for name, module in self._exported.items()
            for key, tensor in module.state_dict().items()
        }
        return state | (self.average.state_dict() if self.average is not None else {})

    def autocast(self) -> torch.autocast:
        """Where the nets compute in the precision that was asked for."""
        mixed = self.precision != torch.float32
        return torch.autocast(self._processes.device.type, self.precision if mixed else None, enabled=mixed)

    def state_dict(self) -> dict[str, Any]:
        """All that a later run needs to go on; running statistics are averaged over the processes."""
        self._processes.average_statistics(self._kept.values())
        return {
            "step": self.step_number,
            "modules": {name: module.state_dict() for name, module in self._kept.items()},
            "phases": {phase.name: phase.state_dict() for phase in self._phases},
            "average": self.average.state_dict() if self.average is not None else None,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.step_number = state["step"]
        for name, module in self._kept.items():
            module.load_state_dict(state["modules"][name])
        for phase in self._phases:
            phase.load_state_dict(state["phases"][phase.name])
        if self.average is not None:
            self.average.load_state_dict(state["average"])


def training_precision(settings: Settings, device: torch.device) -> torch.dtype:
    """What the nets compute in: fp32, bf16 or, on CUDA, fp16.

    Raises:
        UsageError: fp16 elsewhere than on CUDA.
    """
    if settings.precision != "fp16":
        return pick_precision(settings.precision, device)
    if device.type != "cuda":
        raise UsageError(f"fp16 does not train on {device.type}", "use --precision bf16 or fp32")
    return torch.float16


class _Running:
    """A phase with its optimiser, schedule and loss scale."""

    def __init__(self, phase: Phase, learner: Learner, settings: Settings, processes: Processes) -> None:
        self.name = phase.name
        self._phase = phase
        self._learner = learner
        self._processes = processes
        self._clip_norm = settings.clip_norm
        self._parameters = [p for name in phase.trains for p in learner.modules[name].parameters() if p.requires_grad]
        own = {id(p) for p in self._parameters}
        self._others = [
            p
            for module in learner.modules.values()
            for p in module.parameters()
            if p.requires_grad and id(p) not in own
        ]
        self.optimiser = phase.optimiser(self._parameters)
        self._schedule: LRScheduler = (
            phase.schedule(self.optimiser)
            if phase.schedule is not None
            else MultiStepLR(self.optimiser, list(settings.milestones), settings.gamma)
        )
        self._scaler = torch.amp.GradScaler(processes.device.type, enabled=learner.precision == torch.float16)
        self._names: list[str] = []
        self._values = torch.zeros(0)

    def step(self, micro_batches: Sequence[Batch]) -> None:
        """Forward and backward for each micro-batch, then one step of the optimiser."""
        self.optimiser.zero_grad(set_to_none=True)
        summed: dict[str, Tensor] = {}
        with self._alone():
            for batch in micro_batches:
                with self._learner.autocast():
                    loss, terms = self._phase.loss(batch)
                self._scaler.scale(loss / len(micro_batches)).backward()  # type: ignore[no-untyped-call]
                for name, value in ((self.name, loss), *((f"{self.name}.{term}", v) for term, v in terms.items())):
                    summed[name] = summed.get(name, 0) + value.detach().float() / len(micro_batches)
        values = self._processes.average_gradients(self._parameters, torch.stack(list(summed.values())))
        self._scaler.unscale_(self.optimiser)
        norm = nn.utils.get_total_norm([p.grad for p in self._parameters if p.grad is not None])
        if self._clip_norm is not None:
            nn.utils.clip_grads_with_norm_(self._parameters, self._clip_norm, norm)
        self._scaler.step(self.optimiser)
        self._scaler.update()
        self._schedule.step()
        self._names = [*summed, f"{self.name}.{GRADIENT_NORM}"]
        self._values = torch.cat([values, norm.detach().float().reshape(1)])

    def losses(self) -> dict[str, float]:
        """The losses of the last step by name. Waits for the device."""
        return dict(zip(self._names, self._values.tolist(), strict=True))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Inside, no other phase's parameters take gradients: a generator's step needs none for its discriminator."""
        for parameter in self._others:
            parameter.requires_grad_(False)
        try:
            yield
        finally:
            for parameter in self._others:
                parameter.requires_grad_(True)

    def state_dict(self) -> dict[str, Any]:
        return {
            "optimiser": self.optimiser.state_dict(),
            "schedule": self._schedule.state_dict(),
            "scaler": self._scaler.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])
        if self._scaler.is_enabled():
            self._scaler.load_state_dict(state["scaler"])
