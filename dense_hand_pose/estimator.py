# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The one path from a depth frame to a hand pose that node, evaluation and demo share."""

from collections.abc import Sequence
from dataclasses import dataclass
import time

import numpy as np
import numpy.typing as npt

from .backends.base import Backend, Result
from .backends.choice import make_backend
from .backends.model import Model
from .camera import Intrinsics
from .crop import BACKGROUND, crop_depth, CropWindow
from .decoding_config import DecodingConfig
from .depth import check_depth, DepthImage
from .localization.nearest import propose_centers
from .network.weight_file import find_weights
from .skeleton import HAND_21

Array = npt.NDArray[np.float32]
ROI_MODES = ('tracked', 'nearest')

_MIN_FOREGROUND_PX = 100
"""Crop pixels (of 16,384) below which there is nothing to look at."""
_MIN_Z_M = 0.01
_REFINEMENTS = 2
_FINALISTS = 3


@dataclass(frozen=True, kw_only=True)
class EstimatorConfig:
    """
    How frames are searched and votes merged; may be replaced between frames.

    ``roi_mode``: 'tracked' puts the cube where the last pose was and searches when it is lost,
    'nearest' searches every frame. ``min_confidence``: no hand where the mean confidence is lower.
    """

    cube_size_m: float = 0.30
    depth_min_m: float = 0.15
    depth_max_m: float = 1.2
    candidates: int = 5
    bandwidth_m: float = 0.04
    iterations: int = 10
    weighted: bool = True
    min_confidence: float = 0.35
    roi_mode: str = 'tracked'

    def __post_init__(self) -> None:
        """Check the ranges; errors name the value."""
        if not 0.1 <= self.cube_size_m <= 1.0:
            raise ValueError(f'cube_size_m = {self.cube_size_m}: expected 0.1 to 1.0 m')
        if not 0.0 < self.depth_min_m < self.depth_max_m <= 20.0:
            raise ValueError(
                f'depth_min_m = {self.depth_min_m}, depth_max_m = {self.depth_max_m}: '
                'expected 0 < min < max <= 20 m'
            )
        if not 0.0 <= self.min_confidence <= 1.0:
            raise ValueError(f'min_confidence = {self.min_confidence}: expected 0 to 1')
        if self.roi_mode not in ROI_MODES:
            raise ValueError(f'roi_mode = {self.roi_mode!r}: expected {" or ".join(ROI_MODES)}')
        self.decoding()

    def decoding(self) -> DecodingConfig:
        """Return the part that concerns the merging of votes."""
        return DecodingConfig(
            candidates=self.candidates,
            bandwidth_m=self.bandwidth_m,
            iterations=self.iterations,
            weighted=self.weighted,
        )


@dataclass(frozen=True)
class HandPose:
    """
    A hand in one frame; metres, camera optical frame, joints in the order of HAND_21.

    joints (21, 3); confidence (21,) in [0, 1]; spread (21,): root mean square distance of a
    joint's votes; center (3,) and cube_size_m: the cube that was looked at; votes (21, K, 3) and
    vote_weights (21, K) in [0, 1]; stages_ms: localize, crop, network (with decoding) and total.
    """

    joints: Array
    confidence: Array
    spread: Array
    center: Array
    cube_size_m: float
    votes: Array
    vote_weights: Array
    stages_ms: dict[str, float]
    names: tuple[str, ...] = HAND_21.joints


class HandPoseEstimator:
    """
    Depth frame and intrinsics in, hand pose out; keeps the track of one hand.

    Not thread-safe: one thread owns an estimator.
    """

    def __init__(self, backend: Backend, config: EstimatorConfig | None = None) -> None:
        self.config = config or EstimatorConfig()
        self._backend = backend
        self._track: npt.NDArray[np.float64] | None = None

    @classmethod
    def load(
        cls,
        name_or_path: str = 'default',
        backend: str = 'auto',
        config: EstimatorConfig | None = None,
        threads: int = 0,
        precision: str = 'auto',
    ) -> 'HandPoseEstimator':
        """
        Load a shipped model by name, or a .safetensors file, onto a backend.

        ``threads``: CPU threads of the runtime; 0 leaves their number to it. ``precision``:
        'auto' is the fastest that agrees with float32.

        Raises WeightsError (a ValueError) for a missing or unusable file, ValueError for an
        unknown backend or precision and BackendError when one asked for by name cannot run.
        """
        model = Model(find_weights(name_or_path))
        return cls(make_backend(backend, model, threads=threads, precision=precision), config)

    @property
    def backend_name(self) -> str:
        """Return the name of the backend that runs the network."""
        return self._backend.name

    @property
    def precision(self) -> str:
        """Return what the network computes in: float32, bfloat16 or float16."""
        return self._backend.precision

    def reset(self) -> None:
        """Forget the track: the next frame is searched."""
        self._track = None

    def estimate(
        self,
        depth: DepthImage,
        intrinsics: Intrinsics,
        center: Sequence[float] | npt.NDArray[np.floating] | None = None,
        *,
        unit_m: float = 1.0,
    ) -> HandPose | None:
        """
        Estimate the hand of one frame; None where there is no hand.

        depth: (H, W) in units of ``unit_m`` metres: float32 metres as they are, or a camera's raw
        uint16 with unit_m = 0.001. NaN, Inf, 0 and negative depths are invalid pixels. ``center``
        (3,) in metres puts the cube there, without search or track. Raises ValueError for arrays
        of a wrong shape or type and for a centre behind the camera.
        """
        check_depth(depth, unit_m)
        frame = _Frame(depth, unit_m, intrinsics, _Clock())
        if center is not None:
            return self._accept(frame, self._look(frame, [_checked_center(center)]))
        if self._track is not None and self._may_follow(self._track):
            pose = self._accept(frame, self._look(frame, [self._track]))
            if pose is not None:
                return self._follow(pose)
        return self._follow(self._search(frame))

    def _may_follow(self, track: npt.NDArray[np.float64]) -> bool:
        config = self.config
        in_range = config.depth_min_m <= track[2] <= config.depth_max_m
        return config.roi_mode == 'tracked' and bool(in_range)

    def _search(self, frame: '_Frame') -> HandPose | None:
        config = self.config
        with frame.clock.stage('localize'):
            centers = propose_centers(
                frame.depth, frame.unit_m, frame.intrinsics, config.depth_min_m, config.depth_max_m
            )
        seen = self._look(frame, centers)
        for _ in range(_REFINEMENTS):
            if seen is None:
                return None
            closer = self._look(frame, seen.likeliest())
            seen = closer if closer is not None and closer.score >= seen.score else seen
        return self._accept(frame, seen)

    def _look(
        self, frame: '_Frame', centers: Sequence[npt.NDArray[np.floating]]
    ) -> '_Look | None':
        """Run the network on a cube around each centre; None when all of them are empty."""
        size_m = self.config.cube_size_m
        with frame.clock.stage('crop'):
            windows, crops = [], []
            for x, y, z in np.asarray(centers, np.float64).reshape(-1, 3):
                if z <= self.config.depth_min_m / 2:
                    continue
                window = CropWindow((float(x), float(y), float(z)), size_m, frame.intrinsics)
                crop = crop_depth(frame.depth, window, frame.unit_m)
                if np.count_nonzero(crop < BACKGROUND) >= _MIN_FOREGROUND_PX:
                    windows.append(window.center_m)
                    crops.append(crop)
        if not crops:
            return None
        with frame.clock.stage('network'):
            at = np.array(windows, np.float32)
            sizes = np.full(len(at), size_m, np.float32)
            result = self._backend.run(np.stack(crops), at, sizes, self.config.decoding())
        scores = result.confidence.mean(axis=1)
        best = int(scores.argmax())
        return _Look(result, best, float(scores[best]), at[best])

    def _accept(self, frame: '_Frame', look: '_Look | None') -> HandPose | None:
        if look is None or look.score < self.config.min_confidence:
            return None
        result, i = look.result, look.best
        joints = result.joints_m[i].copy()
        joints[:, 2] = np.maximum(joints[:, 2], _MIN_Z_M)
        return HandPose(
            joints=joints,
            confidence=result.confidence[i],
            spread=result.spread_m[i],
            center=look.center_m,
            cube_size_m=self.config.cube_size_m,
            votes=result.votes_m[i],
            vote_weights=result.vote_weights[i],
            stages_ms=frame.clock.stages_ms(),
        )

    def _follow(self, pose: HandPose | None) -> HandPose | None:
        self._track = None if pose is None else pose.joints.mean(axis=0).astype(np.float64)
        return pose


@dataclass(frozen=True)
class _Look:
    """What the network saw in one or more cubes, and in which it believes most."""

    result: Result
    best: int
    score: float
    center_m: Array

    def likeliest(self) -> list[Array]:
        """Return where the likeliest hands themselves are, to look there again."""
        order = self.result.confidence.mean(axis=1).argsort()[::-1]
        return list(self.result.joints_m[order[:_FINALISTS]].mean(axis=1))


@dataclass(frozen=True)
class _Frame:
    depth: DepthImage
    unit_m: float
    intrinsics: Intrinsics
    clock: '_Clock'


class _Clock:
    """Adds up what each stage of a frame takes."""

    def __init__(self) -> None:
        self._begin = time.perf_counter()
        self._spent_s = dict.fromkeys(('localize', 'crop', 'network'), 0.0)
        self._stage, self._stage_begin = '', 0.0

    def stage(self, name: str) -> '_Clock':
        self._stage = name
        return self

    def __enter__(self) -> None:
        self._stage_begin = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._spent_s[self._stage] += time.perf_counter() - self._stage_begin

    def stages_ms(self) -> dict[str, float]:
        total_s = time.perf_counter() - self._begin
        return {name: 1000.0 * s for name, s in {**self._spent_s, 'total': total_s}.items()}


def _checked_center(
    center: Sequence[float] | npt.NDArray[np.floating],
) -> npt.NDArray[np.float64]:
    values = np.asarray(center, dtype=np.float64)
    if values.shape != (3,) or not np.isfinite(values).all() or values[2] <= 0.0:
        raise ValueError(f'center = {center!r}: expected three finite metres with z > 0')
    return values
