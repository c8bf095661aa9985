"""Files of molecules as tables: other programs' files, damaged ones, and splitters that lose nothing."""

from __future__ import annotations

import gzip
import io

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from hypothesis import given, settings
from hypothesis import strategies as st
from molecules_for_tests import conformers_of
from rdkit import Chem

from matterlearn.chemistry.molecules import Conformers, read_conformer, to_atoms, to_mol, to_mol_block
from matterlearn.core.errors import DataError, MatterlearnError
from matterlearn.data.dataset import make_dataset
from matterlearn.data.structure_files import read_comment, split_sdf, split_xyz
from matterlearn.data.tables import read_table

CONFORMERS = conformers_of("CCO")
BLOCKS = [to_mol_block(conformer) for conformer in CONFORMERS]


def xyz_frame(conformer, comment: str = "") -> str:
    """Write an XYZ frame as plainly as it can be."""
    atoms = zip(conformer.graph.symbols, conformer.positions.tolist(), strict=True)
    lines = [f"{symbol} {x!r} {y!r} {z!r}" for symbol, (x, y, z) in atoms]
    return "\n".join([str(len(lines)), comment, *lines, ""])


FRAMES = [xyz_frame(conformer) for conformer in CONFORMERS]


# Files that other programs write


@pytest.mark.parametrize("v3000", [False, True])
def test_an_sdf_of_rdkit(tmp_path, v3000):
    with Chem.SDWriter(str(tmp_path / "set.sdf")) as writer:
        writer.SetForceV3000(v3000)
        for number, conformer in enumerate(CONFORMERS):
            mol = to_mol(conformer)
            mol.SetProp("_Name", f"ethanol {number}")
            mol.SetProp("E_eV", str(-1.5 - number))
            if number:
                mol.SetProp("remark", "two\nlines")
            writer.write(mol)
    table = read_table(tmp_path / "set.sdf")
    assert table.format == "sdf"
    assert table.frame["title"].tolist() == [f"ethanol {number}" for number in range(len(CONFORMERS))]
    assert table.frame["E_eV"].astype(float).tolist() == [-1.5 - number for number in range(len(CONFORMERS))]
    assert table.frame["remark"].isna().tolist() == [True, *[False] * (len(CONFORMERS) - 1)]
    assert table.frame["remark"].iloc[1] == "two\nlines"
    for text, conformer in zip(table.frame["structure"], CONFORMERS, strict=True):
        found = read_conformer(text)
        assert found.graph == conformer.graph
        np.testing.assert_allclose(found.positions, conformer.positions, atol=1e-4)


def test_extended_xyz_of_ase(tmp_path):
    frames = [to_atoms(conformer) for conformer in CONFORMERS]
    for number, atoms in enumerate(frames):
        atoms.info.update(energy=-1.5 - number, name="C C O", dipole=np.array([0.0, 0.0, 1.8]), relaxed=True)
    ase.io.write(tmp_path / "set.xyz", frames, format="extxyz")
    frame = read_table(tmp_path / "set.xyz").frame
    assert list(frame.columns) == ["structure", "energy", "name", "relaxed"]
    assert frame["energy"].astype(float).tolist() == [-1.5 - number for number in range(len(frames))]
    assert set(frame["name"]) == {"C C O"}
    for text, conformer in zip(frame["structure"], CONFORMERS, strict=True):
        np.testing.assert_allclose(read_conformer(text).positions, conformer.positions, atol=1e-7)


def test_plain_xyz_of_ase_compressed(tmp_path):
    text = io.StringIO()
    for number, conformer in enumerate(CONFORMERS):
        ase.io.write(text, to_atoms(conformer), format="xyz", comment=f"ethanol no. {number}")
    (tmp_path / "set.xyz.gz").write_bytes(gzip.compress(text.getvalue().encode()))
    frame = read_table(tmp_path / "set.xyz.gz").frame
    assert frame["title"].tolist() == [f"ethanol no. {number}" for number in range(len(CONFORMERS))]
    assert len(frame) == len(CONFORMERS)


def test_one_mol_file(tmp_path):
    (tmp_path / "one.mol").write_text(BLOCKS[0])
    frame = read_table(tmp_path / "one.mol").frame
    assert frame.columns.tolist() == ["structure"]
    assert read_conformer(frame["structure"].iloc[0]).graph == CONFORMERS[0].graph


def test_the_structure_is_the_input_and_the_properties_are_there(tmp_path):
    records = [f"{block}> <E_eV>\n{-number}\n\n$$$$\n" for number, block in enumerate(BLOCKS)]
    (tmp_path / "set.sdf").write_text("".join(records))
    dataset = make_dataset(tmp_path / "set.sdf", "E_eV")
    assert dataset.inputs == ("structure",)
    assert dataset.kinds["structure"] == "structure"
    assert isinstance(Conformers.of(dataset.X["structure"]), Conformers)


# Records that cannot be used are rows


def test_a_damaged_record_is_rejected_alone(tmp_path):
    damaged = BLOCKS[1].replace("M  V30 BEGIN ATOM", "M  V30 BEGIN ATEM")
    cut = "\n".join(BLOCKS[2].split("\n")[:9])
    texts = [BLOCKS[0], damaged, cut, BLOCKS[3]]
    (tmp_path / "set.sdf").write_text("$$$$\n".join(f"{text}\n> <E>\n{k}.5\n\n" for k, text in enumerate(texts)))
    dataset = make_dataset(tmp_path / "set.sdf", "E", "structure", {"structure": "structure"})
    assert dataset.frame.index.tolist() == [1, 4]
    assert dataset.y.tolist() == [0.5, 3.5]
    assert dataset.rejected["row"].tolist() == [2, 3]
    assert all("MOL block cannot be read" in reason for reason in dataset.rejected["reason"])


def test_a_crystal_is_rejected_as_periodic(tmp_path):
    frames = [*map(to_atoms, CONFORMERS), bulk("Cu")]
    for atoms in frames:
        atoms.info["e"] = 1.0 + len(atoms)
    ase.io.write(tmp_path / "set.extxyz", frames, format="extxyz")
    dataset = make_dataset(tmp_path / "set.extxyz", "e", "structure", {"structure": "structure", "e": "number"})
    assert len(dataset) == len(CONFORMERS)
    assert dataset.rejected["row"].tolist() == [len(frames)]
    assert "periodic" in dataset.rejected["reason"][0]


def test_a_frame_cut_short_ends_where_the_next_begins():
    cut = "\n".join(FRAMES[0].split("\n")[:5]) + "\n"
    records = split_xyz(FRAMES[1] + cut + FRAMES[2])
    assert [record.structure for record in records] == [FRAMES[1], cut, FRAMES[2]]
    with pytest.raises(MatterlearnError, match="cannot be read"):
        read_conformer(records[1].structure)


def test_a_frame_with_more_atoms_than_it_states_leaves_a_record_of_the_rest():
    long = FRAMES[0].replace("9\n", "7\n", 1)
    first, rest, last = split_xyz(long + FRAMES[1])
    assert len(first.structure.splitlines()) == 9
    assert len(rest.structure.splitlines()) == 2
    assert last.structure == FRAMES[1]
    with pytest.raises(MatterlearnError):
        read_conformer(rest.structure)


@pytest.mark.parametrize("rest", ["$", "$$", "$$$"])
def test_an_end_of_record_cut_short_is_no_record(rest):
    assert [record.structure for record in split_sdf(BLOCKS[0] + rest)] == [BLOCKS[0]]


def test_of_a_file_without_a_sound_record_the_reason_is_told(tmp_path):
    (tmp_path / "hang.xyz").write_text("999999999\nE=1\nH 0 0 0\n" * 3)
    with pytest.raises(DataError, match="none of 3 rows can be used; the first: the XYZ block cannot be read"):
        make_dataset(tmp_path / "hang.xyz", "E")
    (tmp_path / "cut.sdf").write_text("".join(f"cut\noff\n> <E>\n{k}.5\n\n$$$$\n" for k in range(3)))
    with pytest.raises(DataError, match="none of 3 rows can be used; the first: it is neither"):
        make_dataset(tmp_path / "cut.sdf", "E")


def test_properties_without_a_structure_are_a_row_with_their_text():
    [record] = split_sdf("> <E>\n1.5\n\n$$$$\n")
    assert record.structure == "> <E>\n1.5\n\n"
    assert (record.title, record.properties) == ("", {"E": "1.5"})


def test_a_missing_end_of_record_hides_no_molecule():
    assert [record.structure for record in split_sdf("".join(BLOCKS))] == BLOCKS


def test_a_file_without_molecules_is_an_error(tmp_path):
    (tmp_path / "none.xyz").write_text("\n \n\n")
    with pytest.raises(DataError, match="empty"):
        read_table(tmp_path / "none.xyz")


# Properties


@pytest.mark.parametrize(
    ("comment", "title", "properties"),
    [
        ("", "", {}),
        ("water", "water", {}),
        ("-76.4", "-76.4", {}),
        ("E = -76.4 after relaxation", "after relaxation", {"E": "-76.4"}),
        ('name=\'a b\' k="say \\"x\\""', "", {"name": "a b", "k": 'say "x"'}),
        ('Lattice="1 0 0 0 1 0 0 0 1" pbc="T T T" gap_eV=1.5', "", {"gap_eV": "1.5"}),
        ("forces=[[1, 2], [3, 4]] q={1 2} s=T", "", {"s": "T"}),
        ("a=1 a=2", "", {"a": "1"}),
        ("smiles=C=CC#N", "", {"smiles": "C=CC#N"}),
        ('broken="no end', 'broken="no end', {}),
    ],
)
def test_what_a_comment_says(comment, title, properties):
    assert read_comment(comment) == (title, properties)


def test_names_of_properties():
    block = BLOCKS[0]
    [record] = split_sdf(
        f"{block}>  25  <a b>  (3)\n1\n\n> <a b>\n2\n\n> DT12\n3\n\n> <empty>\n\n> <x>\n4\n\n5\n$$$$\n"
    )
    assert record.properties == {"a b": "1", "DT12": "3", "empty": "", "x": "4\n5"}


def test_properties_with_the_names_of_our_columns_are_kept_under_others(tmp_path):
    (tmp_path / "a.sdf").write_text(f"named{BLOCKS[0]}> <structure>\ncubic\n\n> <title>\nSir\n\n$$$$\n")
    table = read_table(tmp_path / "a.sdf")
    assert table.frame.columns.tolist() == ["structure", "title", "structure_property", "title_property"]
    assert table.frame.iloc[0, 1:].tolist() == ["named", "cubic", "Sir"]
    assert len(table.notes) == 2


# Splitters

values = st.text(
    st.characters(codec="ascii", exclude_characters=">$\r\n", categories=["L", "N", "P", "Zs"]), min_size=1
)
values = values.map(str.strip).filter(bool)
line_ends = st.sampled_from(["\n", "\r\n", "\r"])


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(BLOCKS), st.dictionaries(st.sampled_from("abcd"), values)), min_size=1, max_size=3
    ),
    line_ends,
    st.booleans(),
)
def test_sdf_comes_apart_as_it_was_put_together(records, line_end, ended):
    text = "$$$$\n".join(
        block + "".join(f"> <{name}>\n{value}\n\n" for name, value in properties.items())
        for block, properties in records
    )
    text += "$$$$\n" if ended else ""
    found = split_sdf(text.replace("\n", line_end))
    assert [(record.structure, record.properties) for record in found] == records


@given(st.lists(st.sampled_from(FRAMES), min_size=1, max_size=4), line_ends, st.integers(0, 3))
def test_xyz_comes_apart_as_it_was_put_together(frames, line_end, blanks):
    text = ("\n" * blanks).join(frames).replace("\n", line_end)
    assert [record.structure for record in split_xyz(text)] == frames


junk = st.lists(st.text(st.characters(codec="ascii", categories=["L", "P"]), min_size=1), min_size=1, max_size=3).map(
    lambda words: "".join(f"#{word}\n" for word in words)
)


@given(junk, st.integers(0, 2))
def test_junk_between_frames_is_a_record_and_spoils_no_frame(text, place):
    parts = [*FRAMES[:place], text, *FRAMES[place:3]]
    assert [record.structure for record in split_xyz("".join(parts))] == parts


@given(junk, st.integers(0, 2))
def test_junk_between_sdf_records_is_a_record_and_spoils_no_molecule(text, place):
    blocks = [*BLOCKS[:place], text + BLOCKS[place], *BLOCKS[place + 1 : 3]]
    found = [record.structure for record in split_sdf("$$$$\n".join(blocks))]
    assert found == [*BLOCKS[:place], text, *BLOCKS[place:3]]


@given(st.integers(0, sum(map(len, FRAMES))))
def test_a_truncated_xyz_keeps_all_whole_frames(length):
    text = "".join(FRAMES)[:length]
    found = [record.structure for record in split_xyz(text)]
    whole = [k for k in range(len(FRAMES) + 1) if len("".join(FRAMES[:k])) <= length][-1]
    assert found[:whole] == FRAMES[:whole]
    assert len(found) - whole in (0, 1)


@given(st.integers(0, sum(map(len, BLOCKS)) + 5 * len(BLOCKS)))
def test_a_truncated_sdf_keeps_all_whole_records(length):
    parts = [f"{block}$$$$\n" for block in BLOCKS]
    found = [record.structure for record in split_sdf("".join(parts)[:length])]
    whole = [k for k in range(len(parts) + 1) if len("".join(parts[:k])) <= length][-1]
    assert found[:whole] == BLOCKS[:whole]
    assert len(found) - whole in (0, 1)


@given(st.text())
def test_any_text_comes_apart_without_an_error(text):
    for split in (split_sdf, split_xyz):
        for record in split(text):
            assert record.structure.strip()


def test_one_atom():
    assert read_conformer(split_xyz("1\n\nHe 0 0 0")[0].structure).graph.symbols == ("He",)
    assert Atoms("He") == to_atoms(read_conformer("1\n\nHe 0 0 0\n"))
