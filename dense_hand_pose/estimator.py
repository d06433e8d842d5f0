# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The one path from a depth frame to a hand pose that node, evaluation and demo share."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .backends.base import Backend
from .backends.choice import make_backend
from .backends.model import Model
from .camera import Intrinsics
from .depth import check_depth, DepthImage
from .estimation.clock import Clock
from .estimation.config import EstimatorConfig as EstimatorConfig
from .estimation.look import Frame, Look, look
from .estimation.pose import HandPose as HandPose
from .localization.nearest import propose_centers
from .network.weight_file import find_weights, WeightsError

_MIN_Z_M = 0.01
_REFINEMENTS = 2


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
        if config is not None and config.roi_mode == 'detector':
            raise WeightsError(
                "roi_mode 'detector': no weights of a hand detector are installed; "
                "use roi_mode 'tracked' or 'nearest'"
            )
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
        frame = Frame(depth, unit_m, intrinsics, Clock())
        if center is not None:
            return self._accept(frame, self._look(frame, [_checked_center(center)]))
        if self._track is not None and self._may_follow(self._track):
            pose = self._accept(frame, self._look(frame, [self._track]))
            if pose is not None:
                return self._follow(pose)
        return self._follow(self._search(frame))

    def estimate_hands(
        self, depth: DepthImage, intrinsics: Intrinsics, *, unit_m: float = 1.0
    ) -> list[HandPose]:
        """Estimate the hands of one frame, in the order of their hand_id; depth as above."""
        pose = self.estimate(depth, intrinsics, unit_m=unit_m)
        return [] if pose is None else [pose]

    def _may_follow(self, track: npt.NDArray[np.float64]) -> bool:
        config = self.config
        in_range = config.depth_min_m <= track[2] <= config.depth_max_m
        return config.roi_mode == 'tracked' and bool(in_range)

    def _search(self, frame: Frame) -> HandPose | None:
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

    def _look(self, frame: Frame, centers: Sequence[npt.NDArray[np.floating]]) -> Look | None:
        return look(self._backend, frame, centers, self.config)

    def _accept(self, frame: Frame, seen: Look | None) -> HandPose | None:
        if seen is None or seen.score < max(self.config.min_confidence, self.config.min_score):
            return None
        result, i = seen.result, seen.best
        joints = result.joints_m[i].copy()
        joints[:, 2] = np.maximum(joints[:, 2], _MIN_Z_M)
        return HandPose(
            joints=joints,
            confidence=result.confidence[i],
            spread=result.spread_m[i],
            center=seen.center_m,
            cube_size_m=self.config.cube_size_m,
            votes=result.votes_m[i],
            vote_weights=result.vote_weights[i],
            stages_ms=frame.clock.stages_ms(),
            score=seen.score,
        )

    def _follow(self, pose: HandPose | None) -> HandPose | None:
        self._track = None if pose is None else pose.joints.mean(axis=0).astype(np.float64)
        return pose


def _checked_center(
    center: Sequence[float] | npt.NDArray[np.floating],
) -> npt.NDArray[np.float64]:
    values = np.asarray(center, dtype=np.float64)
    if values.shape != (3,) or not np.isfinite(values).all() or values[2] <= 0.0:
        raise ValueError(f'center = {center!r}: expected three finite metres with z > 0')
    return values
