# The node hand_pose on a Jetson, with TensorRT. On the Jetson, from the root of the repository:
#
#   JetPack 6 (Orin, Humble):
#     docker build -f docker/jetson.Dockerfile -t dense_hand_pose:jetson .
#   JetPack 7 (Thor, Jazzy):
#     docker build -f docker/jetson.Dockerfile -t dense_hand_pose:jetson \
#       --build-arg BASE=nvcr.io/nvidia/cuda:13.0.0-cudnn-devel-ubuntu24.04 \
#       --build-arg ROS_DISTRO=jazzy --build-arg UBUNTU=noble \
#       --build-arg WHEELS=https://pypi.jetson-ai-lab.io/sbsa/cu130 \
#       --build-arg TORCH='torch==2.12.* torch-tensorrt==2.12.1' .
#   docker run --rm --runtime nvidia --network host --ipc host dense_hand_pose:jetson
#
# TensorRT comes with the first image, and with torch-tensorrt's wheels on the second.
# NOT BUILT where this file was written (no network, no Docker, no Jetson): it was linted with
# hadolint. Images and pins are those of NVIDIA's catalogue and of docs/robot.md; where an index
# lacks a pin, look for the same version elsewhere, not for another version.
ARG BASE=nvcr.io/nvidia/l4t-jetpack:r36.4.0
# hadolint ignore=DL3006
FROM ${BASE}

ARG ROS_DISTRO=humble
ARG UBUNTU=jammy
ARG WHEELS=https://pypi.jetson-ai-lab.io/jp6/cu126
ARG TORCH="torch==2.8.0 torch-tensorrt==2.8.0"
ENV ROS_DISTRO=${ROS_DISTRO} DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8

SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /ws

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && curl --fail --silent --show-error --location --output /usr/share/keyrings/ros.gpg \
        https://raw.githubusercontent.com/ros/rosdistro/master/ros.key \
    && echo "deb [signed-by=/usr/share/keyrings/ros.gpg] http://packages.ros.org/ros2/ubuntu \
        ${UBUNTU} main" > /etc/apt/sources.list.d/ros2.list \
    && apt-get update \
    && apt-get install --yes --no-install-recommends "ros-${ROS_DISTRO}-ros-base" \
        python3-rosdep python3-venv \
    && rm -rf /var/lib/apt/lists/*

COPY package.xml src/dense_hand_pose/package.xml
# hadolint ignore=DL3008
RUN apt-get update \
    && rosdep init \
    && rosdep update --rosdistro "${ROS_DISTRO}" \
    && rosdep install --from-paths src --ignore-src --yes --rosdistro "${ROS_DISTRO}" \
        --dependency-types exec --dependency-types build \
    && rm -rf /var/lib/apt/lists/*

COPY requirements src/dense_hand_pose/requirements

# PyPI's torch for ARM has no kernels for Orin: the index of the Jetson wheels is named.
RUN python3 -m venv --system-site-packages .venv \
    && python3 -c 'import numpy; print("numpy==" + numpy.__version__)' > constraints.txt \
    && read -r -a torch <<< "${TORCH}" \
    && .venv/bin/pip install --no-cache-dir --index-url "${WHEELS}" -c constraints.txt \
        "${torch[@]}" \
    && grep -v -e '^torch' -e '^numpy' src/dense_hand_pose/requirements/runtime.txt > runtime.txt \
    && .venv/bin/pip install --no-cache-dir -c constraints.txt -r runtime.txt \
        'colcon-common-extensions>=0.3,<0.4' 'setuptools>=65,<80'

COPY . src/dense_hand_pose
RUN source "/opt/ros/${ROS_DISTRO}/setup.bash" \
    && .venv/bin/python -m colcon build --packages-select dense_hand_pose \
    && useradd --create-home --uid 10001 --groups video hand

USER 10001
# The TensorRT engine takes minutes to build and fits one GPU: mount a volume to keep it, and run
# `python -m dense_hand_pose build-engine` once.
VOLUME /home/hand/.cache
COPY docker/entrypoint.sh /entrypoint.sh
ENTRYPOINT ["/entrypoint.sh"]
CMD ["ros2", "launch", "dense_hand_pose", "hand_pose.launch.py", \
     "image_topic:=/camera/camera/depth/image_rect_raw", \
     "camera_info_topic:=/camera/camera/depth/camera_info"]
