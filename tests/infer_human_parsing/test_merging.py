"""Overlapping crops to one picture, people kept apart, and what is made of it."""

import numpy as np
import pytest
import torch

from infer_human_parsing.human_parsing_network import LIP, ClassSet
from infer_human_parsing.human_parsing_pipeline import (
    Canvas,
    HumanParser,
    ParserOptions,
    Person,
    Window,
    coloured,
    describe,
    palette,
    person_mask,
    suppress_claimed,
    trimap,
)
from infer_human_parsing.human_parsing_pipeline.merging import border_weight, mask_weight
from infer_human_parsing.infer_human_parsing_kit.stopping import Stopped

THREE = ClassSet("three", ("Background", "Head", "Torso"), 33)


def say(label, probability, size=(4, 6), classes=3):
    """Logits (C, h, w) that say ``label`` with ``probability``, the others sharing the rest."""
    values = torch.full((classes, *size), (1 - probability) / (classes - 1))
    values[label] = probability
    return values.log()


def two_crops(first, second, overwrite=False, weights=(1.0, 1.0)):
    """Two opinions that overlap in columns 3 to 5 of a picture of 4 x 9."""
    canvas = Canvas(4, 9, overwrite=overwrite)
    canvas.add(0, Window(0, 0, 6, 4), first, weights[0])
    canvas.add(1, Window(3, 0, 9, 4), second, weights[1])
    return canvas.result((Person((0, 0, 6, 4)), Person((3, 0, 9, 4))))


@pytest.mark.parametrize(("sure", "winner"), [((0.9, 0.6), 0), ((0.6, 0.9), 1)])
def test_the_surest_crop_wins_whatever_the_order(sure, winner):
    result = two_crops(say(1, sure[0]), say(2, sure[1]))
    assert result.labels[0].tolist() == [1] * 3 + [winner + 1] * 3 + [2] * 3
    assert result.owner[0].tolist() == [0] * 3 + [winner] * 3 + [1] * 3
    assert result.probability[0, 4] == pytest.approx(1 - (1 - max(sure)) / 2)


def test_background_only_where_every_crop_says_so():
    result = two_crops(say(1, 0.6), say(0, 0.99))
    assert result.labels[0].tolist() == [1] * 6 + [0] * 3
    assert result.owner[0].tolist() == [0] * 6 + [-1] * 3
    result = two_crops(say(0, 0.7), say(0, 0.99))
    assert not result.labels.any()
    np.testing.assert_allclose(result.probability[0, [0, 4, 8]], (0.3, 0.3, 0.01), atol=1e-6)


def test_overwriting_lets_a_later_crop_win_even_with_background():
    result = two_crops(say(1, 0.99), say(0, 0.5), overwrite=True)
    assert result.labels[0].tolist() == [1] * 3 + [0] * 6
    assert result.owner[0].tolist() == [0] * 3 + [-1] * 6
    result = two_crops(say(1, 0.99), say(2, 0.5), overwrite=True)
    assert result.labels[0].tolist() == [1] * 3 + [2] * 6


def test_weights_rank_the_claims_but_take_no_label_away():
    result = two_crops(say(1, 0.9), say(2, 0.6), weights=(0.1, 1.0))
    assert result.labels[0].tolist() == [1] * 3 + [2] * 6


def test_pixels_without_a_crop_are_nobodys():
    canvas = Canvas(6, 6)
    canvas.add(0, Window(1, 1, 3, 3), say(2, 0.9, (2, 2)))
    result = canvas.result((Person((1, 1, 3, 3)),))
    assert np.count_nonzero(result.labels) == 4
    assert result.owner[0, 0] == -1
    assert result.probability[0, 0] == 0
    assert (result.labels.dtype, result.owner.dtype) == (np.uint8, np.int16)
    assert result.probability.dtype == np.float32


def test_part_maps_share_the_labels_out():
    result = two_crops(say(1, 0.9), say(2, 0.6))
    maps = result.part_maps()
    assert maps.shape == (2, 4, 9)
    np.testing.assert_array_equal(maps.sum(axis=0), result.labels)
    assert np.flatnonzero(maps[0].any(axis=0)).tolist() == list(range(6))
    rows = describe(result, THREE.names)
    assert [row["parts"] for row in rows] == [{"Head": 24}, {"Torso": 12}]
    assert rows[1]["box"] == [3, 0, 9, 4]


def test_borders_are_soft_where_a_crop_cuts_and_hard_at_the_picture():
    weight = border_weight(Window(0, 20, 60, 100), 100, 200)
    assert weight.shape == (80, 60)
    assert weight.dtype == np.float32
    assert weight[60, 0] == weight[-1, 20] == 1
    assert weight[0, 20] < 0.06
    assert weight[60, -1] < 0.06
    assert (np.diff(weight[:14, 20]) >= 0).all()


def test_mask_weights_are_soft():
    mask = np.zeros((100, 100), bool)
    mask[:, :50] = True
    weight = mask_weight(mask, Window(20, 0, 80, 60))
    assert weight.shape == (60, 60)
    assert weight[30, 5] == pytest.approx(1)
    assert weight[30, 29:31].mean() == pytest.approx(0.5, abs=0.01)
    assert 0 < weight[30, 55] < 0.1


def test_doubles_are_dropped_and_pixels_claimed_once():
    def person(score, columns):
        mask = np.zeros((10, 20), bool)
        mask[:, columns] = True
        return Person((0, 0, 20, 10), score, mask)

    first, double = person(0.9, slice(0, 10)), person(0.8, slice(2, 9))
    beside, empty = person(0.7, slice(8, 18)), person(0.95, slice(0, 0))
    kept = suppress_claimed([beside, double, empty, first, Person((0, 0, 5, 5), 0.1)])
    assert [p.score for p in kept] == [0.9, 0.7, 0.1]
    assert not (kept[0].mask & kept[1].mask).any()
    assert np.count_nonzero(kept[1].mask) == 80


class Sees(torch.nn.Module):
    """Says Head where the crop is bright and background elsewhere, the surer the brighter."""

    classes = 3

    def forward(self, x):
        bright = x[:, :1]
        return torch.cat([-bright, bright, torch.full_like(bright, -9)], dim=1)


def neighbours(**options):
    """Two people; the first crop holds a part of the second, who is as bright."""
    image = np.zeros((60, 120, 3), np.uint8)
    image[10:50, 20:50] = image[10:50, 60:100] = 255
    masks = np.zeros((2, 60, 120), bool)
    masks[0, 10:50, 20:50] = masks[1, 10:50, 60:100] = True
    persons = [Person((20, 10, 66, 50), 0.9), Person((60, 10, 100, 50), 0.8)]
    if options.pop("masked", False):
        persons = [Person(p.box, p.score, m) for p, m in zip(persons, masks, strict=True)]
    parser = HumanParser(Sees(), THREE, ParserOptions(**options))
    return parser(image, persons), masks


@pytest.mark.parametrize("options", [{}, {"masked": True}, {"keep_apart": "masks", "masked": True}])
def test_neighbours_are_kept_apart(options):
    result, masks = neighbours(**options)
    second = result.owner[12:48, 64:68]
    assert (second == 1).mean() > 0.95
    assert (result.owner[12:48, 24:48] == 0).all()
    agrees = person_mask(result.labels) == 255
    assert (agrees == masks.any(axis=0)).mean() > 0.97


def test_without_weights_the_first_crop_keeps_what_it_holds_of_a_neighbour():
    result, _ = neighbours(keep_apart="off")
    assert (result.owner[12:48, 62:66] == 0).mean() > 0.9


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_batches_change_nothing(batch):
    expected, _ = neighbours(batch=2)
    result, _ = neighbours(batch=batch)
    np.testing.assert_array_equal(result.labels, expected.labels)


def test_nobody_is_an_empty_picture():
    parser = HumanParser(Sees(), THREE)
    result = parser(np.full((20, 30, 3), 255, np.uint8), [Person((50, 50, 60, 60))])
    assert result.persons == ()
    assert not result.labels.any()
    assert result.part_maps().shape == (0, 20, 30)


def test_a_stop_ends_between_batches():
    parser = HumanParser(Sees(), THREE, ParserOptions(batch=1))
    answers = iter([False, True])
    with pytest.raises(Stopped):
        parser(np.zeros((9, 9, 3), np.uint8), [Person((0, 0, 9, 9))] * 3, lambda: next(answers))


def test_a_network_of_other_classes_is_refused():
    with pytest.raises(ValueError, match="3 labels, lip 20"):
        HumanParser(Sees(), LIP)


def test_trimap_is_unknown_on_both_sides_of_the_outline_only():
    mask = np.zeros((60, 60), np.uint8)
    mask[20:60, 20:40] = 255
    result = trimap(mask, erosion=3, dilation=5)
    row = result[40]
    assert np.unique(result).tolist() == [0, 128, 255]
    assert np.flatnonzero(row == 255).tolist() == list(range(23, 37))
    assert np.flatnonzero(row == 0).tolist() == [*range(15), *range(45, 60)]
    # Cut by the picture's border there is no outline.
    assert result[59, 30] == 255
    assert set(np.unique(trimap(mask, 0, 0))) == {0, 255}
    assert (trimap(np.zeros((9, 9), np.uint8), 3, 3) == 0).all()


def test_palette_is_pascal_vocs():
    colours = palette(256)
    assert colours[:5].tolist() == [
        [0, 0, 0],
        [128, 0, 0],
        [0, 128, 0],
        [128, 128, 0],
        [0, 0, 128],
    ]
    assert colours[15].tolist() == [192, 128, 128]
    assert colours[255].tolist() == [224, 224, 192]
    assert len(np.unique(colours, axis=0)) == 256
    assert coloured(np.array([[1]], np.uint8)).tolist() == [[[128, 0, 0]]]
