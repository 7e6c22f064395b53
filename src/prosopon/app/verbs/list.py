"""`prosopon list`: the techniques that are here, from their cards; imports none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import tyro

from prosopon.app.args import Flag
from prosopon.app.console import Console
from prosopon.core.cards import Card
from prosopon.core.errors import ExitCode
from prosopon.core.registry import find_cards


@dataclass(frozen=True)
class List:
    """Show the techniques that are here, with what they were made of."""

    family: tyro.conf.Positional[Literal["all", "create", "disrupt", "detect"]] = "all"
    """Only those that create, disrupt or detect."""
    long: Flag = False
    """Show paper, licences, training data and known failures as well."""


def run(args: List, console: Console) -> int:
    """Print the table; broken cards are named on stderr."""
    found = find_cards()
    cards = [card for card in found.cards.values() if args.family in ("all", card.family)]
    cards.sort(key=lambda card: (card.family, card.name))
    for problem in found.problems:
        console.note(problem)
    console.answer({"techniques": [_as_json(card) for card in cards], "problems": found.problems})
    if not cards:
        console.say("no techniques" + (f" of the family {args.family}" if args.family != "all" else ""))
    elif args.long:
        console.say("\n\n".join(_in_full(card) for card in cards))
    else:
        rows = [(card.family, card.name, card.year, card.summary) for card in cards]
        console.table(("family", "name", "year", "what it does"), rows)
    return ExitCode.FINE


def _as_json(card: Card) -> dict[str, object]:
    return {
        "name": card.name,
        "family": card.family,
        "task": card.task,
        "summary": card.summary,
        "paper": card.paper,
        "year": card.year,
        "licences": card.licences,
        "inputs": card.inputs,
        "trained_on": card.trained_on,
        "known_failures": card.known_failures,
    }


def _in_full(card: Card) -> str:
    licences = ", ".join(f"{what}: {licence}" for what, licence in card.licences.items())
    return "\n".join(
        [
            f"{card.name} ({card.family}, {card.year}): {card.summary}",
            f"  paper       {card.paper}",
            f"  inputs      {', '.join(card.inputs)}",
            f"  licences    {licences}",
            f"  trained on  {card.trained_on}",
            *(f"  fails       {failure}" for failure in card.known_failures),
        ]
    )
