"""An artifact of two gigabytes passes up and down through every role in constant memory."""

import hashlib
from collections.abc import Iterator

import pytest
from conftest import Deploy
from harness.memory import peak_memory
from harness.wire import ARTIFACTS, Wire

MEBIBYTE = 1 << 20
GIGABYTE = 1000**3
# Read by every byte, and too large to be made anew for each piece.
PIECE = hashlib.shake_256(b"large").digest(MEBIBYTE)


@pytest.mark.timeout(600)
def test_a_very_large_artifact_up_and_down(deploy: Deploy) -> None:
    pieces = 2 * GIGABYTE // MEBIBYTE
    deployment = deploy()
    deployment.start()
    wire = Wire(deployment.apis[0].url, timeout=120)
    path = f"0/{wire.new_run('0')}/artifacts/large.bin"
    sent, received = hashlib.sha256(), hashlib.sha256()
    with peak_memory(*deployment.roles) as peaks:
        wire.request("PUT", f"{ARTIFACTS}/{path}", data=content(pieces, sent)).ok()
        deployment.await_uploads(limit=240)
        deployment.await_empty_spool()
        with wire.session.get(f"{wire.url}{ARTIFACTS}/{path}", stream=True, timeout=60) as response:
            assert response.status_code == 200
            for piece in response.iter_content(MEBIBYTE):
                received.update(piece)
    assert received.hexdigest() == sent.hexdigest()
    used = {process.role: peak // MEBIBYTE for process, peak in zip(deployment.roles, peaks, strict=True)}
    assert max(used.values()) < 100, f"MiB by role: {used}"


def content(pieces: int, digest: "hashlib._Hash") -> Iterator[bytes]:
    """Mebibytes, no two alike."""
    for number in range(pieces):
        piece = number.to_bytes(8) + PIECE[8:]
        digest.update(piece)
        yield piece
