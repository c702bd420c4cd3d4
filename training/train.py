#!/usr/bin/python3
"""Trains one of the accelerator's networks and writes its parameter folder.

The embedded model (FILE.bin are images in CIFAR-10's binary format):

    fluence images --seed 2 --count 50000 --out train.bin
    fluence images --seed 1 --count 10000 --out test.bin
    training/train.py --network NAME --train train.bin --test test.bin --out new/NAME
    fluence params --network NAME --params new/NAME --out models/NAME.onnx

A network of digits takes what `fluence images --network NAME` draws.

CIFAR-10 (from the "binary version" archive):

    training/train.py --network NAME --train data_batch_*.bin --test test_batch.bin \\
        --classes batches.meta.txt --epochs 200 --augment --out cifar/NAME

Weights are signs or ternary, activations signs or ternary; their gradients pass straight through
(Courbariaux et al., arXiv:1602.02830). Batch norm becomes integer thresholds. The written folder is read
back and evaluated on integers alone: its decisions must equal those of the trained network.

Needs Debian's python3-torch and python3-numpy. Exit code 0: done, 1: the check failed, 2: bad input.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

CLASSES = 10
PIXEL_ONE = 128  # the pixel code that stands for 1.0
FIRST_LAYER_SCALE = 2  # layer 0's thresholds are compared with twice the sum of weight times code
TERNARY_STEP = 0.5  # a value beyond +-this becomes +-1
BRIGHT_PIXEL = 128  # from this value on a pixel's sign is +1
NO_CLASS_THRESHOLD = 32767  # of rows without a class, whose bit it keeps at 0
INITIAL_WEIGHT = {1: 0.1, 2: 1.0}  # by weight bits: latent weights start uniform in +-this, stay in +-1


class InputError(Exception):
    """Bad input; the message is one sentence for the user."""


class Images(NamedTuple):
    """N images: pixels [N, channels, height, width] uint8, labels [N] int64."""

    pixels: Tensor
    labels: Tensor


class ImageForm(NamedTuple):
    """What a network takes."""

    height: int
    width: int
    channels: int
    signs: bool  # of pixels, side by side, filled up with -1 to `inputs`; otherwise their codes
    inputs: int

    def bytes(self) -> int:
        return self.channels * self.height * self.width

    def codes(self, pixels: Tensor) -> Tensor:
        """What layer 0 takes [N, channels, height, width] of pixels [N, channels, height, width]."""
        if not self.signs:
            return pixel_codes(pixels).float()
        signs = torch.full((len(pixels), self.inputs, 1, 1), -1.0)
        signs[:, : self.bytes()] = ((pixels.reshape(len(pixels), -1, 1, 1) >= BRIGHT_PIXEL) * 2.0) - 1.0
        return signs


# ---------------------------------------------------------------- reading


def read_bytes(file: Path, purpose: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read '{file}' ({error.strerror}): give {purpose}") from error


def read_images(files: list[Path], form: ImageForm) -> Images:
    """Images of files of records of a label and an image, one after the other."""
    record = 1 + form.bytes()
    parts = []
    for file in files:
        data = read_bytes(file, "a file of images in CIFAR-10's binary format")
        if not data or len(data) % record:
            raise InputError(
                f"'{file}' has {len(data)} bytes, no whole number of records of {record} bytes:"
                " give a file of images in CIFAR-10's binary format"
            )
        records = np.frombuffer(data, np.uint8).reshape(-1, record)
        wrong = np.flatnonzero(records[:, 0] >= CLASSES)
        if wrong.size:
            raise InputError(
                f"image {wrong[0]} of '{file}' has label {records[wrong[0], 0]} where 0 to {CLASSES - 1}"
                " are possible: give images of ten classes"
            )
        parts.append(records)
    records = np.concatenate(parts)
    shape = (-1, form.channels, form.height, form.width)
    pixels = torch.from_numpy(records[:, 1:].reshape(shape).copy())
    return Images(pixels, torch.from_numpy(records[:, 0].astype(np.int64)))


def read_topology(file: Path, network: str) -> tuple[list[dict[str, Any]], list[str], ImageForm]:
    """The layers of a network, the embedded classes' names and what the network takes."""
    data = read_bytes(file, "the topology.json of the build folder (build the target fluence-topology)")
    try:
        topology = json.loads(data)
        networks, images = topology["networks"], topology["images"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"'{file}' is no topology.json: build the target fluence-topology") from error
    if network not in networks:
        raise InputError(f"unknown network '{network}': use one of {', '.join(networks)}")
    form = dict(images[network])
    classes = form.pop("classes")
    return networks[network], classes, ImageForm(**form)


def read_classes(file: Path) -> list[str]:
    lines = read_bytes(file, "a file of class names").decode(errors="replace").splitlines()
    names = [line.strip() for line in lines if line.strip()]
    if len(names) != CLASSES:
        raise InputError(f"'{file}' names {len(names)} classes: it must hold {CLASSES}, one a line")
    return names


# ---------------------------------------------------------------- the network in training


class Quantize(torch.autograd.Function):
    """One bit: +1 where x > 0, else -1. Two bits: the sign where |x| > 1/2, else 0.

    The gradient passes where |x| <= 1.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, bits: int) -> Tensor:
        ctx.save_for_backward(x.abs() <= 1)
        if bits == 1:
            return (x > 0).to(x.dtype).mul_(2).sub_(1)
        return (x > TERNARY_STEP).to(x.dtype) - (x < -TERNARY_STEP).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.saved_tensors[0], None


class QuantizedLayer(nn.Module):
    """Convolution or matrix, then pool, batch norm and activation.

    The accelerator pools after the activation; as all steps between are monotone this is the same, and
    gradients find the largest value.
    """

    def __init__(self, shape: dict[str, Any]) -> None:
        super().__init__()
        self.shape = shape
        size = (shape["out_channels"], shape["in_channels"], shape["kernel"], shape["kernel"])
        initial = INITIAL_WEIGHT[shape["weight_bits"]]
        self.latent = nn.Parameter(torch.empty(size).uniform_(-initial, initial))
        self.norm = nn.BatchNorm2d(size[0]) if shape["thresholds"] else None

    def weight(self) -> Tensor:
        return Quantize.apply(self.latent, self.shape["weight_bits"])

    def sums(self, x: Tensor) -> Tensor:
        """What comes before the activation."""
        x = F.conv2d(x, self.weight())
        if self.shape["pool"]:
            x = F.max_pool2d(x, 2)
        return x if self.norm is None else self.norm(x.to(self.norm.weight.dtype))

    def forward(self, x: Tensor) -> Tensor:
        x = self.sums(x)
        return x if self.norm is None else Quantize.apply(x, self.shape["thresholds"]).float()

    @torch.no_grad()
    def constrain(self) -> None:
        self.latent.clamp_(-1, 1)
        if self.norm is not None:
            self.norm.weight.clamp_(min=0.05)  # positive, so that thresholds keep their direction


class Network(nn.Module):
    def __init__(self, shapes: list[dict[str, Any]], form: ImageForm) -> None:
        super().__init__()
        self.form = form
        self.layers = nn.Sequential(*map(QuantizedLayer, shapes))
        # One scale for all sums: it cannot change the decision.
        self.sharpness = nn.Parameter(torch.tensor(0.05))

    def forward(self, codes: Tensor) -> Tensor:
        """Sums of weight times activation [N, 64] of codes; before the last activation, if there is one."""
        x = codes if self.form.signs else codes / PIXEL_ONE
        return self.layers[-1].sums(self.layers[:-1](x)).flatten(1)

    def loss(self, sums: Tensor, labels: Tensor) -> Tensor:
        """Where scores are bits, each row is to say on its own whether the image is of its class."""
        if self.layers[-1].norm is None:
            return F.cross_entropy(sums * self.sharpness, labels)
        wanted = 2.0 * F.one_hot(labels, CLASSES) - 1.0
        return (1 - wanted * sums).clamp_(min=0).square_().mean()

    def scores(self, codes: Tensor) -> Tensor:
        """The accelerator's scores: the sums, the number of matching bits, or a bit."""
        last = self.layers[-1].shape
        sums = self(codes)
        if last["thresholds"]:
            return (sums > 0).float()
        return (sums + last["in_channels"]) / 2 if last["xnor"] else sums


def pixel_codes(pixels: Tensor) -> Tensor:
    """The accelerator's signed codes: min(127, v - 128 + (v >= 128))."""
    v = pixels.to(torch.int16)
    return (v - 128 + (v >= 128)).clamp_(max=127)


def decide(scores: Tensor, last: dict[str, Any]) -> Tensor:
    """The host's decision: class 0 and value 0, a later class wins with a strictly larger score.

    Of scores that are bits: the last class whose bit is set, or class 0.
    """
    classes = scores[:, :CLASSES].clone()
    if last["thresholds"]:
        return (classes * torch.arange(CLASSES)).max(1).values.long()
    classes[:, 0].clamp_(min=0)
    return torch.stack([(row == row.max()).nonzero()[0, 0] for row in classes])


@torch.no_grad()
def float_decisions(model: Network, pixels: Tensor) -> Tensor:
    model.eval()
    last = model.layers[-1].shape
    return torch.cat([decide(model.scores(model.form.codes(part)), last) for part in pixels.split(100)])


def augment(pixels: Tensor) -> Tensor:
    """Each image mirrored at random, the batch shifted by up to four pixels."""
    mirror = torch.rand(len(pixels), 1, 1, 1) < 0.5
    pixels = torch.where(mirror, pixels.flip(3), pixels)
    dim = pixels.shape[-1]
    y, x = torch.randint(0, 9, (2,)).tolist()
    return F.pad(pixels.float(), (4, 4, 4, 4), mode="replicate")[:, :, y : y + dim, x : x + dim]


def train(model: Network, images: Images, test: Images, args: argparse.Namespace) -> None:
    steps = len(images.labels) // args.batch
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, args.epochs * steps)
    start = time.monotonic()
    for epoch in range(args.epochs):
        model.train()
        loss_sum = 0.0
        order = torch.randperm(len(images.labels))
        for step in range(steps):
            chosen = order[step * args.batch : (step + 1) * args.batch]
            pixels = images.pixels[chosen]
            codes = model.form.codes(augment(pixels) if args.augment else pixels)
            loss = model.loss(model(codes)[:, :CLASSES], images.labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            for layer in model.layers:
                layer.constrain()
            loss_sum += loss.item()
        right = (float_decisions(model, test.pixels[:1000]) == test.labels[:1000]).sum()
        print(
            f"epoch {epoch + 1}/{args.epochs}: loss {loss_sum / steps:.4f},"
            f" {right} of the first {min(1000, len(test.labels))} test images correct,"
            f" {time.monotonic() - start:.0f} s",
            file=sys.stderr,
            flush=True,
        )


# ---------------------------------------------------------------- the parameter folder


@torch.no_grad()
def integer_matrix(layer: QuantizedLayer) -> np.ndarray:
    """Weights [row][column] as numbers; column (ky * kernel + kx) * channels + channel."""
    matrix = layer.weight().permute(0, 2, 3, 1).flatten(1).numpy().astype(np.int64)
    if layer.norm is None:
        matrix[CLASSES:] = -1 if layer.shape["weight_bits"] == 1 else 0  # rows without a class
    elif layer.shape["out_unsigned"]:
        matrix[CLASSES:] = 1
    return matrix


@torch.no_grad()
def integer_thresholds(layer: QuantizedLayer) -> np.ndarray:
    """Thresholds [row][thresh]: the output is the number of them strictly below the accumulator."""
    shape, norm = layer.shape, layer.norm
    steps = np.array([0.0] if shape["thresholds"] == 1 else [-TERNARY_STEP, TERNARY_STEP])
    tensors = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    mean, var, gain, bias = (t.double().numpy()[:, None] for t in tensors)
    real = mean + (steps - bias) * np.sqrt(var + norm.eps) / gain  # in units of sum(weight * activation)
    if shape["in_bits"] == 8:
        real = real * PIXEL_ONE * FIRST_LAYER_SCALE
    elif shape["xnor"]:
        real = (real + shape["in_channels"] * shape["kernel"] ** 2) / 2  # in matching bits
    limit = 1 << (shape["accumulator_bits"] - 1)
    thresholds = np.clip(np.floor(real), -limit, limit - 1).astype(np.int64)
    if shape["out_unsigned"]:
        thresholds[CLASSES:] = NO_CLASS_THRESHOLD
    return thresholds


def write_folder(folder: Path, model: Network, classes: list[str]) -> None:
    for layer in model.layers:
        shape, matrix = layer.shape, integer_matrix(layer)
        pe, simd, bits = shape["pe"], shape["simd"], shape["weight_bits"]
        fields = (matrix + 1) // 2 if bits == 1 else matrix & 3
        lanes = fields.reshape(-1, pe, matrix.shape[1] // simd, simd)  # [nf][pe][sf][lane]
        shifts = (np.arange(simd) * bits).astype(np.uint64)
        words = (lanes.astype(np.uint64) << shifts).sum(3, dtype=np.uint64)
        for p in range(pe):
            prefix = f"{shape['index']}-{p}-"
            (folder / f"{prefix}weights.bin").write_bytes(words[:, p].astype("<u8").tobytes())
            if shape["thresholds"]:
                rows = integer_thresholds(layer)[p::pe]
                (folder / f"{prefix}thres.bin").write_bytes(rows.astype("<i8").tobytes())
    (folder / "classes.txt").write_text("\n".join(classes) + "\n")


def read_layer(folder: Path, shape: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """Weights [rows, channels, kernel, kernel] and thresholds [rows, thresholds] of a layer's files."""
    pe, simd, bits = shape["pe"], shape["simd"], shape["weight_bits"]
    rows, kernel, count = shape["out_channels"], shape["kernel"], shape["thresholds"]
    matrix = np.zeros((rows, kernel * kernel * shape["in_channels"]), np.int64)
    thresholds = np.zeros((rows, count), np.int64)
    for p in range(pe):
        words = np.fromfile(folder / f"{shape['index']}-{p}-weights.bin", "<u8").astype(np.int64)
        lanes = words[:, None] >> (np.arange(simd) * bits) & ((1 << bits) - 1)
        values = 2 * lanes - 1 if bits == 1 else (lanes ^ 2) - 2
        matrix[p::pe] = values.reshape(rows // pe, -1)
        if count:
            file = folder / f"{shape['index']}-{p}-thres.bin"
            thresholds[p::pe] = np.fromfile(file, "<i8").reshape(-1, count)
    weights = matrix.reshape(rows, kernel, kernel, -1).transpose(0, 3, 1, 2)
    return torch.from_numpy(weights.copy()), torch.from_numpy(thresholds)


def integer_decisions(
    folder: Path, shapes: list[dict[str, Any]], form: ImageForm, images: Images
) -> Tensor:
    """Classes that the folder's integers give. Sums stay below 2^24: exact in float32."""
    layers = [(shape, *(t.float() for t in read_layer(folder, shape))) for shape in shapes]
    decisions = []
    for pixels in images.pixels.split(100):
        x = form.codes(pixels)
        for shape, weights, thresholds in layers:
            x = F.conv2d(x, weights)
            if shape["in_bits"] == 8:
                x = x * FIRST_LAYER_SCALE
            elif shape["xnor"]:
                x = (x + weights[0].numel()) / 2
            if shape["thresholds"]:
                count = sum((x > t[:, None, None]).float() for t in thresholds.unbind(1))
                x = 2 * count - 1 if shape["thresholds"] == 1 else count - 1
                x = count if shape["out_unsigned"] else x
            if shape["pool"]:
                x = F.max_pool2d(x, 2)
        decisions.append(decide(x.flatten(1), shapes[-1]))
    return torch.cat(decisions)


# ---------------------------------------------------------------- the command


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}: see train.py --help")


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", required=True, help="one of networks/")
    parser.add_argument("--train", required=True, type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--test", required=True, type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="new or empty folder")
    parser.add_argument("--classes", type=Path, metavar="FILE", help="names, one a line")
    parser.add_argument("--topology", type=Path, default=Path("build/topology.json"), metavar="FILE")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--rate", type=float, default=0.005, help="largest learning rate")
    parser.add_argument("--augment", action="store_true", help="mirror and shift training images")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args(argv)
    for name in ("epochs", "batch", "rate", "threads"):
        if getattr(args, name) <= 0:
            raise InputError(f"--{name} is {getattr(args, name)}: give a number above 0")
    return args


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder beside `out`, removed at the end unless it has been renamed."""
    part = out.with_name(out.name + ".part")
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError(f"'{out}' is there already: remove it or give another --out")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
    except OSError as error:
        raise InputError(
            f"cannot write into '{out.parent}' ({error.strerror}):"
            " give an --out in a folder that is writable and has room"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def run(args: argparse.Namespace) -> int:
    shapes, classes, form = read_topology(args.topology, args.network)
    if args.classes:
        classes = read_classes(args.classes)
    images, test = read_images(args.train, form), read_images(args.test, form)
    if len(images.labels) < args.batch:
        raise InputError(f"{len(images.labels)} training images are no batch: give a smaller --batch")
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    model = Network(shapes, form)
    with new_folder(args.out) as folder:
        train(model, images, test, args)
        write_folder(folder, model, classes)
        decisions = integer_decisions(folder, shapes, form, test)
        for layer in model.layers:
            if layer.norm is not None:
                layer.norm.double()  # no rounding may decide at a threshold
        trained = float_decisions(model, test.pixels[:1000])
        differ = int((trained != decisions[: len(trained)]).sum())
        if differ:
            print(f"train.py: the integers decide {differ} images otherwise", file=sys.stderr)
            return 1
        folder.replace(args.out)
    right = decisions == test.labels
    print(
        f"{args.out}: {right.sum()} of {len(right)} test images correct,"
        f" {right[:1000].sum()} of the first {min(1000, len(right))}"
    )
    return 0


def main(argv: list[str]) -> int:
    try:
        return run(parse(argv))
    except InputError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
