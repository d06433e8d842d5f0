#!/usr/bin/env bash
# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
#
# Make the virtual environment .venv and install what a make target needs into it.
# Usage: requirements/make_venv.sh runtime|test     (from the repository's root)
# Environment: PYTHON (default python3), PIP_ARGS (more arguments for `pip install`), LOCKED=0 (the
# newest versions within the ranges instead of those of the locks, whose hashes are checked).
set -euo pipefail

target=${1:?usage: requirements/make_venv.sh runtime|test}
python=${PYTHON:-python3}
venv=.venv

fail() {
    echo "error: $*" >&2
    exit 1
}

command -v "$python" >/dev/null || fail "$python not found: sudo apt install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "$("$python" --version) is too old, 3.10 or newer is needed: name one, as in PYTHON=python3.11 make demo"

# A sourced ROS distribution is used as it is: no ROS wheel, no stand-in for what it has.
if [[ -n ${ROS_DISTRO:-} ]] && "$python" -c 'import rclpy' 2>/dev/null; then
    mode=ros-$ROS_DISTRO
    site=(--system-site-packages)
else
    mode=wheels
    site=()
fi

# An environment of another mode, of a removed python or half made is made again.
if [[ $(cat "$venv/mode" 2>/dev/null) != "$mode" ]] ||
    ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        make_venv=("$python" -m venv)
    elif command -v virtualenv >/dev/null; then
        make_venv=(virtualenv --quiet --python "$python")
    else
        fail "python's venv module is missing: sudo apt install python3-venv"
    fi
    rm -rf "$venv"
    "${make_venv[@]}" "${site[@]}" "$venv"
    echo "$mode" >"$venv/mode"
fi

# Why the locks do not hold here; empty: they do.
unlocked=''
if [[ ${LOCKED:-1} == 0 ]]; then
    unlocked='LOCKED=0'
elif [[ $mode != wheels ]]; then
    unlocked="ROS $ROS_DISTRO brings its own packages"
elif [[ $(uname -sm) != 'Linux x86_64' ]]; then
    unlocked="they are for Linux x86_64, this is $(uname -sm)"
elif ! "$python" -c 'import sys; sys.exit(sys.version_info >= (3, 15))'; then
    unlocked="they are for Python 3.10 to 3.14, this is $("$python" --version)"
fi

files=(-r "requirements/$target.txt")
if [[ -z $unlocked ]]; then
    files=(--require-hashes -r "requirements/$target.lock")
elif [[ $mode == wheels ]]; then
    files+=(-r requirements/ros-jazzy-wheels.txt)
    [[ $target == test ]] && files+=(-r requirements/ros-jazzy-wheels-test.txt)
else
    # The distribution's compiled packages (cv_bridge) want the NumPy they were built with.
    "$python" -c 'import numpy; print("numpy==" + numpy.__version__)' >"$venv/constraints.txt"
    files+=(-c "$venv/constraints.txt")
fi

# What pip is at, every ten seconds while there is news; all that it says is in the log.
progress() {
    local begin=$SECONDS said=$SECONDS line='' before='' file status
    local doing='asking the package index'
    while true; do
        status=0
        IFS= read -r -t 5 line || status=$?
        ((status == 0 || status > 128)) || break # over 128: nothing new within 5 s
        case $line in
            *Downloading*.whl*\(* | *'Using cached'*.whl*\(*)
                file=${line##*/}
                file=${file##*Downloading }
                file=${file##*Using cached }
                doing="fetching ${file%%-[0-9]*} (${line##*\(}"
                ;;
            'Installing collected packages'*) doing='unpacking' ;;
        esac
        if ((SECONDS - said >= 10)) && [[ $doing != "$before" || $((SECONDS - said)) -ge 30 ]]; then
            said=$SECONDS
            before=$doing
            echo "  $((SECONDS - begin)) s: $doing"
        fi
    done
}

log=$venv/pip.log
[[ $mode == wheels ]] && ros='ROS 2 Jazzy from PyPI' || ros="beside ROS $ROS_DISTRO"
[[ $target == test ]] && what='the tests and training need' || what='the node and the demo need'
echo "Installing what $what into $venv ($ros). This happens once, and takes"
echo "a minute or more; what pip says goes to $log."
if [[ -z $unlocked ]]; then
    echo "Versions and hashes are those of requirements/$target.lock."
else
    echo "The newest versions within the ranges, without hashes: $unlocked."
fi
: >"$log"

# Install what the arguments name.
install() {
    # shellcheck disable=SC2086  # PIP_ARGS holds several words
    if ! "$venv/bin/python" -m pip install --disable-pip-version-check --progress-bar off \
        ${PIP_ARGS:-} "$@" 2>&1 | tee -a "$log" | progress; then
        grep -A 3 '^ERROR' "$log" | tail -n 20 >&2 || tail -n 20 "$log" >&2
        [[ -z $unlocked ]] && echo 'LOCKED=0 takes the newest versions within the ranges instead.' >&2
        fail "pip could not install everything: the whole of it is in $log"
    fi
}

install "${files[@]}"
if [[ -z $unlocked && $target == test ]]; then
    # PyPI's torch is locked with its CUDA. Another index or folder may have a build of its own.
    configured=$("$venv/bin/python" -m pip config list)
    if [[ -z ${PIP_ARGS:-} && $configured != *find-links* && $configured != *index-url* ]]; then
        install --require-hashes -r requirements/torch.lock
    else
        torch=$(grep '^torch==' requirements/train.txt)
        echo "$torch comes from where pip is configured to look, without a hash."
        install "$torch"
    fi
fi
"$venv/bin/python" ros_standins/install.py
echo "Installed: $(du -sm "$venv" | cut -f1) MB in $venv."
