"""`SwapNet`: a face-swapping autoencoder, built from its plan."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from prosopon.create.swap.plans.blocks import (
    Activation,
    Enlarge,
    Head,
    Named,
    Residual,
    Shrink,
    dense,
    dense_layers,
)
from prosopon.create.swap.plans.plan import Plan, Route


class Swapped(NamedTuple):
    """What comes out of a decoder: `face (B, 3, S, S)` in [0, 1], and `mask (B, 1, S, S)` or None."""

    face: Tensor
    mask: Tensor | None

    def split(self, first: int) -> tuple[Swapped, Swapped]:
        """Those of the first items, and those of the others."""
        mask = (None, None) if self.mask is None else (self.mask[:first], self.mask[first:])
        return Swapped(self.face[:first], mask[0]), Swapped(self.face[first:], mask[1])


class EncoderNet(nn.Module):
    """Pictures `(B, 3, S, S)` in [0, 1] to a map `(B, C, s, s)`."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan.encoder
        self._deepfacelab = plan.dialect != "faceswap"
        self.downs, self.residuals = nn.ModuleList(), nn.ModuleDict()
        channels = 3
        for place, width in enumerate(self.plan.widths):
            activation = Activation(0.1, cosine=plan.cosine)
            keras = plan.dialect == "faceswap"
            self.downs.append(Shrink(channels, width, kernel=self.plan.kernel, keras=keras, activation=activation))
            if place in self.plan.residual_at:
                self.residuals[str(place)] = Residual(width, cosine=plan.cosine)
            channels = width

    def forward(self, pictures: Tensor) -> Tensor:
        """The map, and with pixel norm its root mean square is 1."""
        x = pictures
        for place, down in enumerate(self.downs):
            x = down(x)
            if str(place) in self.residuals:
                x = self.residuals[str(place)](x)
        if self.plan.pixel_norm:
            x = x * torch.rsqrt(x.float().square().mean((1, 2, 3), keepdim=True) + 1e-6).to(x.dtype)
        return x

    def named_layers(self) -> Named:
        """As the dialect calls them."""
        for place, down in enumerate(self.downs):
            assert isinstance(down, Shrink)  # noqa: S101 - as built above
            if not self._deepfacelab:
                name = f"down{place + 1}"
            elif self.residuals:
                name = f"down{place + 1}.conv1"
            else:
                name = f"down1.downs_{place}.conv1"
            yield f"{self.plan.name}.{name}", down.conv
            if str(place) in self.residuals:
                residual = self.residuals[str(place)]
                assert isinstance(residual, Residual)  # noqa: S101
                yield from residual.named_layers(f"{self.plan.name}.res{place + 1}")


class InterNet(nn.Module):
    """A map `(B, C, s, s)` to a code, and that to a map `(B, c, t, t)`. No activation between the dense layers."""

    def __init__(self, plan: Plan, name: str, rank: int | None) -> None:
        super().__init__()
        self.plan, self.name = plan.inter, name
        self._up_name = "up1" if plan.dialect == "faceswap" else "upscale1.conv1"
        inputs = plan.encoder.widths[-1] * plan.encoded_px**2
        self.dense1 = dense(inputs, self.plan.code, rank)
        self.dense2 = dense(self.plan.code, self.plan.channels * self.plan.grid**2, rank)
        self.up: Enlarge | None = None
        if self.plan.up:
            self.up = Enlarge(self.plan.channels, self.plan.up, Activation(0.1, cosine=plan.cosine))

    def forward(self, encoded: Tensor) -> Tensor:
        """The map that decoders take."""
        spread = self.dense2(self.dense1(encoded.flatten(1)))
        x: Tensor = spread.unflatten(1, (self.plan.channels, self.plan.grid, self.plan.grid))
        # The next convolution runs in the layout of its input, and a map out of a dense layer has the slow one.
        if not encoded.is_contiguous() and encoded.is_contiguous(memory_format=torch.channels_last):
            x = x.contiguous(memory_format=torch.channels_last)
        return x if self.up is None else self.up(x)

    def named_layers(self) -> Named:
        """As the dialect calls them."""
        yield from dense_layers(f"{self.name}.dense1", self.dense1)
        yield from dense_layers(f"{self.name}.dense2", self.dense2)
        if self.up is not None:
            yield f"{self.name}.{self._up_name}", self.up.conv


class DecoderNet(nn.Module):
    """A map `(B, c, t, t)` to a face, and beside it to its mask."""

    def __init__(self, plan: Plan, name: str, channels: int) -> None:
        super().__init__()
        self.plan, self.name = plan.decoder, name
        self._faceswap = plan.dialect == "faceswap"
        self.face, self.residuals, self.mask = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        inputs = channels
        for width, count in zip(self.plan.face, self.plan.residuals, strict=True):
            slope = 0.2 if self._faceswap and count else 0.1
            self.face.append(Enlarge(inputs, width, Activation(slope, cosine=plan.cosine)))
            self.residuals.append(nn.ModuleList(Residual(width, cosine=plan.cosine) for _ in range(count)))
            inputs = width
        outputs = 4 if self.plan.with_mask else 3
        self.face_head = Head(inputs, outputs, self.plan.kernel, subpixel=self.plan.subpixel)
        self.mask_head: Head | None = None
        inputs = channels
        for width in self.plan.mask:
            self.mask.append(Enlarge(inputs, width, Activation(0.1, cosine=plan.cosine)))
            inputs = width
        if self.plan.mask:
            self.mask_head = Head(inputs, 1, self.plan.kernel, subpixel=None)

    def forward(self, code: Tensor) -> Swapped:
        """Face, and mask where the plan has one."""
        x = code
        for up, residuals in zip(self.face, self.residuals, strict=True):
            x = up(x)
            assert isinstance(residuals, nn.ModuleList)  # noqa: S101 - as built above
            for residual in residuals:
                x = residual(x)
        face = self.face_head(x)
        if self.plan.with_mask:
            return Swapped(face[:, :3], face[:, 3:])
        if self.mask_head is None:
            return Swapped(face, None)
        m = code
        for up in self.mask:
            m = up(m)
        return Swapped(face, self.mask_head(m))

    def named_layers(self) -> Named:
        """As the dialect calls them, in its order."""
        yield from self._faceswap_layers() if self._faceswap else self._deepfacelab_layers()

    def _faceswap_layers(self) -> Named:
        number = 0
        for place, (up, residuals) in enumerate(zip(self.face, self.residuals, strict=True), start=1):
            yield f"{self.name}.face.up{place}", _conv(up)
            for residual in residuals:  # type: ignore[attr-defined]
                number += 1
                yield from residual.named_layers(f"{self.name}.face.res{number}")
        yield from self.face_head.named_layers(f"{self.name}.face.out")
        for place, up in enumerate(self.mask, start=1):
            yield f"{self.name}.mask.up{place}", _conv(up)
        if self.mask_head is not None:
            yield from self.mask_head.named_layers(f"{self.name}.mask.out")

    def _deepfacelab_layers(self) -> Named:
        for place, up in enumerate(self.face):
            yield f"{self.name}.upscale{place}.conv1", _conv(up)
        for place, residuals in enumerate(self.residuals):
            for number, residual in enumerate(residuals):  # type: ignore[arg-type,var-annotated]
                yield from residual.named_layers(f"{self.name}.res{place}{'' if number == 0 else f'_{number}'}")
        # What the sub-pixels need was added after the rest: the mask's last block comes behind the face's head.
        late = 1 if self.plan.subpixel == "four" else 0
        early = len(self.mask) - late
        for place in range(early):
            yield f"{self.name}.upscalem{place}.conv1", _conv(self.mask[place])
        yield from self.face_head.named_layers(f"{self.name}.out_conv")
        for place in range(early, len(self.mask)):
            yield f"{self.name}.upscalem{place}.conv1", _conv(self.mask[place])
        if self.mask_head is not None:
            yield from self.mask_head.named_layers(f"{self.name}.out_convm")


def _conv(block: nn.Module) -> nn.Conv2d:
    assert isinstance(block, Enlarge)  # noqa: S101 - decoders are built of these
    return block.conv


class SwapNet(nn.Module):
    """Shared encoder, inters and decoders, and the routes through them.

    Args:
        plan: what to build.
        rank: dense layers have at most this rank, in two layers instead of one; None: as the plan says.
    """

    def __init__(self, plan: Plan, *, rank: int | None = None) -> None:
        super().__init__()
        self.plan = plan
        self.encoder = EncoderNet(plan)
        self.inters = nn.ModuleDict({name: InterNet(plan, name, rank) for name in plan.inter.names})
        width = plan.inter.up or plan.inter.channels
        channels = width * len(plan.routes["a"])
        self.decoders = nn.ModuleDict({name: DecoderNet(plan, name, channels) for name in plan.decoder.names})

    def encode(self, pictures: Tensor) -> Tensor:
        """Pictures `(B, 3, S, S)` of anybody in [0, 1] to what both routes begin with."""
        encoded: Tensor = self.encoder(pictures)
        return encoded

    def code(self, encoded: Tensor, route: Route) -> Tensor:
        """What a decoder takes: the inters' results of a route side by side, each computed once."""
        names = self.plan.routes[route]
        made = {name: self.inters[name](encoded) for name in dict.fromkeys(names)}
        return made[names[0]] if len(names) == 1 else torch.cat([made[name] for name in names], dim=1)

    def decode(self, code: Tensor, route: Route) -> Swapped:
        """The face of one of the two, doing what the one does whom the code is of."""
        out: Swapped = self.decoders[self.plan.decoder.names[0 if route == "a" else -1]](code)
        return out

    def swap(self, images: Tensor, route: Route = "a") -> Swapped:
        """Pictures `(B, 3, S, S)` in [0, 1] with the face of a or b; the sides of face and mask are the plan's."""
        return self.decode(self.code(self.encode(images), route), route)

    def forward(self, a: Tensor, b: Tensor) -> tuple[Swapped, Swapped]:
        """Both people as themselves. What both go through sees them as one batch, which is sooner than two."""
        encoded = self.encode(torch.cat([a, b]))
        if self.plan.routes["a"] == self.plan.routes["b"]:
            code = self.code(encoded, "a")
            return self.decode(code[: len(a)], "a"), self.decode(code[len(a) :], "b")
        code_a, code_b = self.code(encoded[: len(a)], "a"), self.code(encoded[len(a) :], "b")
        if len(self.decoders) == 1:
            both = self.decode(torch.cat([code_a, code_b]), "a")
            return both.split(len(a))
        return self.decode(code_a, "a"), self.decode(code_b, "b")

    def named_layers(self) -> Named:
        """Every layer with weights, by the names and in the order of the published checkpoints."""
        yield from self.encoder.named_layers()
        for part in (*self.inters.values(), *self.decoders.values()):
            assert isinstance(part, InterNet | DecoderNet)  # noqa: S101 - as built above
            yield from part.named_layers()
