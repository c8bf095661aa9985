"""Model files that are damaged, cut, forged or no model files at all: refused in one line, or as good as before."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import stat
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_tampering import (
    NEW_ROWS,
    SOURCE,
    Stored,
    packed,
    part_names,
    rewritten,
    stored,
    whole,
    with_estimator,
    zoo,
    zoo_bytes,
)

from matterlearn.core.container import read_container
from matterlearn.core.errors import ModelFileError
from matterlearn.workflow.model import KIND, load_model

PARTS = ["0-domain.safetensors", "0-estimator.skops", "0-features.skops", "0-intervals.safetensors", "probes.json"]


def refusal(path: Path) -> str:
    """The one line that tells why a model file is refused."""
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert text.isprintable()
    assert len(text) < 700
    return text.removeprefix(f"{path}: ")


def test_the_parts_are_those_of_the_tests():
    assert part_names("") == PARTS


def test_the_tampering_itself_is_sound(tmp_path):
    for path in (rewritten(tmp_path / "a.mlz"), with_estimator(tmp_path / "b.mlz", lambda estimator: None)):
        assert load_model(path).predict(NEW_ROWS).equals(zoo().predict(NEW_ROWS))


# Pickles


class Trap:
    """A pickle that makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.fixture
def trap(tmp_path):
    path = tmp_path / "sprung"
    data = pickle.dumps(Trap(path))
    pickle.loads(data)
    assert path.exists()  # the trap works
    path.unlink()
    yield data
    assert not path.exists(), "code of the file was run"


def test_a_pickle_is_no_model_file(trap, tmp_path):
    (tmp_path / "m.mlz").write_bytes(trap)
    assert "not a model file, or damaged: File is not a zip file" in refusal(tmp_path / "m.mlz")


@pytest.mark.parametrize("name", PARTS)
def test_a_pickle_in_place_of_a_part(trap, tmp_path, name):
    refusal(rewritten(tmp_path / "m.mlz", {name: trap}))


@pytest.mark.parametrize("name", ["model.pkl", "0-difficulty.skops", "data.npy", "__init__.py"])
def test_a_pickle_beside_the_parts_is_left_alone_or_refused(trap, tmp_path, name):
    path = rewritten(tmp_path / "m.mlz", {name: trap})
    try:
        found = load_model(path).predict(NEW_ROWS)
    except ModelFileError:
        return
    assert found.equals(zoo().predict(NEW_ROWS))


def test_pickles_in_place_of_every_array(trap, tmp_path):
    def change(estimator: Stored) -> None:
        estimator.files = dict.fromkeys(estimator.files, trap)

    assert "the estimator cannot be read" in refusal(with_estimator(tmp_path / "m.mlz", change))


# Damage


def regions() -> dict[str, range]:
    """Return where the headers, the data and the directory of the file stand."""
    with zipfile.ZipFile(io.BytesIO(zoo_bytes())) as archive:
        infos, directory = archive.infolist(), archive.start_dir
    headers = {f"header of {info.filename}": range(info.header_offset, info.header_offset + 60) for info in infos}
    size = len(zoo_bytes())
    return {**headers, "data": range(directory), "directory": range(directory, size), "end": range(size - 22, size)}


@given(data=st.data())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_byte_is_refused_or_changes_nothing(tmp_path, data):
    place = regions()[data.draw(st.sampled_from(sorted(regions())))]
    damaged = bytearray(zoo_bytes())
    damaged[data.draw(st.sampled_from(place))] ^= data.draw(st.integers(1, 255))
    (tmp_path / "m.mlz").write_bytes(damaged)
    with contextlib.suppress(ModelFileError):
        assert read_container(tmp_path / "m.mlz", KIND) == whole()


def test_a_file_with_a_harmless_flip_predicts_the_same(tmp_path):
    data = bytearray(zoo_bytes())
    data[10] ^= 0x20  # the time of the first entry
    (tmp_path / "m.mlz").write_bytes(data)
    assert load_model(tmp_path / "m.mlz").predict(NEW_ROWS).equals(zoo().predict(NEW_ROWS))


@pytest.mark.parametrize("name", [*PARTS, "manifest.json"])
def test_a_flip_in_the_packed_bytes_of_any_part_is_refused(tmp_path, name):
    with zipfile.ZipFile(io.BytesIO(zoo_bytes())) as archive:
        info = archive.getinfo(name)
    data = bytearray(zoo_bytes())
    data[info.header_offset + 30 + len(name) + info.compress_size // 2] ^= 1
    (tmp_path / "m.mlz").write_bytes(data)
    refusal(tmp_path / "m.mlz")


@pytest.mark.parametrize("name", PARTS)
def test_another_sum_than_the_part_has_is_refused(tmp_path, name):
    parts = dict(whole().parts)
    path = packed(tmp_path / "good.mlz", parts, whole().manifest)
    listed = json.loads(zipfile.ZipFile(path).read("manifest.json"))["parts"]
    parts[name] = parts[name][:-1] + bytes([parts[name][-1] ^ 1])
    text = refusal(packed(tmp_path / "m.mlz", parts, whole().manifest, says={"parts": listed}))
    assert text == f"the part {name!r} is damaged (sha256 differs); copy or fetch it again"


def test_a_file_that_ends_too_early_is_refused(tmp_path):
    data = zoo_bytes()
    ends = {0, 1, 3, 4, 29, 30, len(data) - 1, len(data) - 21, len(data) - 22, len(data) - 23}
    for place in regions().values():
        ends |= {place.start, place.start + 1, (place.start + place.stop) // 2, place.stop - 1}
    for end in sorted(ends - {len(data)}):
        (tmp_path / "m.mlz").write_bytes(data[:end])
        refusal(tmp_path / "m.mlz")


def test_a_file_with_a_hole_is_refused(tmp_path):
    data = zoo_bytes()
    for start in range(0, len(data) - 1000, len(data) // 20):
        (tmp_path / "m.mlz").write_bytes(data[:start] + data[start + 1000 :])
        refusal(tmp_path / "m.mlz")
        (tmp_path / "m.mlz").write_bytes(data[:start] + bytes(1000) + data[start + 1000 :])
        refusal(tmp_path / "m.mlz")


# What is no file


def test_no_file_a_folder_and_an_empty_file(tmp_path):
    assert refusal(tmp_path / "gone.mlz") == "no such file; check the path"
    assert refusal(tmp_path) == "cannot be read: Is a directory"
    (tmp_path / "m.mlz").touch()
    assert refusal(tmp_path / "m.mlz").startswith("not a model file, or damaged: File is not a zip file")
    (tmp_path / "link.mlz").symlink_to(tmp_path / "nowhere")
    assert refusal(tmp_path / "link.mlz") == "no such file; check the path"


@pytest.mark.timeout(100)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "m.mlz")
    assert refusal(tmp_path / "m.mlz") == "is not a regular file"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero here")
def test_a_device_is_not_read():
    assert refusal(Path("/dev/zero")) == "is not a regular file"


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    (tmp_path / "m.mlz").write_bytes(zoo_bytes())
    (tmp_path / "m.mlz").chmod(0)
    if os.access(tmp_path / "m.mlz", os.R_OK):  # the superuser may read anything

        def denied(*arguments, **options):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("matterlearn.core.container.open", denied, raising=False)
    assert refusal(tmp_path / "m.mlz") == "cannot be read: Permission denied"


def test_a_path_with_a_nul():
    with pytest.raises(ModelFileError, match="embedded null byte"):
        load_model("a\0b")


# Names and kinds of entries

NAMES = ["../evil", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil", "~/evil", ".hidden", "a//b", "a\nb", "é"]


@pytest.mark.parametrize("name", NAMES)
def test_a_path_that_leaves_the_file_is_refused_and_writes_nothing(tmp_path, name):
    folder = tmp_path / "in" / "side"
    folder.mkdir(parents=True)
    text = refusal(rewritten(folder / "m.mlz", {name: b"x"}))
    assert text.startswith("holds a part with the unsafe name ")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [folder / "m.mlz"]


def test_a_name_that_is_cut_at_a_nul(tmp_path):
    path = rewritten(tmp_path / "m.mlz", {"safe-evil": b"x"})
    path.write_bytes(path.read_bytes().replace(b"safe-evil", b"safe\0evil"))
    assert refusal(path) == "holds a part with the unsafe name 'safe\\x00evil'"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["probes.json", "manifest.json"])
def test_a_part_that_stands_twice(tmp_path, name):
    path = rewritten(tmp_path / "m.mlz")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"{}")
    assert refusal(path) == f"holds the part {name!r} twice"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO])
def test_links_and_special_files_are_refused(tmp_path, kind):
    path = rewritten(tmp_path / "m.mlz")
    with zipfile.ZipFile(path, "a") as archive:
        entry = zipfile.ZipInfo("link")
        entry.create_system = 3
        entry.external_attr = (kind | 0o777) << 16
        archive.writestr(entry, b"/etc/passwd")
    assert refusal(path) == "the part 'link' is a link or another special file"


def test_a_locked_entry(tmp_path):
    path = rewritten(tmp_path / "m.mlz")
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        data[archive.start_dir + 8] |= 1
    path.write_bytes(data)
    assert "is encrypted or packed in an unknown way" in refusal(path)


# Bombs


def peak_of(path: Path) -> tuple[str, int]:
    """Return why a file is refused, and the bytes that took."""
    tracemalloc.start()
    try:
        return refusal(path), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["0-estimator.skops", "more"])
def test_a_bomb_is_refused_before_it_goes_off(tmp_path, name):
    parts = {**whole().parts, name: bytes(100 * 1024**2)}
    path = packed(tmp_path / "m.mlz", parts, whole().manifest, method=zipfile.ZIP_DEFLATED)
    del parts
    assert path.stat().st_size < 1024**2
    text, peak = peak_of(path)
    assert "times its" in text
    assert peak < 8 * 1024**2


def test_a_bomb_in_the_manifest(tmp_path):
    text = b'{"format": "matterlearn", "content": [' + b"[]," * 5 * 10**6 + b"[]]}"
    with zipfile.ZipFile(tmp_path / "m.mlz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", text)
    size = len(text)
    del text
    told, peak = peak_of(tmp_path / "m.mlz")
    assert told.startswith(f"the manifest has {size} bytes, more than the ")
    assert peak < 8 * 1024**2


def test_many_small_bombs(tmp_path):
    parts = {**whole().parts, **{f"part{i}": bytes(10**6) for i in range(60)}}
    path = packed(tmp_path / "m.mlz", parts, whole().manifest, method=zipfile.ZIP_DEFLATED)
    assert "times its" in refusal(path)


def test_a_bomb_within_a_part(tmp_path):
    estimator = stored()
    estimator.files["bomb.npy"] = bytes(100 * 1024**2)
    path = rewritten(tmp_path / "m.mlz", {"0-estimator.skops": estimator.data(zipfile.ZIP_DEFLATED)})
    text, peak = peak_of(path)
    assert text == "an estimator is packed within its part; do not use this file"
    assert peak < 16 * 1024**2


def test_a_part_that_lies_about_what_is_in_it(tmp_path):
    """The directories say 1,000 bytes; the stream holds 50 MiB."""
    parts = {**whole().parts, "0-estimator.skops": bytes(50 * 1024**2)}
    path = packed(tmp_path / "m.mlz", parts, whole().manifest, method=zipfile.ZIP_DEFLATED)
    data = path.read_bytes().replace(struct.pack("<L", 50 * 1024**2), struct.pack("<L", 1000))
    path.write_bytes(data)
    text, peak = peak_of(path)
    assert "0-estimator.skops" in text
    assert peak < 8 * 1024**2


def test_more_parts_than_any_model_has(tmp_path):
    parts = {**whole().parts, **{f"part{i}": b"" for i in range(10_001)}}
    assert "more than the 10000 allowed" in refusal(packed(tmp_path / "m.mlz", parts, whole().manifest))


@pytest.mark.parametrize(
    "header",
    [
        {"limit": {"dtype": "F64", "shape": [2**40], "data_offsets": [0, 8]}},
        {"limit": {"dtype": "F64", "shape": [2**62, 2**62], "data_offsets": [0, 8]}},
        {"limit": {"dtype": "F64", "shape": [1], "data_offsets": [0, 2**50]}},
        {"limit": {"dtype": "F64", "shape": [1], "data_offsets": [8, 0]}},
        {"limit": {"dtype": "F64", "shape": [-1], "data_offsets": [0, 8]}},
        {"limit": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}},
        {"limit": {"dtype": "OBJECT", "shape": [1], "data_offsets": [0, 8]}},
        {"limit": {"dtype": "F64", "shape": [0, 2**63], "data_offsets": [0, 0]}},
        {"limit": {"dtype": "F64", "shape": [1] * 100, "data_offsets": [0, 8]}},
    ],
    ids=json.dumps,
)
def test_arrays_whose_header_lies(tmp_path, header):
    text = json.dumps(header).encode()
    data = len(text).to_bytes(8, "little") + text + bytes(8)
    refusal(rewritten(tmp_path / "m.mlz", {"0-domain.safetensors": data}))


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 10**8])
def test_arrays_whose_header_is_longer_than_the_file(tmp_path, length):
    data = length.to_bytes(8, "little") + b"{}"
    assert "not a pack of arrays, or damaged" in refusal(rewritten(tmp_path / "m.mlz", {"0-domain.safetensors": data}))


# What the file says of itself


def test_a_file_from_a_newer_version(tmp_path):
    path = packed(
        tmp_path / "m.mlz", whole().parts, {"another": "layout"}, says={"schema_version": 2, "kind": "a newer kind"}
    )
    assert refusal(path) == (
        "was made by a newer matterlearn: schema version 2, this one reads up to 1; update matterlearn"
    )


def test_a_file_of_another_kind(tmp_path):
    path = packed(tmp_path / "m.mlz", whole().parts, whole().manifest, says={"kind": "study"})
    assert refusal(path) == "is of the kind 'study', not 'model'"


MANIFESTS = {
    "a number beyond floats": '"level": 1e999',
    "an integer beyond floats": f'"level": 1{"0" * 400}',
    "thousands of digits": f'"level": {"9" * 5000}',
    "not a number": '"level": NaN',
    "deep": f'"level": {"[" * 70 + "]" * 70}',
    "very deep": f'"level": {"[" * 10**5 + "]" * 10**5}',
    "half a character": '"level": "\\ud800"',
    "half a character in a key": '"\\udfff": 1',
}


@pytest.mark.parametrize("text", MANIFESTS.values(), ids=MANIFESTS)
def test_json_that_would_break_its_reader(tmp_path, text):
    path = rewritten(tmp_path / "good.mlz")
    with zipfile.ZipFile(path) as archive:
        manifest = archive.read("manifest.json").decode()
    assert '"content": {' in manifest
    with zipfile.ZipFile(tmp_path / "m.mlz", "w") as archive:
        archive.writestr("manifest.json", manifest.replace('"content": {', '"content": {' + text + ", ", 1))
        for name, part in whole().parts.items():
            archive.writestr(name, part)
    assert "the manifest is not valid JSON: " in refusal(tmp_path / "m.mlz")


@pytest.mark.parametrize("text", [text.partition(": ")[2] for text in MANIFESTS.values()][:6], ids=list(MANIFESTS)[:6])
def test_probes_that_would_break_their_reader(tmp_path, text):
    refusal(rewritten(tmp_path / "m.mlz", {"probes.json": text.encode()}))


def probes(**changes: object) -> bytes:
    return json.dumps({**json.loads(whole().parts["probes.json"]), **changes}).encode()


def test_probes_that_are_predicted_otherwise(tmp_path):
    stated = json.loads(whole().parts["probes.json"])["prediction"]["gap_eV"]
    for wrong in ([value + 0.001 for value in stated], stated[::-1], [1e300] * len(stated), [None] * len(stated)):
        path = rewritten(tmp_path / "m.mlz", {"probes.json": probes(prediction={"gap_eV": wrong})})
        assert "it predicts its probe rows differently than when stored" in refusal(path)


def test_an_estimator_with_other_weights_is_found_by_the_probes(tmp_path):
    def change(estimator: Stored) -> None:
        coefficients = estimator.attribute("Ridge", "coef_")
        estimator.set_array(coefficients, estimator.array(coefficients) * 1.5)

    path = with_estimator(tmp_path / "m.mlz", change)
    assert "it predicts its probe rows differently than when stored" in refusal(path)


# A sound file needs nothing but itself

ALONE = """
import sys
import pandas as pd
from matterlearn.workflow.model import load_model
load_model("model.mlz").predict(pd.read_csv("rows.csv")).to_parquet("found.parquet")
"""


def test_a_model_file_alone_in_a_folder_predicts(tmp_path):
    """Neither the training data nor the folder of the fit is needed, nor anything from where it was made."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "model.mlz").write_bytes(zoo_bytes())
    NEW_ROWS.to_csv(folder / "rows.csv", index=False)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MATTERLEARN")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(SOURCE), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    found, expected = pd.read_parquet(folder / "found.parquet"), zoo().predict(NEW_ROWS)
    assert np.array_equal(found["prediction"], expected["prediction"])
    assert found["reason"].tolist() == expected["reason"].tolist()
