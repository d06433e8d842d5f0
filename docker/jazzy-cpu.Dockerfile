# The node hand_pose on ROS 2 Jazzy, on a CPU (OpenVINO). From the root of the repository:
#
#   docker build -f docker/jazzy-cpu.Dockerfile -t dense_hand_pose:jazzy .
#   docker run --rm --network host --ipc host dense_hand_pose:jazzy
#
# NOT BUILT where this file was written (no network, no Docker): it was linted with hadolint, and
# its steps are those of the README. --ipc host lets Fast DDS use shared memory between
# containers; docs/robot.md says what else DDS needs.
FROM ros:jazzy-ros-base

SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /ws
COPY package.xml src/dense_hand_pose/package.xml

# The versions are those of the distribution: rosdep names packages without them.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && rosdep update --rosdistro jazzy \
    && rosdep install --from-paths src --ignore-src --yes --rosdistro jazzy \
        --dependency-types exec --dependency-types build \
    && rm -rf /var/lib/apt/lists/*

COPY requirements src/dense_hand_pose/requirements

# The distribution's NumPy stays: cv_bridge is built with it.
RUN python3 -m venv --system-site-packages .venv \
    && python3 -c 'import numpy; print("numpy==" + numpy.__version__)' > constraints.txt \
    && grep -v '^numpy' src/dense_hand_pose/requirements/runtime.txt > runtime.txt \
    && .venv/bin/pip install --no-cache-dir -c constraints.txt -r runtime.txt \
        'colcon-common-extensions>=0.3,<0.4' 'setuptools>=65,<80'

COPY . src/dense_hand_pose
RUN source /opt/ros/jazzy/setup.bash \
    && .venv/bin/python -m colcon build --packages-select dense_hand_pose \
    && useradd --create-home --uid 10001 hand

USER 10001
# Engines, comparisons and logs: mount a volume here to keep them.
VOLUME /home/hand/.cache
COPY docker/entrypoint.sh /entrypoint.sh
ENTRYPOINT ["/entrypoint.sh"]
CMD ["ros2", "launch", "dense_hand_pose", "hand_pose.launch.py", \
     "image_topic:=/camera/depth/image_rect_raw", "camera_info_topic:=/camera/depth/camera_info"]
