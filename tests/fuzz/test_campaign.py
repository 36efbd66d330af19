"""The campaign tells what went wrong, makes its inputs from a seed, and a part of it holds."""

from collections import Counter

import pytest

from development.fuzz import __main__ as command
from development.fuzz import campaign as campaigns
from development.fuzz.campaign import BAD, Campaign, Worker, shares
from development.fuzz.kills import KillCampaign
from development.fuzz.readers import READERS

# Networks take seconds to load, and the HDF5 library crashes; make fuzz tries them too.
HEAVY = ("rvm", "background_matting", "human_parsing", "raft", "bodies", "flow_matting", "onnx")
LIGHT = [name for name in READERS if name not in (*HEAVY, "hdf5_tables")]
INPUTS = 200
SEED = 1


def content_of(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_each_kind_of_fault_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(campaigns, "LIMIT_SECONDS", 2.0)
    path = tmp_path / "input.npz"
    path.write_bytes(b"")
    told = {"nameless": "foreign", "loop": "hang"}
    names = ("read", "refused", "foreign", "impossible", "hang", "memory", "crash", *told)
    with Worker("tests.fuzz.misbehaving") as worker:
        kinds = {name: worker.read(name, path, [])["kind"] for name in names}
    assert kinds == {name: told.get(name, name) for name in names}


def test_inputs_are_made_from_their_seed_and_number(tmp_path):
    made = []
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        campaign = Campaign(seed, tmp_path / name)
        folder = tmp_path / name / "made"
        hows = []
        for reader in ("calibrations", "keypoints3d", "pickles", "pictures"):
            for number in range(8):
                place = folder / reader / str(number)
                place.mkdir(parents=True)
                hows.append(campaign.make(reader, number, place)[1])
        made.append((content_of(folder), hows))
    assert made[0] == made[1] != made[2]


def test_inputs_are_shared_out():
    plan = shares(1000, tuple(READERS))
    assert set(plan) == set(READERS)
    assert abs(sum(map(len, plan.values())) - 1000) < len(READERS)


def test_one_input_can_be_asked_for():
    given = command.parse_arguments(["--only", "pickles#12", "pickles#3", "motion"])
    assert command.numbers_of(given, tuple(READERS), 100) == {"pickles": [12, 3]}
    assert command.numbers_of(given, ("matting", "motion"), 6) == {"motion": range(6)}


def test_unknown_names_are_refused(capsys):
    with pytest.raises(SystemExit):
        command.parse_arguments(["--only", "cameraz"])
    assert "calibrations" in capsys.readouterr().err


def test_damaged_files_are_read_or_refused_by_name(tmp_path):
    campaign = Campaign(SEED, tmp_path)
    outcomes = list(campaign.check_seeds(LIGHT))
    outcomes += campaign.run(shares(INPUTS, LIGHT), workers=2)
    assert command.fault_lines(outcomes) == []
    kinds = Counter(outcome.kind for outcome in outcomes)
    assert kinds["refused"] > INPUTS / 4 and kinds["read"] > INPUTS / 10
    assert not kinds.keys() & set(BAD)


@pytest.mark.parametrize(("name", "number"), [("matting", 1), ("motion", 0)])
def test_an_ended_command_says_so_and_leaves_whole_files(tmp_path, name, number):
    kill = KillCampaign(SEED, tmp_path, seconds=3.0).end(name, number)
    assert kill.faults == [], kill
