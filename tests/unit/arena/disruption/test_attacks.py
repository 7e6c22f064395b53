"""The attacks that are compared: all keep to the budget, each does what it says."""

from __future__ import annotations

import pytest
import torch
from small_heads import head
from small_nets_of_heads import HeadNet
from torch import Generator, Tensor

from prosopon.arena.disruption import attacks
from prosopon.arena.disruption.attacks import ATTACKS, QUICK, THOROUGH, as_saved, named
from prosopon.arena.disruption.one_pass import OnePass
from prosopon.arena.disruption.settings import Settings
from prosopon.arena.disruption.sight import Sight
from prosopon.core.errors import MissingError, UsageError
from prosopon.disrupt.protector.technique import Protector
from prosopon.disrupt.universal.technique import Universal
from prosopon.models.tensors import to_tensor

CPU = torch.device("cpu")
SETTINGS = Settings(epsilon=0.1, iterations=6)


def sight(*, edits: bool = False) -> Sight:
    return Sight(HeadNet(edits=edits, side_px=24), head(side_px=30), CPU)


def made(name: str, *sights: Sight, settings: Settings = SETTINGS) -> Tensor:
    """The protected head as a file holds it, `(1, 3, S, S)` in [-1, 1]."""
    images = named(name).make(settings, sights, Generator().manual_seed(0))
    return to_tensor(as_saved(images, sights[0].subject.picture, settings)) * 2 - 1


def error(name: str, seen: Sight, wanted: Tensor | None = None) -> float:
    with torch.no_grad():
        answer = seen(made(name, seen))
    return float((answer - (seen.answer if wanted is None else wanted)).square().mean())


@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_keeps_to_the_budget_and_is_the_same_again(name: str) -> None:
    seen = sight(edits=named(name).suits(sight(edits=True)) and not named(name).suits(sight()))
    first, again = made(name, seen), made(name, seen)
    assert torch.equal(first, again)
    assert first.shape == seen.images.shape
    assert (first - seen.images).abs().max() <= SETTINGS.epsilon + 1e-6
    assert (name == "none") == torch.equal(first, seen.images)


@pytest.mark.parametrize("name", [
    "fgsm", "ifgsm", "pgd", "momentum", "blur_white", "blur_spread", "blur_eot", "eot", "ensemble", "protect",
])  # fmt: skip
def test_attacks_away_do_more_than_noise(name: str) -> None:
    assert error(name, sight()) > 2 * error("noise", sight())


@pytest.mark.parametrize(("name", "value"), [("towards_black", -1.0), ("towards_white", 1.0)])
def test_attacks_towards_something_come_nearer_to_it(name: str, value: float) -> None:
    seen = sight()
    wanted = seen.wanted(value)
    assert error(name, seen, wanted) < error("none", seen, wanted)


def test_towards_the_picture_itself_needs_a_net_that_redraws() -> None:
    seen = sight()
    assert error("towards_input", seen, seen.seen()) < error("none", seen, seen.seen())
    coded = Sight(Coded(), head(), CPU)
    suited = {name for name in ATTACKS if ATTACKS[name].suits(coded)}
    assert "pgd" in suited and not suited & {"towards_input", "towards_black", "towards_noise", "joint"}


class Coded(HeadNet):
    """Answers with a code."""

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        return super().__call__(crops, labels).mean((2, 3))


def test_which_edits_are_looked_at() -> None:
    for name, asked in (
        ("first_class", [0] * 6), ("iterative", [0, 1, 2] * 2), ("pgd", [0, 1, 2] * 2), ("joint", [0, 1, 2] * 6),
        ("fgsm", [0, 1, 2]),
    ):  # fmt: skip
        net = HeadNet(edits=True)
        made(name, Sight(net, head(), CPU))
        assert net.asked == asked, name


def test_all_nets_are_disturbed_by_an_attack_on_all() -> None:
    loud = Sight(HeadNet("loud", scale=50), head(), CPU)
    quiet = Sight(HeadNet("quiet", edits=True, scale=0.01), head(), CPU)
    for name in ("ensemble", "protect"):
        with torch.no_grad():
            together = made(name, loud, quiet)
            for seen in (loud, quiet):
                labels = () if seen.classes is None else (seen.classes[:1],)
                noise = float((seen(made("noise", seen), *labels) - seen.answer).square().mean())
                assert float((seen(together, *labels) - seen.answer).square().mean()) > 1.5 * noise


def test_noise_is_as_large_as_allowed_everywhere_even_beside_white() -> None:
    seen = sight()
    seen.images = torch.where(torch.arange(30) < 15, 1.0, seen.images)
    change = named("noise").make(SETTINGS, [seen], Generator().manual_seed(0)) - seen.images
    assert change.abs() == pytest.approx(SETTINGS.epsilon, abs=1e-6)
    assert (change[..., :15] < 0).all() and 0.3 < (change[..., 15:] < 0).float().mean() < 0.7


def test_rounding_does_not_carry_a_change_beyond_epsilon() -> None:
    seen = sight()
    saved = as_saved(seen.images + 0.1, seen.subject.picture, Settings(epsilon=0.1))  # 12.75 levels
    assert (saved.astype(int) - seen.subject.picture == 12).all()
    assert Settings().levels == 6 and Settings(epsilon=2 / 255).levels == 1


def test_what_was_learnt_is_opened_once_and_asked_with_the_epsilon(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def one(kind: str, weights: str) -> OnePass:
        opened.append(f"{kind} {weights}")
        return OnePass(Universal.tiny(), "its sha", ("fomm.face",))

    monkeypatch.setattr(attacks, "one_pass", one)
    attack = named("universal=mine")
    assert attack.aim == "learnt" and attack.sha256 == "its sha"
    assert attack.learnt_from == ("fomm.face",) and opened == ["universal mine"]
    seen = sight()
    change = attack.make(SETTINGS, [seen], Generator()) - seen.images
    assert 0.1 * SETTINGS.epsilon < change.abs().max() <= SETTINGS.epsilon + 1e-6
    half = attack.make(Settings(epsilon=0.05), [seen], Generator()) - seen.images
    assert torch.allclose(2 * half, change, atol=1e-6)
    assert torch.allclose(OnePass(Protector.tiny())(seen.images, 0.02), seen.images, atol=0.02 + 1e-6)


def test_unknown_names_and_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match="magic"):
        named("magic")
    with pytest.raises(MissingError):
        named("universal=nobody.knows")
    for numbers in ({"epsilon": 0.0}, {"epsilon": 2.0}, {"iterations": 0}):
        with pytest.raises(UsageError):
            Settings(**numbers)
    assert Settings().step == pytest.approx(0.01) and Settings(epsilon=0.1).step == pytest.approx(0.02)
    assert {*QUICK} <= {*THOROUGH} <= {*ATTACKS}
