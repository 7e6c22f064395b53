"""Stacks of convolutions run by OpenVINO: tensors in, tensors out, in bf16 or in int8.

What decides where something is (positions, softmax, flows, warps) stays in PyTorch in float32; a stack is what lies
between two such places. int8 is post-training quantisation by NNCF with ranges seen on calibration inputs; the last
convolution of a stack, whose output is read as numbers and not as features, stays as it is, and any other can be put
back to bf16 afterwards.

Converting and quantising take a minute, so what comes of it is kept in the user's folder. The packages are the extra
`fast`.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Collection, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from prosopon.core.errors import MissingError

EnginePrecision = Literal["fp32", "bf16", "int8"]
Stack = Callable[..., tuple[Tensor, ...]]
"""Tensors `(B, C, h, w)` -> tensors, the batch first."""


def require_packages(precision: EnginePrecision) -> None:
    """Nothing where the packages are installed that a precision needs.

    Raises:
        MissingError: they are not.
    """
    needed = ("openvino", "nncf") if precision == "int8" else ("openvino",)
    absent = [name for name in needed if find_spec(name) is None]
    if absent:
        raise MissingError(
            f"the package {' and '.join(absent)} is not installed",
            'pip install "prosopon-lab[fast]", or --engine torch',
        )


class _Method(nn.Module):
    """A method of a net as a module, which is what can be traced."""

    def __init__(self, net: nn.Module, name: str) -> None:
        super().__init__()
        self.net, self.name = net, name

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        outputs: tuple[Tensor, ...] = getattr(self.net, self.name)(*inputs)
        return outputs


class CompiledStack:
    """A method of a net, compiled for CPUs with fixed shapes.

    Args:
        net: in evaluation, float32, on the CPU; read only.
        method: of it: tensors in, a tuple of tensors out.
        examples: inputs of it, each a tuple of tensors `(1, C, h, w)`; int8 takes its ranges from all of them.
        precision: of the arithmetic.
        threads: CPU threads; every item of a batch is a request, and two requests are in flight.
        keep_in: folder in which the converted model is looked for, and in which `keep` keeps it; int8 ranges are those
            of the first time.

    Attributes:
        int8_layers: names of the convolutions that were quantised now, in the order in which they run; none where the
            model was kept from another time, and what goes back to bf16 was decided then.

    Raises:
        MissingError: OpenVINO is not installed, or for int8 NNCF.
    """

    def __init__(
        self,
        net: nn.Module,
        method: str,
        examples: Sequence[tuple[Tensor, ...]],
        precision: EnginePrecision,
        *,
        threads: int,
        keep_in: Path | None = None,
    ) -> None:
        require_packages(precision)
        import openvino  # noqa: PLC0415 - an extra

        kind = "int8" if precision == "int8" else "float"
        self._kept = None if keep_in is None else keep_in / _key(net, method, examples[0], kind)
        self._core = openvino.Core()
        self._settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "f32" if precision == "fp32" else "bf16",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": min(2, threads),
        }
        self.int8_layers: tuple[str, ...] = ()
        self._float: Any = None
        self._model = _read(self._core, self._kept)
        self._is_new = self._model is None
        if self._model is None:
            self._model = _converted(net, method, examples[0])
            if kind == "int8":
                self._float = self._model
                self._model = _quantised(self._model, examples)
                last = _last_convolutions(self._float)
                self.int8_layers = tuple(name for name in _convolutions(self._float) if name not in last)
        self._chosen = self._model
        self._compile()

    def _compile(self) -> None:
        import openvino  # noqa: PLC0415 - an extra

        compiled = self._core.compile_model(self._chosen, "CPU", self._settings)
        self._queue = openvino.AsyncInferQueue(compiled, 2)
        self._queue.set_callback(_collect)
        self._n_outputs = len(compiled.outputs)

    def put_back(self, layers: Collection[str]) -> None:
        """Compute these of the `int8_layers` in bf16 from now on, and all others in int8."""
        self._chosen = _restored(self._model, self._float, layers) if layers else self._model
        self._compile()

    def keep(self) -> None:
        """Keep the model as it is now, if there is a folder for it; nothing can be put back after this."""
        if self._kept is not None and self._is_new:
            _keep(self._chosen, self._kept)
        self._model, self._float, self._is_new, self.int8_layers = self._chosen, None, False, ()

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Inputs `(B, C, h, w)` -> outputs, float32."""
        batch = len(inputs[0])
        found: list[list[np.ndarray[Any, Any]]] = [[] for _ in range(batch)]
        held = [tensor.detach().float().contiguous().numpy() for tensor in inputs]
        for row in range(batch):
            arrays = [array[row : row + 1] for array in held]
            self._queue.start_async(dict(enumerate(arrays)), (found[row], self._n_outputs))
        self._queue.wait_all()
        return tuple(
            torch.from_numpy(np.concatenate([found[row][output] for row in range(batch)]))
            for output in range(self._n_outputs)
        )


def _collect(request: Any, userdata: tuple[list[Any], int]) -> None:
    """Copies a finished request's outputs before the request is used again."""
    held, n_outputs = userdata
    held.extend(np.array(request.get_output_tensor(index).data, np.float32) for index in range(n_outputs))


def _key(net: nn.Module, method: str, example: tuple[Tensor, ...], kind: str) -> str:
    """Name of a converted model: it changes with everything that the model follows from but the int8 ranges."""
    digest = hashlib.sha256()
    for name, tensor in sorted(net.state_dict().items()):
        digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    versions = [version(name) for name in ("openvino", *(["nncf"] if kind == "int8" else []))]
    digest.update(repr((method, [tuple(tensor.shape) for tensor in example], kind, versions)).encode())
    return f"{type(net).__name__}.{method}-{kind}-{digest.hexdigest()[:24]}"


def _read(core: Any, kept: Path | None) -> Any:
    """A model that was kept, or None; a damaged one is as good as none."""
    if kept is None or not (kept / "model.xml").is_file():
        return None
    try:
        return core.read_model(kept / "model.xml")
    except RuntimeError:
        shutil.rmtree(kept, ignore_errors=True)
        return None


def _keep(model: Any, kept: Path) -> None:
    """Save a model's two files as a folder that appears whole; a disk that is full is no reason to fail."""
    import openvino  # noqa: PLC0415 - an extra

    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".", suffix=".part") as folder:
            openvino.save_model(model, Path(folder) / "model.xml", compress_to_fp16=False)
            Path(folder).rename(kept)
            Path(folder).mkdir()  # for the manager to remove
    except (OSError, RuntimeError):
        return


def _converted(net: nn.Module, method: str, example: tuple[Tensor, ...]) -> Any:
    """The OpenVINO model of a net's method, with the shapes of the example."""
    import openvino  # noqa: PLC0415 - an extra

    module = _Method(net, method).eval()
    with torch.no_grad(), warnings.catch_warnings():
        # That tracing is going out of fashion, and that shapes become constants, which is what is wanted.
        warnings.simplefilter("ignore")
        model = openvino.convert_model(module, example_input=tuple(tensor.float() for tensor in example))
    for held, tensor in zip(model.inputs, example, strict=True):
        held.get_node().set_partial_shape(openvino.PartialShape([*tensor.shape]))
    model.validate_nodes_and_infer_types()
    return model


def _quantised(model: Any, examples: Sequence[tuple[Tensor, ...]]) -> Any:
    """The model with int8 convolutions, those that make the outputs excepted."""
    import nncf  # noqa: PLC0415 - an extra

    logging.getLogger("nncf").setLevel(logging.ERROR)
    inputs = [dict(enumerate(tensor.float().contiguous().numpy() for tensor in example)) for example in examples]
    # It draws progress bars on stdout, where a caller's answer belongs.
    with contextlib.redirect_stdout(io.StringIO()):
        return nncf.quantize(
            model,
            nncf.Dataset(inputs),
            subset_size=len(inputs),
            preset=nncf.QuantizationPreset.MIXED,
            ignored_scope=nncf.IgnoredScope(names=_last_convolutions(model)),
        )


def _convolutions(model: Any) -> list[str]:
    """Names of the convolutions in the order in which they run."""
    return [op.get_friendly_name() for op in model.get_ordered_ops() if "Convolution" in op.get_type_name()]


def _restored(quantised: Any, original: Any, layers: Collection[str]) -> Any:
    """A copy of a quantised model in which some convolutions have their original weights, biases and inputs."""
    from openvino import opset13  # noqa: PLC0415 - an extra

    model = quantised.clone()
    originals = {op.get_friendly_name(): op for op in original.get_ordered_ops()}

    def constant(name: str, port: int) -> Any:
        return opset13.constant(originals[name].input_value(port).get_node().data.copy()).output(0)

    for op in model.get_ordered_ops():
        name = op.get_friendly_name()
        if name not in layers:
            continue
        source = op.input_value(0).get_node()
        if source.get_type_name() == "FakeQuantize":
            op.input(0).replace_source_output(source.input_value(0))
        op.input(1).replace_source_output(constant(name, 1))
        # Quantisation moves biases, too, to make up for what rounding does on the average.
        for reader in op.output(0).get_target_inputs():
            add = reader.get_node()
            known = originals.get(add.get_friendly_name())
            if add.get_type_name() == "Add" and known is not None:
                for port in range(2):
                    if known.input_value(port).get_node().get_type_name() == "Constant":
                        add.input(port).replace_source_output(constant(add.get_friendly_name(), port))
    # What was rounded on the way, before a concatenation for instance, is not where nobody needs it any more.
    for op in model.get_ordered_ops():
        if op.get_type_name() == "FakeQuantize" and _readers(op) <= {*layers}:
            for target in op.output(0).get_target_inputs():
                target.replace_source_output(op.input_value(0))
    model.validate_nodes_and_infer_types()
    return model


def _readers(op: Any) -> set[str]:
    """Names of the convolutions that read what an operation gives, others in between or not."""
    found: set[str] = set()
    waiting = [target.get_node() for target in op.output(0).get_target_inputs()]
    while waiting:
        node = waiting.pop()
        if "Convolution" in node.get_type_name():
            found.add(node.get_friendly_name())
            continue
        waiting += [t.get_node() for output in node.outputs() for t in output.get_target_inputs()]
    return found


def _last_convolutions(model: Any) -> list[str]:
    """Names of the convolutions after which no other comes on the way to an output."""
    names = []
    for output in model.outputs:
        node = output.get_node()
        while node is not None and "Convolution" not in node.get_type_name():
            sources = [node.input_value(i).get_node() for i in range(node.get_input_size())]
            node = next((source for source in sources if source.get_type_name() != "Constant"), None)
        if node is not None:
            names.append(node.get_friendly_name())
    return sorted(set(names))
