from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from matterlearn.core.container import (
    Container,
    arrays_to_bytes,
    bytes_to_arrays,
    bytes_to_json,
    read_container,
    write_container,
)
from matterlearn.core.errors import ArgumentError, DataError, ModelFileError

PARTS = {
    "weights.safetensors": arrays_to_bytes({"w": np.arange(4.0)}),
    "steps/0/scaler.json": b'{"mean": [1.5, 2.5]}',
    "empty": b"",
}
MANIFEST = {"target": "gap", "unit": "eV", "α": [1, 2.5, None, True, {"z": 1, "a": "Å"}]}


def sealed(tmp_path: Path) -> Path:
    return write_container(tmp_path / "m.mlz", "model", PARTS, MANIFEST)


def refusal(path: Path, kind: str = "model", **options: int) -> str:
    """The one line that tells why a file is refused."""
    with pytest.raises(ModelFileError) as caught:
        read_container(path, kind, **options)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert len(text.splitlines()) == 1
    return text.removeprefix(f"{path}: ")


def head_of(path: Path) -> dict:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


def forge(
    path: Path, parts: list[tuple[str, bytes]], head: object = None, *, manifest: bytes | None = None, method: int = 8
) -> Path:
    """Write a zip by other means, with a manifest that fits the parts unless told otherwise."""
    listed = {name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in parts}
    fitting = {"format": "matterlearn", "kind": "model", "schema_version": 1, "parts": listed, "content": {}}
    if isinstance(head, dict):
        fitting |= head
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("manifest.json", json.dumps(fitting).encode() if manifest is None else manifest)
        for name, data in parts:
            archive.writestr(name, data)
    return path


# What is written comes back


def test_manifest_and_parts_come_back(tmp_path):
    assert read_container(sealed(tmp_path), "model") == Container(MANIFEST, PARTS)
    assert list(tmp_path.iterdir()) == [tmp_path / "m.mlz"]


def test_the_order_of_the_manifest_is_kept(tmp_path):
    manifest = {"inputs": {"B": "site", "A": "site"}}
    again = read_container(write_container(tmp_path / "m.mlz", "model", {}, manifest), "model")
    assert list(again.manifest["inputs"]) == ["B", "A"]


def test_the_file_says_what_it_is(tmp_path):
    path = sealed(tmp_path)
    head = head_of(path)
    assert (head["format"], head["kind"], head["schema_version"]) == ("matterlearn", "model", 1)
    assert head["parts"] == {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in PARTS.items()
    }
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["manifest.json", *sorted(PARTS)]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None


WRITE = """
import sys
from matterlearn.core.container import write_container
write_container(sys.argv[1], "model", {"b": b"2" * 999, "a": b"1"}, {"x": 1, "y": [2.5]})
"""


def test_the_same_content_gives_the_same_bytes(tmp_path):
    # other order, other process, other hash seed, other time
    paths = [tmp_path / f"{i}.mlz" for i in range(3)]
    write_container(paths[0], "model", {"a": b"1", "b": b"2" * 999}, {"x": 1, "y": (2.5,)})
    for seed, path in enumerate(paths[1:]):
        environment = {"PYTHONHASHSEED": str(seed), "PYTHONPATH": ":".join(sys.path), "TZ": "Asia/Tokyo"}
        subprocess.run([sys.executable, "-c", WRITE, str(path)], check=True, env=environment)
    assert len({path.read_bytes() for path in paths}) == 1


numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=10,
)
part_names = st.from_regex(r"[A-Za-z0-9_\-][A-Za-z0-9_.\-]{0,8}(/[A-Za-z0-9_][a-z.]{0,3}){0,2}", fullmatch=True)
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@given(
    manifest=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values),
    parts=st.dictionaries(part_names.filter(lambda name: name != "manifest.json"), st.binary(max_size=200), max_size=4),
)
@in_one_folder
def test_any_content_comes_back(tmp_path, manifest, parts):
    path = write_container(tmp_path / "m.mlz", "any", parts, manifest)
    again = read_container(path, "any")
    assert again == Container(manifest, parts)
    assert json.dumps(again.manifest) == json.dumps(manifest)  # 1 and 1.0 and True are equal, but not the same


# What cannot be written is refused before anything is written


@pytest.mark.parametrize(
    ("manifest", "what"),
    [
        ({"a": {1: "x"}}, "manifest['a']: the key 1 is not a string"),
        ({"a": [0, float("nan")]}, "manifest['a'][1]: nan cannot be stored in JSON; use null"),
        ({"a": float("inf")}, "manifest['a']: inf cannot be stored in JSON; use null"),
        ({"a": np.int64(3)}, "manifest['a']: int64 is not a JSON type; convert it"),
        ({"a": np.zeros(2)}, "manifest['a']: ndarray is not a JSON type; convert it"),
        ({"a": b"x"}, "manifest['a']: bytes is not a JSON type; convert it"),
        ({"a": "\ud800"}, "manifest: cannot be written as JSON: 'utf-8' codec can't encode"),
    ],
)
def test_a_manifest_that_would_not_come_back_is_refused(tmp_path, manifest, what):
    with pytest.raises(ArgumentError) as caught:
        write_container(tmp_path / "m.mlz", "model", {}, manifest)
    assert str(caught.value).startswith(what)
    assert list(tmp_path.iterdir()) == []


BAD_NAMES = [
    "", ".", "..", "../x", "a/../b", "/etc/passwd", "a//b", "a/", "C:x", "a\\b", "a\x00b", ".hidden", "a b", "é",
    "a/./b", "a\n",
]  # fmt: skip


@pytest.mark.parametrize("name", [*BAD_NAMES, "manifest.json", 3])
def test_a_bad_name_is_not_written(tmp_path, name):
    with pytest.raises(ArgumentError, match="cannot name a part"):
        write_container(tmp_path / "m.mlz", "model", {name: b""}, {})
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_is_no_bytes_is_not_written(tmp_path):
    with pytest.raises(ArgumentError, match="part 'a': is str, not bytes"):
        write_container(tmp_path / "m.mlz", "model", {"a": "text"}, {})
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="No such file or directory"):
        write_container(tmp_path / "nowhere" / "m.mlz", "model", {}, {})


# What is not a container


def test_a_pipe_is_not_waited_for(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no pipes with names here")
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "is not a regular file"


def test_links_within_are_refused(tmp_path):
    entry = zipfile.ZipInfo("a")
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    path = forge(tmp_path / "x", [])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(entry, "/etc/passwd")
    assert refusal(path) == "the part 'a' is a link or another special file"


def test_no_file_a_folder_and_other_files(tmp_path):
    assert refusal(tmp_path / "nothing.mlz") == "no such file; check the path"
    assert refusal(tmp_path) == "cannot be read: Is a directory"
    for content in (b"", b"PK", b"a,b\n1,2\n", b"\x80\x04K\x01.", bytes(1000)):
        (tmp_path / "x").write_bytes(content)
        assert refusal(tmp_path / "x").startswith("not a model file, or damaged: File is not a zip file; ")


def test_a_truncated_file_is_refused(tmp_path):
    data = sealed(tmp_path).read_bytes()
    for length in [*range(0, len(data), 7), *range(len(data) - 30, len(data))]:
        (tmp_path / "cut").write_bytes(data[:length])
        refusal(tmp_path / "cut")


def test_a_zip_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
    assert refusal(tmp_path / "x") == "is no matterlearn file: it has no manifest.json"


@pytest.mark.parametrize(
    ("manifest", "what"),
    [
        (b"{", "the manifest is not valid JSON: "),
        (b"\xff\xfe", "the manifest is not valid JSON: "),
        (b'{"format": NaN}', "the manifest is not valid JSON: NaN is not JSON"),
        (b"[" * 100_000, "the manifest is not valid JSON: "),
        (b"1" * 10_000, "the manifest is not valid JSON: "),
        (b"", "the manifest is not valid JSON: Expecting value"),
        (b"[]", "is no matterlearn file: the manifest does not say so"),
        (b"{}", "is no matterlearn file: the manifest does not say so"),
    ],
)
def test_an_invalid_manifest_is_refused(tmp_path, manifest, what):
    assert refusal(forge(tmp_path / "x", [], manifest=manifest)).startswith(what)


ENTRY = {"size": 1, "sha256": hashlib.sha256(b"1").hexdigest()}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"format": "other"}, "is no matterlearn file: the manifest does not say so"),
        ({"kind": "dataset"}, "is of the kind 'dataset', not 'model'"),
        ({"kind": None}, "is of the kind None, not 'model'"),
        ({"schema_version": "1"}, "the manifest has no valid schema_version: '1'"),
        ({"schema_version": True}, "the manifest has no valid schema_version: True"),
        ({"schema_version": 1.0}, "the manifest has no valid schema_version: 1.0"),
        ({"schema_version": 0}, "the manifest has no valid schema_version: 0"),
        ({"content": []}, "the manifest has no content"),
        ({"parts": []}, "the manifest lists no parts"),
        ({"parts": {"a": 1}}, "the manifest states no valid size and sha256 of the part 'a'"),
        ({"parts": {"a": ENTRY | {"size": -1}}}, "the manifest states no valid size and sha256 of the part 'a'"),
        ({"parts": {"a": ENTRY | {"size": 1.0}}}, "the manifest states no valid size and sha256 of the part 'a'"),
        ({"parts": {"a": ENTRY | {"size": True}}}, "the manifest states no valid size and sha256 of the part 'a'"),
        ({"parts": {"a": ENTRY | {"sha256": "0"}}}, "the manifest states no valid size and sha256 of the part 'a'"),
        ({"parts": {}}, "the part 'a' is not in the manifest"),
        ({"parts": {"a": ENTRY, "b": ENTRY}}, "the part 'b' is missing; copy or fetch it again"),
        ({"parts": {"a": ENTRY | {"size": 2}}}, "the part 'a' has 1 bytes, the manifest says 2"),
        (
            {"parts": {"a": ENTRY | {"sha256": "0" * 64}}},
            "the part 'a' is damaged (sha256 differs); copy or fetch it again",
        ),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path, change, what):
    assert read_container(forge(tmp_path / "x", [("a", b"1")]), "model") == Container({}, {"a": b"1"})
    assert refusal(forge(tmp_path / "x", [("a", b"1")], change)) == what


@pytest.mark.parametrize("version", [2, 10**30])
def test_a_newer_version_says_update_whatever_else_it_changed(tmp_path, version):
    head = {"schema_version": version, "parts": "another layout", "kind": "a new kind"}
    text = refusal(forge(tmp_path / "x", [], head))
    assert text.startswith("was made by a newer matterlearn: schema version ")
    assert text.endswith("; update matterlearn")


@pytest.mark.parametrize("name", [name for name in BAD_NAMES if name and "\x00" not in name])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_bad_name_is_not_read(tmp_path, name):
    assert "unsafe name" in refusal(forge(tmp_path / "x", [(name, b"1")]))


def test_a_name_cut_at_a_nul_is_not_read(tmp_path):
    path = forge(tmp_path / "x", [("safe-evil", b"1")])
    path.write_bytes(path.read_bytes().replace(b"safe-evil", b"safe\x00evil"))
    assert "unsafe name 'safe\\x00evil'" in refusal(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_stands_twice_is_refused(tmp_path):
    assert refusal(forge(tmp_path / "x", [("a", b"1"), ("a", b"2")])) == "holds the part 'a' twice"
    path = forge(tmp_path / "y", [("manifest.json", b"{}")], manifest=b"{}")
    assert refusal(path) == "holds the part 'manifest.json' twice"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_packings_are_refused(tmp_path, method):
    assert "packed in an unknown way" in refusal(forge(tmp_path / "x", [("a", b"1")], method=method))


def test_stored_parts_are_read(tmp_path):
    path = forge(tmp_path / "x", [("a", b"1" * 500)], method=zipfile.ZIP_STORED)
    assert read_container(path, "model").parts == {"a": b"1" * 500}


# Sizes


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    data = bytes(100 * 1024**2)
    path = forge(tmp_path / "x", [("a", data)])
    del data
    assert path.stat().st_size < 1024**2
    tracemalloc.start()
    try:
        assert refusal(path, max_bytes=30 * 1024**2) == ("unpacks to 104857600 bytes, more than the 31457280 allowed")
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024**2
    finally:
        tracemalloc.stop()


def test_a_bomb_that_lies_about_its_size_is_refused_within_what_it_declared(tmp_path):
    # manifest and directory of the zip say 1,000 bytes; the stream holds 50 MiB
    data = bytes(50 * 1024**2)
    lie = {"size": 1000, "sha256": hashlib.sha256(data[:1000]).hexdigest()}
    path = forge(tmp_path / "x", [("a", data)], {"parts": {"a": lie}})
    path.write_bytes(path.read_bytes().replace(struct.pack("<L", len(data)), struct.pack("<L", 1000)))
    del data
    tracemalloc.start()
    try:
        assert refusal(path).startswith("not a model file, or damaged: Bad CRC-32 for file 'a'")
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024**2
    finally:
        tracemalloc.stop()


def test_parts_are_bounded_together_not_one_by_one(tmp_path):
    path = forge(tmp_path / "x", [(f"p{i}", bytes(1000)) for i in range(10)])
    assert refusal(path, max_bytes=9_999) == "unpacks to 10000 bytes, more than the 9999 allowed"
    assert len(read_container(path, "model", max_bytes=10_000).parts) == 10


def test_a_file_beyond_the_bound_is_not_opened_as_a_zip(tmp_path):
    path = tmp_path / "x"
    with path.open("wb") as stream:
        stream.truncate(5 * 1024**3)  # sparse: takes no room
    assert refusal(path) == "has 5368709120 bytes, more than the 4294967296 allowed"


def test_too_many_parts_are_refused(tmp_path):
    path = forge(tmp_path / "x", [(f"p{i}", b"") for i in range(10_001)])
    assert refusal(path) == "has 10002 parts, more than the 10000 allowed"
    with pytest.raises(ArgumentError, match="10001 parts"):
        write_container(tmp_path / "y", "model", {f"p{i}": b"" for i in range(10_001)}, {})


def test_what_packs_too_well_to_be_believed_is_stored_as_it_is(tmp_path):
    parts = {"zeros": bytes(20 * 1024**2), "other": b"x" * 1000}
    path = write_container(tmp_path / "m.mlz", "model", parts, {})
    assert path.stat().st_size > 20 * 1024**2
    assert read_container(path, "model").parts == parts
    path = write_container(tmp_path / "small.mlz", "model", {"zeros": bytes(10**6)}, {})
    assert path.stat().st_size < 5_000


def test_a_small_file_unpacks_to_little(tmp_path):
    path = forge(tmp_path / "x", [("a", bytes(20 * 1024**2))])
    assert refusal(path).startswith("unpacks to 20971")
    assert "more than 200 times its " in refusal(path)


def test_a_matrix_of_zeros_with_few_numbers_is_packed(tmp_path):
    """What models of fractions hold: one number in thirty."""
    rng = np.random.default_rng(0)
    matrix = np.where(rng.uniform(size=(20_000, 90)) < 1 / 30, rng.uniform(size=(20_000, 90)), 0.0)
    path = write_container(tmp_path / "m.mlz", "model", {"m": arrays_to_bytes({"m": matrix})}, {})
    assert path.stat().st_size < matrix.nbytes / 10


# JSON


@given(value=json_values)
def test_json_comes_back(value):
    assert bytes_to_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"{", "Expecting property name"),
        (b"\xff", "'utf-8' codec can't decode"),
        (b"NaN", "NaN is not JSON"),
        (b"-Infinity", "-Infinity is not JSON"),
        (b"[1e999]", "a number is too large"),
        (b"1" + b"0" * 400, "a number is too large"),
        (b"9" * 5000, "Exceeds the limit"),
        (b"[" * 100_000, "maximum recursion depth"),
        (b"[" * 66 + b"]" * 66, "it is nested more than 64 levels deep"),
        (b'{"a": "\\ud800"}', "surrogates not allowed"),
        (b'{"\\ud800": 1}', "surrogates not allowed"),
    ],
)
def test_json_that_would_break_its_reader_is_refused(data, what):
    with pytest.raises(ModelFileError, match="a part is not valid JSON: ") as caught:
        bytes_to_json(data)
    assert what in str(caught.value)
    assert str(caught.value).isprintable()


def test_json_may_be_as_deep_as_is_said():
    for depth in (1, 5, 64):
        data = b"[" * depth + b"]" * depth
        assert str(bytes_to_json(data, max_depth=depth)) == data.decode()
        with pytest.raises(ModelFileError, match=f"more than {depth - 1} levels"):
            bytes_to_json(data, max_depth=depth - 1)


# Damage


@given(data=st.data())
@settings(in_one_folder, max_examples=200)
def test_a_damaged_file_is_refused_or_still_holds_the_same(tmp_path, data):
    whole = sealed(tmp_path).read_bytes()
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    (tmp_path / "x").write_bytes(bytes(damaged))
    with suppress(ModelFileError):
        assert read_container(tmp_path / "x", "model", max_bytes=1024**2) == Container(MANIFEST, PARTS)


def test_a_flipped_bit_anywhere_is_refused_or_harmless(tmp_path):
    whole = sealed(tmp_path).read_bytes()
    refused = 0
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        (tmp_path / "x").write_bytes(bytes(damaged))
        try:
            assert read_container(tmp_path / "x", "model", max_bytes=1024**2) == Container(MANIFEST, PARTS)
        except ModelFileError:
            refused += 1
    # dates, attributes and versions in the headers of the zip may change; content may not
    assert refused > 0.75 * len(whole)


@given(junk=st.binary(max_size=300), method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
@in_one_folder
def test_any_bytes_and_any_manifest_are_refused_in_one_way(tmp_path, junk, method):
    (tmp_path / "x").write_bytes(junk)
    refusal(tmp_path / "x")
    refusal(forge(tmp_path / "y", [], manifest=junk, method=method))


@given(head=st.dictionaries(st.sampled_from(["format", "kind", "schema_version", "parts", "content"]), json_values))
@in_one_folder
def test_any_json_as_manifest_is_refused_or_read(tmp_path, head):
    path = forge(tmp_path / "x", [("a", b"1")], head)
    with suppress(ModelFileError):
        assert set(read_container(path, "model").parts) <= {"a"}


def test_the_sum_does_not_stop_a_forger(tmp_path):
    # what the documentation says: who changes a part can change its sum
    parts = dict.fromkeys(PARTS, b"forged")
    assert read_container(forge(tmp_path / "x", list(parts.items())), "model").parts == parts


def test_reading_executes_nothing(tmp_path):
    # a pickle that would make a file stays the bytes it is
    trap = tmp_path / "trap"
    payload = b"cos\nsystem\n(S'touch " + str(trap).encode() + b"'\ntR."
    assert read_container(forge(tmp_path / "x", [("model.pkl", payload)]), "model").parts == {"model.pkl": payload}
    assert not trap.exists()


# Arrays

DTYPES = [
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "complex64", ">f8", ">i4",
]  # fmt: skip


@given(
    array=st.sampled_from(DTYPES).flatmap(
        lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    )
)
@settings(deadline=None)
def test_arrays_come_back(array):
    again = bytes_to_arrays(arrays_to_bytes({"a": array}))["a"]
    assert again.dtype == array.dtype.newbyteorder("=")
    assert again.shape == array.shape
    np.testing.assert_array_equal(again, array)  # NaN equals NaN here
    assert again.flags.writeable
    assert again.flags.owndata


def test_strides_do_not_matter():
    # safetensors itself would take the memory as it lies: transposed, and with what lies between
    base = np.arange(24.0).reshape(4, 6)
    read_only = base.copy()
    read_only.flags.writeable = False
    for array in (
        base.T,
        base[::2, 1::3],
        base[::-1],
        np.asfortranarray(base),
        read_only,
        np.broadcast_to(2.0, (3, 2)),
    ):
        np.testing.assert_array_equal(bytes_to_arrays(arrays_to_bytes({"a": array}))["a"], array)


def test_names_are_sorted_and_bytes_depend_on_content_only():
    a, b = np.arange(3), np.ones((2, 2), dtype=np.float32)
    assert arrays_to_bytes({"å": a, "b": b}) == arrays_to_bytes({"b": b, "å": a})
    assert list(bytes_to_arrays(arrays_to_bytes({"z": b, "a": a}))) == ["a", "z"]
    assert bytes_to_arrays(arrays_to_bytes({})) == {}


@pytest.mark.parametrize(
    "array",
    [
        np.array(["Fe"]),
        np.array([{"Fe": 1}], dtype=object),
        np.array([1j]),
        np.array(["2020"], dtype="M8[D]"),
        np.zeros(1, dtype=[("a", "f8")]),
    ],
    ids=lambda array: array.dtype.kind,
)
def test_arrays_of_other_types_are_refused(array):
    with pytest.raises(ArgumentError, match=r"array 'a': has type .*; use one of bool, int8"):
        arrays_to_bytes({"a": array})


def test_the_name_that_safetensors_keeps_is_refused():
    with pytest.raises(ArgumentError, match="'__metadata__' cannot name an array"):
        arrays_to_bytes({"__metadata__": np.zeros(1)})


def header(**tensors: dict) -> bytes:
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 8,
        header(a={"dtype": "F64", "shape": [10**12], "data_offsets": [0, 8 * 10**12]}),  # 8 TB in 80 bytes
        header(a={"dtype": "F64", "shape": [2**62, 2**62], "data_offsets": [0, 0]}),
        header(a={"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}) + bytes(7),
        header(a={"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}) + bytes(9),
        header(a={"dtype": "F64", "shape": [2], "data_offsets": [0, 8]}) + bytes(8),
        header(a={"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}) + bytes(8),
        header(a={"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}) + bytes(8),
    ],
)
def test_bytes_that_are_no_arrays_are_refused(data):
    with pytest.raises(ModelFileError) as caught:
        bytes_to_arrays(data)
    assert len(str(caught.value).splitlines()) == 1


@given(data=st.data())
@settings(deadline=None, max_examples=300)
def test_damaged_arrays_are_refused_or_arrays(data):
    damaged = bytearray(arrays_to_bytes({"w": np.arange(4.0), "b": np.zeros(2, dtype=np.int8)}))
    at = data.draw(st.integers(0, len(damaged) - 1))
    damaged[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    with suppress(ModelFileError):
        arrays = bytes_to_arrays(bytes(damaged))
        assert sum(array.nbytes for array in arrays.values()) <= len(damaged)


def test_arrays_go_through_a_container(tmp_path):
    arrays = {"w": np.random.default_rng(0).normal(size=(50, 20)).T}
    path = write_container(tmp_path / "m.mlz", "model", {"w.safetensors": arrays_to_bytes(arrays)}, {})
    again = bytes_to_arrays(read_container(path, "model").parts["w.safetensors"])
    assert np.array_equal(again["w"], arrays["w"])
