# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The one path from a depth frame to hand poses that node, evaluation and demo share."""

from collections.abc import Sequence

from dense_hand_pose.camera.depth_image import check_depth, DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.detection.factory import make_localizer
from dense_hand_pose.detection.proposals import Localizer, NearestSurfaces, Proposal
from dense_hand_pose.estimation.clock import Clock
from dense_hand_pose.estimation.config import EstimatorConfig as EstimatorConfig
from dense_hand_pose.estimation.crop_estimate import Frame, look, Seen
from dense_hand_pose.estimation.hand_fits import fit_alone, HandFits
from dense_hand_pose.estimation.hand_pose import HandPose as HandPose
from dense_hand_pose.estimation.hand_pose import pose_of
from dense_hand_pose.estimation.lookout import Lookout
from dense_hand_pose.estimation.rota import Rota
from dense_hand_pose.estimation.search import distinct, is_in_range, look_at, search
from dense_hand_pose.network.weight_file import find_weights
from dense_hand_pose.runtimes.base import Backend
from dense_hand_pose.runtimes.model import Model
from dense_hand_pose.runtimes.registry import make_backend
from dense_hand_pose.tracking.tracker import Followed, Tracker
import numpy as np
import numpy.typing as npt

_SEVERAL = 4
"""As many cubes as runtimes compute together at most (backends)."""


class HandPoseEstimator:
    """
    Depth frame and intrinsics in, hand poses out; follows hands from frame to frame.

    Not thread-safe: one thread owns an estimator.
    """

    def __init__(
        self,
        backend: Backend,
        config: EstimatorConfig | None = None,
        localizer: Localizer | None = None,
    ) -> None:
        """Take what runs the network, and who finds hands: by default the nearest surfaces."""
        self.config = config or EstimatorConfig()
        self._backend = backend
        self._localizer = localizer or NearestSurfaces()
        self._rota = Rota(self._localizer.parts)
        self._lookout = Lookout(self._localizer, self._rota)
        self._tracker: Tracker[Seen] = Tracker()
        self._fits = HandFits()
        self._searches = 0

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

        Raises WeightsError (a ValueError) for a missing or unusable file, also where roi_mode
        needs a detector that is not installed, ValueError for an
        unknown backend or precision and BackendError when one asked for by name cannot run.
        """
        config = config or EstimatorConfig()
        localizer = make_localizer(config.roi_mode, backend, threads, precision)
        model = Model(find_weights(name_or_path))
        made = make_backend(backend, model, threads=threads, precision=precision)
        return cls(made, config, localizer)

    @property
    def backend_name(self) -> str:
        """Return the name of the backend that runs the network."""
        return self._backend.name

    @property
    def precision(self) -> str:
        """Return what the network computes in: float32, bfloat16 or float16."""
        return self._backend.precision

    @property
    def searches(self) -> int:
        """Return in how many frames the localiser was asked where hands are."""
        return self._searches + self._lookout.searches

    def warm_up(self) -> None:
        """
        Compute what frames will need once: the first costs a runtime time and memory.

        One cube and several are different graphs to a runtime, and a scene without hands, such as
        the board that is shown here, would bring only one of them about.
        """
        distance_m = 0.5 * (self.config.depth_min_m + self.config.depth_max_m)
        board = np.full((480, 640), distance_m, np.float32)
        frame = Frame(board, 1.0, Intrinsics(fx=500.0, fy=500.0, cx=319.5, cy=239.5), Clock())
        center = np.array([0.0, 0.0, distance_m])
        for count in (1, _SEVERAL):
            for _ in range(2):
                look(self._backend, frame, [center] * count, self.config)
        search(self._backend, frame, self._localizer, self.config, self.config.max_hands)

    def reset(self) -> None:
        """Forget all hands: the next frame is searched."""
        self._tracker.reset()
        self._lookout.reset()
        self._fits.reset()
        self._rota.reset()

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
        frame, by which hands are expected to have moved; without it frames are 1/30 s apart.
        Raises ValueError for arrays of a wrong shape or type and for a centre behind the camera.
        """
        check_depth(depth, unit_m)
        frame = Frame(depth, unit_m, intrinsics, Clock())
        if center is not None:
            (seen,) = look(self._backend, frame, [_checked_center(center)], self.config)
            if seen is None or not seen.is_hand(self.config):
                return None
            fit = fit_alone(seen, self.config.fit)
            return pose_of(seen, frame, self.config.cube_size_m, fit=fit)
        hands = self._hands(frame, stamp_s, 1)
        return hands[0] if hands else None

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
        check_depth(depth, unit_m)
        frame = Frame(depth, unit_m, intrinsics, Clock())
        return self._hands(frame, stamp_s, self.config.max_hands)

    def _hands(self, frame: Frame, stamp_s: float | None, max_hands: int) -> list[HandPose]:
        self._tracker.advance(stamp_s)
        self._tracker.limit(max_hands)
        followed = self._follow(frame, max_hands)
        if not followed:
            self._searches += 1
            lost = self._tracker.lost if self.config.roi_mode == 'tracked' else []
            places = [track.expected_m for track in lost]
            views = self._rota.thorough()
            found = search(
                self._backend, frame, self._localizer, self.config, max_hands, places, views
            )
            followed = self._take_up(found, [], max_hands)
        size_m = self.config.cube_size_m
        fits = self._fits.fit(followed, self.config.fit, stamp_s)
        return [
            pose_of(one.sighting, frame, size_m, one.track, fit)
            for one, fit in zip(followed, fits, strict=True)
        ]

    def _follow(self, frame: Frame, max_hands: int) -> list[Followed[Seen]]:
        """Look where hands are expected, and at a few other places; nothing without tracks."""
        config, living = self.config, self._tracker.living
        if config.roi_mode != 'tracked' or not living:
            self._tracker.follow(living, [None] * len(living))
            return []
        reached = [track for track in living if is_in_range(track.expected_m, config)]
        known = len(reached)
        places = [Proposal(track.expected_m, 1.0) for track in reached]
        places += self._lookout.places(frame, config, self._tracker, max_hands)
        seen = look_at(self._backend, frame, places, config)
        self._lookout.learn(seen[known:], config)
        hands = [one if one is not None and one.is_hand(config) else None for one in seen]
        at = {track.hand_id: hand for track, hand in zip(reached, hands[:known], strict=True)}
        followed = self._tracker.follow(living, [at.get(track.hand_id) for track in living])
        found = distinct(hands[known:])
        if len(followed) == max_hands:
            followed = self._without_rivals(followed, found)
        return self._take_up(found, followed, max_hands)

    def _without_rivals(
        self, followed: list[Followed[Seen]], found: list[Seen]
    ) -> list[Followed[Seen]]:
        """Let go of a hand that the localiser does not know where a likelier new one was found."""
        doubtful = [
            one for one in followed if any(one.track is track for track in self._lookout.doubtful)
        ]
        new = max((one.own_score for one in found if one.is_new_hand(self.config)), default=0.0)
        least = min(doubtful, key=lambda one: one.sighting.own_score, default=None)
        if least is None or new <= least.sighting.own_score:
            return followed
        self._tracker.forget(least.track)
        return [one for one in followed if one is not least]

    def _take_up(
        self, found: list[Seen], followed: list[Followed[Seen]], max_hands: int
    ) -> list[Followed[Seen]]:
        """Follow what a search found, too: hands that were lost, and new ones beyond doubt."""
        new = {id(one) for one in found if one.is_new_hand(self.config)}
        return self._tracker.add(found, followed, max_hands, lambda one: id(one) in new)


def _checked_center(
    center: Sequence[float] | npt.NDArray[np.floating],
) -> npt.NDArray[np.float64]:
    values = np.asarray(center, dtype=np.float64)
    if values.shape != (3,) or not np.isfinite(values).all() or values[2] <= 0.0:
        raise ValueError(f'center = {center!r}: expected three finite metres with z > 0')
    return values
