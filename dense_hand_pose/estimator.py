# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""From depth frames to hand poses: the one estimator that node, evaluation and demo share."""

from collections.abc import Sequence

from dense_hand_pose.camera.depth_image import check_depth, DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.detection.factory import make_localizer
from dense_hand_pose.detection.nearest_surface import NearestSurfaces
from dense_hand_pose.detection.proposals import Candidate, Localizer
from dense_hand_pose.estimation.config import EstimatorConfig as EstimatorConfig
from dense_hand_pose.estimation.crop_estimate import (
    CropEstimate,
    DepthFrame,
    estimate_crops,
    StageClock,
)  # fmt: skip
from dense_hand_pose.estimation.hand_fits import fit_alone, HandFits
from dense_hand_pose.estimation.hand_pose import hand_pose
from dense_hand_pose.estimation.hand_pose import HandPose as HandPose
from dense_hand_pose.estimation.let_go import LetGo
from dense_hand_pose.estimation.search import BesideTracks, HandSearch
from dense_hand_pose.network.score_settings import ScoreSettings
from dense_hand_pose.runtimes.base import Backend
from dense_hand_pose.runtimes.registry import find_model, make_backend
from dense_hand_pose.tracking.tracker import FRAME_S, Tracker, TrackMatch
import numpy as np
import numpy.typing as npt

Matches = list[TrackMatch[CropEstimate]]


class HandPoseEstimator:
    """
    Depth frame and intrinsics in, hand poses out; tracks hands from frame to frame.

    Not thread-safe: one thread owns an estimator.
    """

    def __init__(
        self,
        backend: Backend,
        config: EstimatorConfig | None = None,
        localizer: Localizer | None = None,
        scores: ScoreSettings | None = None,
    ) -> None:
        """
        Take the backend of the network and a localizer, by default NearestSurfaces.

        ``scores``: what the scores of the network mean, as its weight file has it.
        """
        self.config = config or EstimatorConfig()
        self._backend, self._localizer = backend, localizer or NearestSurfaces()
        self.scores = scores or ScoreSettings()
        self._search = HandSearch(backend, self._localizer, self.scores.hopeless_score)
        self._tracker: Tracker[CropEstimate] = Tracker()
        self._fits = HandFits()
        self._let_go = LetGo()
        self._frames = 0

    @classmethod
    def load(
        cls,
        name_or_path: str = 'auto',
        backend: str = 'auto',
        config: EstimatorConfig | None = None,
        threads: int = 0,
        precision: str = 'auto',
    ) -> 'HandPoseEstimator':
        """
        Load a shipped model by name, or a .safetensors file, onto a backend.

        'auto': the shipped model for the backend's device (runtimes/registry.py).
        ``threads``: CPU threads of the runtime; 0 leaves their number to it. ``precision``:
        'auto' is the fastest that agrees with float32.

        Raises WeightsError (a ValueError) for a missing or unusable file, also where roi_mode
        needs a detector that is not installed, ValueError for an
        unknown backend or precision and BackendError when one asked for by name cannot run.
        """
        config = config or EstimatorConfig()
        model = find_model(name_or_path, backend)
        scores = model.scores
        localizer = make_localizer(config.roi_mode, backend, threads, precision, scores)
        made = make_backend(backend, model, threads=threads, precision=precision)
        return cls(made, config, localizer, scores)

    def without_past(self, config: EstimatorConfig | None = None) -> 'HandPoseEstimator':
        """Return an estimator with the same networks, which has seen no frame."""
        return HandPoseEstimator(
            self._backend, config or self.config, self._localizer, self.scores
        )

    @property
    def backend_name(self) -> str:
        """Return the name of the backend that runs the network."""
        return self._backend.name

    @property
    def precision(self) -> str:
        """Return the precision of the network: float32, bfloat16 or float16."""
        return self._backend.precision

    @property
    def searches(self) -> int:
        """Return the number of frames in which the localizer was used."""
        return self._search.searches

    def warm_up(self) -> None:
        """Run everything once that frames need: first runs cost a runtime time and memory."""
        distance_m = 0.5 * (self.config.depth_min_m + self.config.depth_max_m)
        board = np.full((480, 640), distance_m, np.float32)
        intrinsics = Intrinsics(fx=500.0, fy=500.0, cx=319.5, cy=239.5)
        self._search.warm_up(self._frame(board, 1.0, intrinsics, self.config.max_hands))

    def reset(self) -> None:
        """Forget all hands: the next frame is searched."""
        self._tracker.reset()
        self._search.reset()
        self._let_go.reset()
        self._fits.reset()

    def estimate(
        self,
        depth: DepthImage,
        intrinsics: Intrinsics,
        center: Sequence[float] | npt.NDArray[np.floating] | None = None,
        *,
        unit_m: float = 1.0,
        stamp_s: float | None = None,
    ) -> HandPose | None:
        """
        Estimate the one hand of a frame, as if max_hands were 1; None where there is no hand.

        depth: (H, W) in units of ``unit_m`` metres: float32 metres as they are, or a camera's raw
        uint16 with unit_m = 0.001. NaN, Inf, 0 and negative depths are invalid pixels. ``center``
        (3,) in metres puts the cube there, without search or track. ``stamp_s``: the time of the
        frame, by which tracks are predicted; without it frames are 1/30 s apart.
        Raises ValueError for arrays of a wrong shape or type, for a centre behind the camera and
        for intrinsics that no camera has.
        """
        frame = self._frame(depth, unit_m, intrinsics, 1, stamp_s)
        if center is None:
            hands = self._hands(frame, stamp_s)
            return hands[0] if hands else None
        candidate = Candidate(_checked_center(center), 1.0)
        (estimate,) = estimate_crops(self._backend, frame, [candidate])
        if estimate is None or not estimate.is_hand(self.config):
            return None
        fit = fit_alone(estimate, self.config.fit)
        return hand_pose(estimate, frame, fit=fit, scores=self.scores)

    def estimate_hands(
        self,
        depth: DepthImage,
        intrinsics: Intrinsics,
        *,
        unit_m: float = 1.0,
        stamp_s: float | None = None,
    ) -> list[HandPose]:
        """
        Estimate up to max_hands hands of a frame, in the order of their hand_id.

        The arguments and errors are those of estimate().
        """
        frame = self._frame(depth, unit_m, intrinsics, self.config.max_hands, stamp_s)
        return self._hands(frame, stamp_s)

    def _frame(
        self,
        depth: DepthImage,
        unit_m: float,
        intrinsics: Intrinsics,
        max_hands: int,
        stamp_s: float | None = None,
    ) -> DepthFrame:
        check_depth(depth, unit_m)
        intrinsics.check_image(depth.shape[1], depth.shape[0])
        self._frames += 1
        time_s = self._frames * FRAME_S if stamp_s is None else stamp_s
        return DepthFrame(
            depth, unit_m, intrinsics, self.config, max_hands, self._frames, time_s, StageClock()
        )

    def _hands(self, frame: DepthFrame, stamp_s: float | None) -> list[HandPose]:
        self._tracker.keep_first(frame.max_hands)
        tracks = self._tracker.predict(stamp_s)
        matches: Matches = []
        if frame.config.roi_mode == 'tracked':
            self._let_go.add(frame)
        if frame.config.roi_mode == 'tracked' and tracks.active:
            beside = self._search.alongside(frame, tracks)
            matches = self._tracker.associate(tracks.active, beside.tracked, beside.sure)
            matches = self._without_let_go(frame, matches)
            matches = self._without_rivals(frame, matches, beside)
            matches = self._spawn(frame, beside.found, matches)
        else:
            self._tracker.associate(tracks.active, [None] * len(tracks.active))
        if not matches:
            lost = self._tracker.tracks().lost if frame.config.roi_mode == 'tracked' else []
            found = self._search.full_frame(frame, [track.expected_m for track in lost])
            matches = self._spawn(frame, found, [])
        fits = self._fits.fit(matches, frame.config.fit, stamp_s)
        return [
            hand_pose(match.observation, frame, match.track, fit, self.scores)
            for match, fit in zip(matches, fits, strict=True)
        ]

    def _without_let_go(self, frame: DepthFrame, matches: Matches) -> Matches:
        """Remove the tracks that have stayed on a thing that their hand let go of."""
        kept = []
        for match in matches:
            if self._let_go.contains(frame, match.observation.center_m):
                self._tracker.remove(match.track)
            else:
                kept.append(match)
        return kept

    def _without_rivals(
        self, frame: DepthFrame, matches: Matches, beside: BesideTracks
    ) -> Matches:
        """Remove the weakest doubtful track if a better new hand was found elsewhere."""
        doubtful = [one for one in matches if one.track.hand_id in beside.doubtful]
        if len(matches) < frame.max_hands or not doubtful:
            return matches
        new = [one.network_score for one in beside.found if one.is_new_hand(frame.config)]
        least = min(doubtful, key=lambda one: one.observation.network_score)
        if max(new, default=0.0) <= least.observation.network_score:
            return matches
        self._tracker.remove(least.track)
        return [one for one in matches if one is not least]

    def _spawn(
        self, frame: DepthFrame, found: Sequence[CropEstimate], matches: Matches
    ) -> Matches:
        """Add found hands: they continue lost tracks, or begin new ones if sure enough."""
        found = [one for one in found if not self._let_go.contains(frame, one.center_m)]
        new = {id(one) for one in found if one.is_new_hand(frame.config)}
        return self._tracker.spawn(found, matches, frame.max_hands, lambda one: id(one) in new)


def _checked_center(
    center: Sequence[float] | npt.NDArray[np.floating],
) -> npt.NDArray[np.float64]:
    values = np.asarray(center, dtype=np.float64)
    if values.shape != (3,) or not np.isfinite(values).all() or values[2] <= 0.0:
        raise ValueError(f'center = {center!r}: expected three finite metres with z > 0')
    return values
