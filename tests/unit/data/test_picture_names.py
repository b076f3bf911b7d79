"""Which files count as pictures, and what is said of the others."""

from __future__ import annotations

import pytest

from ganfw import find_pictures


def test_all_that_pillow_reads_counts() -> None:
    names = [
        f"a.{suffix}"
        for suffix in (
            "png",
            "apng",
            "jpg",
            "JPEG",
            "jfif",
            "jpe",
            "webp",
            "gif",
            "bmp",
            "dib",
            "tif",
            "tiff",
            "ppm",
            "pgm",
            "pbm",
            "pfm",
            "avif",
            "jp2",
            "tga",
            "ico",
            "pcx",
            "sgi",
            "mpo",
            "qoi",
            "psd",
        )
    ]
    assert find_pictures(names).names == tuple(sorted(names))
    for name in ("a.pdf", "a.eps", "a.mpg", "a.h5", "a.txt", "a.png.json", "png", "a"):
        assert find_pictures([name]).names == ()
    assert find_pictures(["a", "b"], known={"b"}).names == ("b",)


@pytest.mark.parametrize(
    "folder",
    ["@eaDir/b.png", "#recycle", "@Recycle", "$RECYCLE.BIN/S-1", "System Volume Information",
     "lost+found", "__MACOSX", "#snapshot", "@__thumb", "FOUND.000",
     "@SynoResource", "~snapshot", "Network Trash Folder", "My.lrdata"],
)  # fmt: skip
def test_what_systems_put_beside_pictures_is_no_data(folder: str) -> None:
    good = ["cat/1.png", "dog/1.png"]
    side = [f"{folder}/x.png", f"cat/{folder}/1.jpg"]
    found = find_pictures([*good, *side])
    assert (found.names, found.classes) == (tuple(good), ("cat", "dog"))
    assert found.left_out == f"2 in {folder.partition('/')[0]}"


def test_folders_of_runs_are_no_data() -> None:
    run = [f"runs/0001-a/{name}" for name in ("config.toml", "provenance.json", "samples/1.png")]
    others = ["a.png", "runs/0002-b/config.toml", "runs/0002-b/1.png", "provenance.json"]
    found = find_pictures([*run, *others])
    assert found.names == ("a.png", "runs/0002-b/1.png")
    assert found.left_out == "1 in folders of runs"
    assert find_pictures(["config.toml", "provenance.json", "samples/1.png"]).names == ()


def test_what_looks_like_a_picture_is_not_left_out_without_a_word() -> None:
    names = ["1.heicx", "2.CR2", "3.nef", "4.jpg_large", "5.png.1", ".hidden/6.png", ".7.png"]
    quiet = ["._8.png", "notes.txt", "9.png.txt", "10.jpg.json", ".git/x.svg", "Thumbs.db"]
    assert find_pictures([*names, *quiet, "good.png"]).left_out == (
        "2 hidden, 1 × .cr2 (convert them), 1 × .jpg_large (rename them), 1 × .nef (convert them), "
        "1 × .png.1 (rename them)"
    )
    assert find_pictures(quiet).left_out == ""
    names = ["a.jpg.crdownload", "b.PNG.part", "c.zip", "d.MP4", "e.jpg.bak"]
    assert find_pictures(names).left_out == (
        "1 × .crdownload (not downloaded to the end), 1 × .jpg.bak (rename them), 1 × .mp4 (videos)"
        ", 1 × .part (not downloaded to the end), 1 × .zip (unpack them)"
    )
