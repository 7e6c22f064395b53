"""`prosopon bench disrupt`: how fast pictures are protected on this machine, and what each way comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from prosopon.arena.bench_disrupt import AttackSpeed
    from prosopon.arena.bench_protection import ProtectionSpeed, VictimSpeed

_USUAL = "stargan.studio"


@dataclass(frozen=True)
class BenchDisrupt:
    """Time protection here: the published attack as released and ours, in the same run, and what each comes to.

    The net is the published StarGAN's, for 256 pixels and 5 attributes, with random weights, which are as fast as
    trained ones. On a machine that does other work, look at the ratios.
    """

    weights: str | None = None
    """A trained StarGAN to attack instead: name, file or run folder."""
    side: int = 256
    """Side of the attacked pictures in pixels; with --weights that of the net."""
    iterations: int = 10
    """Steps of an attack."""
    batch: int = 4
    """Pictures at once, where several are."""
    against: str | None = None
    """The victim by which ways to protect are compared; stargan.studio where it is there, when not given."""
    universal: str | None = None
    """Weights of a universal change to compare, by name or path; universal.studio when not given."""
    protector: str | None = None
    """Weights of a protector likewise; protector.studio when not given."""
    pictures: int = 4
    """Rendered people on whom that is measured."""
    victims: bool = False
    """Time a step against each victim too, in fp32 and in the quick precision."""
    rounds: int = 3
    """Timed rounds; medians are reported."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the quick ways: auto takes bf16 where the machine has units for it."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    threads: int | None = None
    """CPU threads; as many as PyTorch takes when not given."""

    def __post_init__(self) -> None:
        for name, value, most in (
            ("rounds", self.rounds, 1000), ("iterations", self.iterations, 1000),
            ("batch", self.batch, 256), ("pictures", self.pictures, 1000),
        ):  # fmt: skip
            if not 1 <= value <= most:
                raise UsageError(f"{name} is {value}", f"give 1 to {most}")
        if not 16 <= self.side <= 1024 or self.side % 4:
            raise UsageError(f"side is {self.side}", "give a multiple of 4 from 16 to 1024")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"threads is {self.threads}", "give 1 or more")


def run(args: BenchDisrupt, console: Console) -> int:
    """Time and tell."""
    import torch

    from prosopon.arena.bench_disrupt import time_attack
    from prosopon.arena.bench_protection import as_json, time_protection, time_victim
    from prosopon.arena.victims.attributes import wanted_looks
    from prosopon.arena.victims.named import default_names, victim_names
    from prosopon.create.stargan.model import StarganModel
    from prosopon.models.device import pick_device, pick_precision
    from prosopon.models.stargan import Generator

    if args.threads is not None:
        torch.set_num_threads(args.threads)
    device = pick_device(args.device)
    precision = pick_precision(args.precision, device)
    if args.weights is None:
        torch.manual_seed(0)
        generator, side = Generator(), args.side
        labels = torch.tensor([[1.0, 0, 0, 1, 1]])
    else:
        model = StarganModel.from_weights(args.weights)
        generator, side, labels = model.generator, model.config.size_px, wanted_looks(model.attributes)[:1]
    speed = time_attack(
        generator, labels, precision, device, side_px=side, iterations=args.iterations, batch=args.batch,
        rounds=args.rounds, progress=console,
    )  # fmt: skip
    against = args.against or (_USUAL if _USUAL in victim_names() else None)
    learnt = {"universal": args.universal or "", "protector": args.protector or ""}
    protection = against and time_protection(
        against, precision, device, pictures=args.pictures, iterations=args.iterations, learnt=learnt,
        rounds=args.rounds, progress=console,
    )  # fmt: skip
    steps = [
        time_victim(name, precision, device, iterations=args.iterations, rounds=args.rounds, progress=console)
        for name in (default_names() if args.victims else ())
    ]
    console.answer(
        {
            "attack": speed.as_json(),
            "protection": as_json(protection) if protection else None,
            "victims": [as_json(step) for step in steps],
        }
    )
    _tell_attack(speed, console)
    if protection:
        _tell_protection(protection, console)
    else:
        console.note(f"ways to protect are not compared: the weights {_USUAL} are not there, and --against names none")
    if steps:
        _tell_victims(steps, speed.precision, console)
    return ExitCode.FINE


def _tell_attack(speed: AttackSpeed, console: Console) -> None:
    what = f"{speed.iterations} steps on {speed.side_px} px"
    console.table(
        (what, "s per picture", "times as fast", "L2 reached", "signs right"),
        [
            (
                way.name, _or_dash(way.seconds, ".2f"), _or_dash(way.times_as_fast, ".1f"), f"{way.loss:.4f}",
                f"{way.equal_signs:.1%}",
            )
            for way in speed.ways
        ],
    )  # fmt: skip
    features = " ".join(speed.cpu_features) or "no vector units known"
    console.say(f"{speed.cpu}, {speed.threads} threads, {features}; {speed.precision}, PyTorch {speed.torch}")


def _tell_protection(speed: ProtectionSpeed, console: Console) -> None:
    console.table(
        (f"against {speed.victim}", "ms per picture", "effect"),
        [(way, _or_dash(ms, ".1f"), _effect(speed.effect[way])) for way, ms in speed.ms.items()],
    )
    missing = [way for way, ms in speed.ms.items() if ms is None]
    if missing:
        console.note(f"no weights are there for {' and '.join(missing)}")


def _tell_victims(steps: list[VictimSpeed], quick: str, console: Console) -> None:
    console.table(
        ("victim", "px", "step float32, s", f"{quick}, s", "times as fast", "effect float32", f"effect {quick}"),
        [
            (
                one.victim, one.side_px, f"{one.step_s:.3f}", f"{one.quick_step_s:.3f}", f"{one.ratio:.1f}",
                _effect(one.effect), _effect(one.quick_effect),
            )
            for one in steps
        ],
    )  # fmt: skip


def _effect(effect: Mapping[str, float] | None) -> str:
    return "-" if effect is None else ", ".join(f"{name} {value:.4f}" for name, value in effect.items())


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
