from __future__ import annotations

import os
from pathlib import Path

import pytest

from prosopon.core.errors import FileExistsAlready, MediaError, UsageError
from prosopon.media.outputs import check_output, replacing


def test_a_new_file_is_fine(tmp_path: Path) -> None:
    check_output(tmp_path / "a.mp4", force=False, inputs=[None, tmp_path / "b.mp4"])
    check_output(tmp_path / "deep" / "er" / "a.MP4", force=False, inputs=[])
    check_output(tmp_path / "frames", force=False, inputs=[])
    assert list(tmp_path.iterdir()) == [], "asking makes nothing"


def test_existing_needs_force(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.touch()
    with pytest.raises(FileExistsAlready, match="--force"):
        check_output(path, force=False, inputs=[])
    check_output(path, force=True, inputs=[])


@pytest.mark.parametrize("way", ["same", "relative", "symlink", "hard link"])
def test_an_input_is_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    source = tmp_path / "a.mp4"
    source.touch()
    monkeypatch.chdir(tmp_path)
    output = {"same": source, "relative": Path("./a.mp4")}.get(way, tmp_path / "b.mp4")
    if way == "symlink":
        output.symlink_to(source)
    if way == "hard link":
        os.link(source, output)
    with pytest.raises(UsageError, match="overwrite the input"):
        check_output(output, force=True, inputs=[source])


def test_a_folder_around_an_input_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "000000.png").touch()
    with pytest.raises(UsageError, match="overwrite the input"):
        check_output(folder, force=True, inputs=[folder / "000000.png"])


def test_a_folder_of_other_files_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "Pictures"
    folder.mkdir()
    check_output(folder, force=False, inputs=[])  # empty
    (folder / "000000.png").touch()
    (folder / "timestamps.txt").touch()
    with pytest.raises(FileExistsAlready):
        check_output(folder, force=False, inputs=[])
    check_output(folder, force=True, inputs=[])
    (folder / "wedding.png").touch()
    with pytest.raises(UsageError, match="holds other files"):
        check_output(folder, force=True, inputs=[])


def test_unknown_suffix(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        check_output(tmp_path / "a.exe", force=False, inputs=[])
    check_output(tmp_path / "a.json", force=False, inputs=[], suffixes=(".json",))


def test_parent_that_cannot_be_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is not a folder"):
        check_output(tmp_path / "file" / "a.mp4", force=False, inputs=[])
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match="write-protected"):
        check_output(tmp_path / "a.mp4", force=False, inputs=[])


def test_a_file_name_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        check_output(tmp_path / "a.mp4", force=True, inputs=[])


def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").symlink_to(tmp_path / "b.mp4")
    (tmp_path / "b.mp4").symlink_to(tmp_path / "a.mp4")
    with pytest.raises(UsageError):
        check_output(tmp_path / "a.mp4", force=True, inputs=[tmp_path / "b.mp4"])


def test_the_result_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.mp4"
    with replacing(path) as temporary:
        assert temporary.parent == path.parent
        assert temporary.suffix == ".mp4"
        temporary.write_text("made")
        assert not path.exists()
    assert path.read_text() == "made"
    assert [file.name for file in path.parent.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_failure_keeps_the_old_and_leaves_no_trace(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), replacing(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(error), replacing(tmp_path / "x" / "y" / "a.txt"):
        raise error
    assert not (tmp_path / "x").exists()


def test_folders_are_replaced_too(tmp_path: Path) -> None:
    path = tmp_path / "frames"
    for content in ("one", "two"):
        with replacing(path) as temporary:
            temporary.mkdir()
            (temporary / content).touch()
        assert [file.name for file in path.iterdir()] == [content]
    with pytest.raises(ValueError, match="no"), replacing(path) as temporary:
        temporary.mkdir()
        (temporary / "three").touch()
        raise ValueError("no")
    assert [file.name for file in path.iterdir()] == ["two"]
    assert [file.name for file in tmp_path.iterdir()] == ["frames"]


def test_writing_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"a\.mp4"), replacing(tmp_path / "a.mp4"):
        pass


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no room left"), replacing(tmp_path / "a.mp4"):
        raise OSError(28, "No space left on device")


def test_a_name_that_no_disk_takes(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="name too long"):
        check_output(tmp_path / ("a" * 300 + ".mp4"), force=False, inputs=[])


def test_a_very_long_name(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 250 + ".mp4")
    with replacing(path) as temporary:
        temporary.touch()
    assert path.exists()
