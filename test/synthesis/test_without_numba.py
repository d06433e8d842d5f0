# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in for numba does the same as what numba compiles; the rest names the remedy."""

from collections.abc import Iterator
from pathlib import Path
import subprocess
import sys

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.kinematics.anatomy import LIMITS_DEG
from dense_hand_pose.synthesis.crops import sample_window
from dense_hand_pose.synthesis.hand import kinematics
from dense_hand_pose.synthesis.hand.gestures import Motion
from dense_hand_pose.synthesis.hand.kinematics import bone_angles
from dense_hand_pose.synthesis.hand.model import HandModel
from dense_hand_pose.synthesis.hand_stream import GestureSequence
from dense_hand_pose.synthesis.objects.shapes import Mesh
from dense_hand_pose.synthesis.scenes.hand_scene import sample_scene
from dense_hand_pose.synthesis.sensor import noise_kernels, noise_numpy, raster, raster_numpy
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import numpy.typing as npt
import pytest

ROOT = Path(__file__).parents[2]
Depth = npt.NDArray[np.float32]
K = (475.0, 470.0, 30.5, 20.0)
VGA = (475.0, 475.0, 319.5, 239.5)


def hand_of_the_demo(t_s: float) -> Mesh:
    """Return the mesh of a hand in the camera frame, in the middle of the image of VGA."""
    model, state = HandModel.load(), Motion(3).at(t_s)
    hand = model.pose(state.dof_deg, np.ones((21, 3)))
    centred = hand.vertices_m - hand.joints_m.mean(axis=0)
    placed = centred @ state.rotation.T + (0.0, 0.0, 0.45)
    return Mesh(placed.astype(np.float32), model.triangles)


def both_buffers(
    meshes: list[Mesh],
    k: tuple[float, float, float, float],
    columns: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
) -> tuple[tuple[Depth, Depth], tuple[Depth, Depth]]:
    """Return inverse z and facing as compiled, and as NumPy draws them."""
    shape = (len(rows), len(columns))
    compiled, plain = ((np.zeros(shape, np.float32), np.zeros(shape, np.float32)) for _ in '12')
    for vertices, triangles, _ in meshes:
        raster._draw(vertices, triangles, k, columns, rows, *compiled)
        raster_numpy.draw(vertices, triangles, k, columns, rows, *plain)
    return compiled, plain


@pytest.mark.parametrize('seed', range(6))
def test_whole_scenes_are_drawn_alike(seed: int) -> None:
    scene = sample_scene(np.random.default_rng(seed))
    window = sample_window(np.random.default_rng(seed), scene)
    columns, rows = (np.unique(pixels) for pixels in window.read_indices())
    k = scene.intrinsics
    compiled, plain = both_buffers(scene.meshes, (k.fx, k.fy, k.cx, k.cy), columns, rows)
    seen = compiled[0] > 0.0
    assert np.mean(compiled[0] == plain[0]) > 0.9995, 'a pixel on the very edge may differ'
    same = seen & (compiled[0] == plain[0])
    assert np.count_nonzero(same) > 100
    np.testing.assert_allclose(plain[1][same], compiled[1][same], atol=1e-4)


@pytest.mark.parametrize('t_s', [0.0, 2.7, 8.4, 9.1])
def test_the_hand_of_the_demo_is_drawn_alike(t_s: float) -> None:
    columns, rows = np.arange(160, 480), np.arange(80, 400)
    compiled, plain = both_buffers([hand_of_the_demo(t_s)], VGA, columns, rows)
    seen = compiled[0] > 0.0
    assert np.count_nonzero(seen) > 5000
    assert np.mean((plain[0] > 0.0) == seen) > 0.9999
    both = seen & (plain[0] > 0.0)
    error_m = np.abs(1.0 / compiled[0][both] - 1.0 / plain[0][both])
    assert np.mean(error_m < 0.001) > 0.999
    assert np.median(error_m) < 1e-7


SIDE = st.one_of(st.floats(-0.25, 0.25, width=32), st.sampled_from([0.0, 0.05]))
CORNER = st.tuples(
    SIDE, SIDE, st.one_of(st.floats(0.25, 2.0, width=32), st.sampled_from([-0.5, 0.0, 0.02, 0.5]))
)


@given(st.lists(CORNER, min_size=3, max_size=12), st.integers(1, 5), st.integers(1, 40))
@settings(max_examples=80, deadline=None)
def test_any_triangles_are_drawn_alike(
    corners: list[tuple[float, float, float]], gap: int, width: int
) -> None:
    vertices = np.array(corners, np.float32)
    triangles = np.array([(i, i + 1, i + 2) for i in range(len(vertices) - 2)], np.int32)
    columns, rows = np.arange(width) * gap, np.arange(3, 33)
    compiled, plain = both_buffers([Mesh(vertices, triangles)], K, columns, rows)
    # What differs lies within rounding of an edge: not in the grid moved by a hair.
    if np.any(compiled[0] != plain[0]):
        moved = (K[0], K[1], K[2] + 0.0123, K[3] + 0.0371)
        compiled, plain = both_buffers([Mesh(vertices, triangles)], moved, columns, rows)
    np.testing.assert_allclose(plain[0], compiled[0], rtol=1e-6)


def noisy_hand() -> tuple[Depth, Depth, npt.NDArray[np.int64]]:
    """Return depth, facing and columns of a hand before nothing."""
    columns = np.arange(160, 480)
    buffer = raster.DepthBuffer(Intrinsics(*VGA), columns, np.arange(80, 400))
    buffer.draw(*hand_of_the_demo(4.0))
    return buffer.depth_m(), buffer.facing, columns


class OneByOne(np.random.Generator):
    """Gives `noise_numpy.jitter` the numbers in the order in which the compiled one takes them."""

    def __init__(self, seed: int, grain: int, shape: tuple[int, ...]) -> None:
        super().__init__(np.random.PCG64(seed))
        source, blocks = np.random.default_rng(seed), shape[1] // grain + 1
        drawn = [
            (source.standard_normal(), source.standard_normal(), source.random(), source.random())
            for _ in range(-(-shape[0] // grain) * blocks)
        ]
        self.parts: Iterator[npt.NDArray[np.float64]] = iter(
            np.array(drawn).reshape(-1, blocks, 2, 2).swapaxes(0, 2).swapaxes(1, 2)
        )

    def standard_normal(self, size: object) -> npt.NDArray[np.float64]:  # type: ignore[override]
        """Return the next part that was drawn beforehand."""
        part = next(self.parts)
        assert part.shape == size
        return part

    random = standard_normal  # type: ignore[assignment]


@pytest.mark.parametrize('grain', [1, 2, 5])
@pytest.mark.parametrize('step', [(1.0, 1.0), (2.3, 1.7)])
def test_pixels_jitter_alike(grain: int, step: tuple[float, float]) -> None:
    z, facing, _ = noisy_hand()
    arguments = (z, facing, (0.8, 0.035), step, grain, 475.0)
    compiled = noise_kernels.jitter(*arguments, np.random.default_rng(9))
    plain = noise_numpy.jitter(*arguments, OneByOne(9, grain, z.shape))
    for one, other in zip(compiled, plain, strict=True):
        assert np.mean(one == other) > 0.9999
    assert np.count_nonzero(compiled[0] != z) > 100


def test_depth_is_disturbed_alike() -> None:
    z, facing, columns = noisy_hand()
    z[z == 0.0] = 1.0  # a wall, on which the hand throws a shadow
    results = []
    for kernels in (noise_kernels, noise_numpy):
        rng, depth = np.random.default_rng(4), z.copy()
        kernels.occlude(depth, columns, 475.0 * 0.025)
        shadow = np.count_nonzero(depth == 0.0)
        depth = kernels.drop_out(depth, facing, (0.01, 0.2, 0.5), rng)
        kernels.structured_light(depth, facing, 1.2, rng)
        kernels.quantise(depth, 1.0 / 351.3)
        kernels.finish(depth, 0.003, 0.001)
        results.append(depth)
        assert 100 < shadow < 0.2 * z.size
    assert np.mean(results[0] == results[1]) > 0.9995
    assert np.mean(np.abs(results[0] - z)[results[0] > 0]) > 0.001


@pytest.mark.parametrize('shape', [(1, 1), (1, 7), (7, 1), (2, 2)])
def test_the_smallest_images_are_disturbed_alike(shape: tuple[int, int]) -> None:
    for value in (0.0, 0.5):
        z, facing = np.full(shape, value, np.float32), np.ones(shape, np.float32)
        results = []
        for kernels in (noise_kernels, noise_numpy):
            rng, depth = np.random.default_rng(4), z.copy()
            kernels.occlude(depth, np.arange(shape[1]), 10.0)
            depth = kernels.drop_out(depth, facing, (0.3, 0.2, 0.5), rng)
            kernels.structured_light(depth, facing, 1.0, rng)
            results.append(depth)
        np.testing.assert_array_equal(*results)


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_hands_are_posed_alike(seed: int) -> None:
    rng, model = np.random.default_rng(seed), HandModel.load()
    angles = bone_angles(rng.uniform(LIMITS_DEG[:, 0], LIMITS_DEG[:, 1]))
    scale = model.sample_scale(rng)
    frames = kinematics.pose_bones(model.zero_local_m, model.parent, scale, angles)
    skinned = (model.vertices_m, model.weight_bone, model.weight, frames, scale)
    compiled = kinematics.skin(*skinned, model.inverse_bind)
    np.testing.assert_allclose(
        kinematics.skin_in_numpy(*skinned, model.inverse_bind), compiled, atol=1e-6
    )


def without(name: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process that cannot import a package."""
    blocked = f'import sys; sys.modules[{name!r}] = None\n{code}'
    return subprocess.run(
        [sys.executable, '-c', blocked], capture_output=True, text=True, cwd=ROOT, timeout=300
    )


def test_the_synthetic_camera_films_without_numba(tmp_path: Path) -> None:
    done = without(
        'numba',
        'import numpy as np\n'
        'from dense_hand_pose.synthesis.hand_stream import GestureSequence\n'
        'frame = GestureSequence(seed=5).frame(3.0)\n'
        f'np.savez({str(tmp_path / "frame.npz")!r}, d=frame.depth_mm, j=frame.joints_m)\n',
    )
    assert done.returncode == 0, done.stderr
    plain = np.load(tmp_path / 'frame.npz')
    compiled = GestureSequence(seed=5).frame(3.0)
    np.testing.assert_allclose(plain['j'], compiled.joints_m, atol=1e-9)
    depths = [depth.astype(float) for depth in (plain['d'], compiled.depth_mm)]
    near = [(depth > 0) & (depth < 800) for depth in depths]
    assert np.mean(near[0] ^ near[1]) < 0.1 * np.mean(near[1]), 'other pixels of the same hand'
    both = near[0] & near[1]
    # Two draws of the same noise, sd 1.2 mm each beside rare larger errors.
    assert abs(np.median((depths[0] - depths[1])[both])) <= 1.0
    assert np.mean(np.abs(depths[0] - depths[1])[both] < 6.0) > 0.9


NEEDS = [
    ('numba', ['render']),
    ('torch', ['train', '--config', 'config/train/default.yaml']),
]


@pytest.mark.parametrize(('name', 'words'), NEEDS)
def test_a_command_names_the_extra_that_it_needs(
    name: str, words: list[str], tmp_path: Path
) -> None:
    words = [*words, '--out', str(tmp_path / 'hands.png')]
    done = without(name, f'from dense_hand_pose.cli import main\nsys.exit(main({words!r}))')
    assert done.returncode == 1, done.stderr
    assert done.stderr.count('\n') == 1, done.stderr
    extra = {'numba': 'synthesis', 'torch': 'train'}[name]
    assert f"this needs {name}, which is not installed: pip install '.[{extra}]'" in done.stderr
