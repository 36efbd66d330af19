"""The network against its formulas, and the checkpoints that it loads."""

import pickle

import pytest
import torch
from torch.nn import functional as F

from infer_human_parsing import checkpoints
from infer_human_parsing.human_parsing_network import (
    CLASS_SETS,
    ParsingNetwork,
    folded,
    optimised,
    rearranged,
)
from infer_human_parsing.human_parsing_network.norm import AbsNorm
from infer_human_parsing.infer_human_parsing_kit.packed_convolutions import can_pack


def load(path, asked="auto"):
    return checkpoints.load_network(path, asked)


def test_names_and_shapes_are_the_official_ones(schp_shapes):
    with torch.device("meta"):
        state = ParsingNetwork(20).state_dict()
    assert len(schp_shapes) == 603
    assert {key: list(value.shape) for key, value in state.items()} == schp_shapes


@pytest.mark.parametrize("activated", [True, False])
def test_norm_is_the_formula_where_weights_are_negative(activated):
    generator = torch.Generator().manual_seed(0)
    norm = AbsNorm(8, activated=activated).eval()
    state = {key: torch.randn(8, generator=generator) for key in norm.state_dict()}
    state["running_var"] = state["running_var"].abs()
    state["weight"][:5] = -state["weight"][:5].abs()
    state["weight"][5] = 0
    norm.load_state_dict(state, strict=True)
    x = torch.randn(2, 8, 5, 7, generator=generator)
    mean, variance, weight, bias = (
        state[key].double()[:, None, None]
        for key in ("running_mean", "running_var", "weight", "bias")
    )
    expected = (x.double() - mean) / torch.sqrt(variance + 1e-5)
    expected = expected * (weight.abs() + 1e-5) + bias
    if activated:
        expected = torch.where(expected >= 0, expected, 0.01 * expected)
    with torch.no_grad():
        torch.testing.assert_close(norm(x).double(), expected, atol=1e-5, rtol=1e-5)


def written_out(state, x):
    """Augmented CE2P by hand: (parsing, fusion, edge) of ``x`` from the entries themselves."""

    def conv(x, key, **kwargs):
        return F.conv2d(x, state[f"{key}.weight"], state.get(f"{key}.bias"), **kwargs)

    def norm(x, key):
        mean, variance, bias = (
            state[f"{key}.{name}"][:, None, None]
            for name in ("running_mean", "running_var", "bias")
        )
        scale = state[f"{key}.weight"][:, None, None].abs() + 1e-5
        return (x - mean) / (variance + 1e-5).sqrt() * scale + bias

    def leaky(x, conv_key, norm_key, **kwargs):
        x = norm(conv(x, conv_key, **kwargs), norm_key)
        return x.maximum(x * 0.01)

    def up(x, like):
        return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=True)

    def stage(x, number, depth, stride, dilation):
        for block in range(depth):
            at, step = f"layer{number}.{block}", stride if block == 0 else 1
            y = norm(conv(x, f"{at}.conv1"), f"{at}.bn1").relu()
            y = conv(y, f"{at}.conv2", stride=step, padding=dilation, dilation=dilation)
            y = norm(conv(norm(y, f"{at}.bn2").relu(), f"{at}.conv3"), f"{at}.bn3")
            if block == 0:
                x = norm(conv(x, f"{at}.downsample.0", stride=step), f"{at}.downsample.1")
            x = (y + x).relu()
        return x

    for number in (1, 2, 3):
        x = conv(x, f"conv{number}", stride=2 if number == 1 else 1, padding=1)
        x = norm(x, f"bn{number}").relu()
    x2 = stage(F.max_pool2d(x, 3, 2, 1), 1, 3, 1, 1)
    x3 = stage(x2, 2, 4, 2, 1)
    x4 = stage(x3, 3, 23, 2, 1)
    x5 = stage(x4, 4, 3, 1, 2)
    pooled = []
    for index, cells in enumerate((1, 2, 3, 6)):
        at = f"context_encoding.stages.{index}"
        pooled.append(up(leaky(F.adaptive_avg_pool2d(x5, cells), f"{at}.1", f"{at}.2"), x5))
    at = "context_encoding.bottleneck"
    context = leaky(torch.cat([*pooled, x5], 1), f"{at}.0", f"{at}.1", padding=1)
    coarse = up(leaky(context, "decoder.conv1.0", "decoder.conv1.1"), x2)
    fine = leaky(x2, "decoder.conv2.0", "decoder.conv2.1")
    parsing = leaky(torch.cat([coarse, fine], 1), "decoder.conv3.0", "decoder.conv3.1")
    parsing = leaky(parsing, "decoder.conv3.2", "decoder.conv3.3")
    scales = [
        leaky(x, f"edge.conv{index}.0", f"edge.conv{index}.1")
        for index, x in enumerate((x2, x3, x4), start=1)
    ]
    edges = torch.cat([up(conv(x, "edge.conv4", padding=1), x2) for x in scales], 1)
    joined = torch.cat([parsing, *(up(x, x2) for x in scales)], 1)
    fusion = conv(leaky(joined, "fushion.0", "fushion.1"), "fushion.3")
    return conv(parsing, "decoder.conv4"), fusion, conv(edges, "edge.conv5")


def test_network_equals_the_steps_written_out(checkpoint, schp_state):
    network, _ = load(checkpoint())
    x = torch.randn(2, 3, 65, 81, generator=torch.Generator().manual_seed(2))
    expected = written_out(schp_state(), x)
    with torch.inference_mode():
        actual, fusion = network.all_logits(x), network(x)
    assert actual.fusion.shape == (2, 20, 17, 21)
    for mine, by_hand in zip(actual, expected, strict=True):
        torch.testing.assert_close(mine, by_hand, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(fusion, actual.fusion)
    assert actual.fusion.std() > 0.05


def test_folded_norms_change_nothing(checkpoint, schp_state):
    network, _ = load(checkpoint())
    fast = folded(network)
    assert not [m for m in fast.modules() if isinstance(m, AbsNorm)]
    x = torch.randn(1, 3, 65, 65, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        torch.testing.assert_close(fast(x), network(x), atol=1e-4, rtol=1e-4)
    for key, value in schp_state().items():
        assert torch.equal(network.state_dict()[key], value), key


def test_fewer_multiplications_change_nothing(schp_state):
    """In float64, where rounding hides no error of a thousandth."""
    with torch.device("meta"):
        network = ParsingNetwork(20)
    state = {key: value.double().contiguous() for key, value in schp_state().items()}
    network.load_state_dict(state, assign=True)
    network.requires_grad_(False).eval()
    fast = rearranged(network)
    with torch.inference_mode():
        for shape in ((2, 3, 65, 81), (1, 3, 33, 129)):
            generator = torch.Generator().manual_seed(3)
            x = torch.randn(*shape, generator=generator, dtype=torch.float64)
            torch.testing.assert_close(fast(x), network(x), atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("wrapped", [True, False])
def test_both_containers_load_strictly(checkpoint, schp_state, wrapped):
    network, _ = load(checkpoint(20, wrapped))
    loaded = network.state_dict()
    assert len(loaded) == 603
    for key, value in schp_state().items():
        assert torch.equal(loaded[key], value), key


@pytest.mark.parametrize(
    ("classes", "wrapped", "name", "asked", "expected"),
    [
        (20, True, "seeded", "auto", "lip"),
        (20, False, "seeded", "auto", "cihp"),
        (20, True, "my_cihp", "auto", "cihp"),
        (20, False, "exp-schp-lip", "auto", "lip"),
        (20, True, "seeded", "cihp", "cihp"),
        (18, True, "seeded", "auto", "atr"),
        (7, True, "seeded", "auto", "pascal"),
    ],
)
def test_classes_are_recognised(checkpoint, classes, wrapped, name, asked, expected):
    state, is_wrapped = checkpoints.unpack(
        checkpoints.read_checkpoint(checkpoint(classes, wrapped, name))
    )
    found = checkpoints.recognise(
        state, is_wrapped=is_wrapped, file_name=f"{name}.pth", asked=asked
    )
    assert found == expected
    assert len(CLASS_SETS[found].names) == classes


def test_labels_are_in_the_data_sets_order():
    sizes = {name: (len(c.names), c.input_size) for name, c in CLASS_SETS.items()}
    assert sizes == {"lip": (20, 473), "atr": (18, 512), "pascal": (7, 512), "cihp": (20, 473)}
    for classes in CLASS_SETS.values():
        assert classes.names[0] == "Background"
        for left, right in classes.mirror_pairs:
            assert classes.names[left].replace("Left", "Right") == classes.names[right]
        named = [n for n in classes.names if n.startswith("Left")]
        assert len(named) == len(classes.mirror_pairs)
    assert CLASS_SETS["lip"].names[10] == "Jumpsuits"
    assert CLASS_SETS["cihp"].names[10] == "Torso-skin"


def test_counted_batches_are_passed_over(checkpoint, tmp_path):
    """In a file of 2019's format too, which the official ones have."""
    state = torch.load(checkpoint(7, False), weights_only=True)
    counted = {**state, "module.bn1.num_batches_tracked": torch.tensor(5)}
    torch.save(counted, tmp_path / "c.pth", _use_new_zipfile_serialization=False)
    assert load(tmp_path / "c.pth")[1].name == "pascal"


def test_files_that_do_not_fit_are_refused(checkpoint, tmp_path):
    path = tmp_path / "bad.pth"
    state = torch.load(checkpoint(7, False), weights_only=True)
    whole = dict(state)
    del whole["module.edge.conv5.bias"]
    for content, text in (
        (whole, r"Missing key.*edge\.conv5\.bias"),
        ({**state, "module.extra": torch.zeros(1)}, r"Unexpected key.*extra"),
        ({"fc.weight": torch.zeros(2, 2)}, "no checkpoint of SCHP"),
        ([torch.zeros(1)], "no state_dict"),
        ({**state, "module.fushion.3.bias": torch.full((7,), torch.nan)}, "NaN .* fushion"),
        ({**state, "module.conv1.weight": torch.zeros(1).expand(2**40)}, r"conv1\.weight is"),
    ):
        torch.save(content, path)
        with pytest.raises(ValueError, match=rf"(?s)model_weight_file .*bad\.pth.*{text}"):
            load(path)
    with pytest.raises(ValueError, match=r"(?s)7 labels.*classes=lip"):
        load(checkpoint(7), asked="lip")


class Trap:
    def __reduce__(self):
        return print, ("this must not run",)


def test_a_file_with_code_is_not_run(tmp_path, capsys):
    path = tmp_path / "trap.pth"
    path.write_bytes(pickle.dumps({"state_dict": Trap()}, protocol=2))
    with pytest.raises(ValueError, match="read safely"):
        load(path)
    assert "must not run" not in capsys.readouterr().out


@pytest.mark.parametrize(("given", "problem"), [("", "is not set"), ("no.pth", "does not exist")])
def test_a_missing_checkpoint_says_where_users_get_one(given, problem):
    with pytest.raises(FileNotFoundError, match=problem) as caught:
        checkpoints.parsing_checkpoint(given)
    text = str(caught.value)
    for word in (*checkpoints.FILES, checkpoints.SCHP, "Google Drive", "model_weight_file"):
        assert word in text


@pytest.mark.skipif(not can_pack(), reason="this PyTorch has no oneDNN")
def test_the_cpu_path_gives_the_labels_of_the_network(checkpoint):
    network, _ = load(checkpoint())
    fast = optimised(network)
    assert not any(isinstance(layer, torch.nn.Conv2d) for layer in fast.layer3.modules())
    generator = torch.Generator().manual_seed(2)
    for shape in ((1, 3, 65, 81), (2, 3, 33, 65)):
        x = torch.randn(*shape, generator=generator)
        with torch.inference_mode():
            expected = network(x)
            actual = fast(x.contiguous(memory_format=torch.channels_last))
        torch.testing.assert_close(actual, expected, atol=1e-4, rtol=1e-4)
        assert (actual.argmax(1) == expected.argmax(1)).float().mean() > 0.999
        assert len(expected.argmax(1).unique()) > 3
