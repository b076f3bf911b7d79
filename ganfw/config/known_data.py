"""Collections of pictures that people ask for and no dataset here holds: where they are found."""

from __future__ import annotations

import re

_PLACES = {
    "FFHQ, 70,000 faces, is at github.com/NVlabs/ffhq-dataset": "ffhq flickrfaceshq",
    "MetFaces, faces in art, is at github.com/NVlabs/metfaces-dataset": "metfaces metface",
    "CelebA-HQ, 30,000 faces, is at github.com/switchablenorms/CelebAMask-HQ": (
        "celebahq celebamaskhq"
    ),
    "LSUN is at github.com/fyu/lsun, whose data.py exports its pictures": (
        "lsun lsunbedroom lsunchurch lsuncat lsuncar bedroom church"
    ),
    "COCO is at cocodataset.org": "coco mscoco cocodataset",
    "CUB-200-2011, birds, is at www.vision.caltech.edu/datasets/cub_200_2011": (
        "cub cubbirds birds caltechbirds"
    ),
    "LAION is a list of addresses, whose pictures github.com/rom1504/img2dataset fetches": (
        "laion laionaesthetics"
    ),
    "the pairs of pix2pix and CycleGAN are at github.com/junyanz/pytorch-CycleGAN-and-pix2pix": (
        "facades edges2shoes edges2handbags maps cityscapes horse2zebra"
    ),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names.split()}


def where_found(name: str) -> str:
    """What follows an error about the dataset ``name``, such as ``FFHQ`` or ``ffhq-256``, that says
    where its pictures are; nothing for an unknown one."""
    plain = "".join(filter(str.isalnum, name.lower()))
    place = _PLACE_OF.get(plain) or _PLACE_OF.get(re.sub(r"\d+(m|b|x\d+)?$", "", plain))
    return f": {place}; download and unpack it, then ganfw run ./FOLDER" if place else ""
