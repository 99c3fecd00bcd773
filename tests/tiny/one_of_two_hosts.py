"""Trains a run as one of two hosts that meet on loopback; started by tests/test_hosts.py."""

import sys
import time
from dataclasses import replace
from pathlib import Path

from colorization.data.prepared import prepare
from colorization.errors import OutOfTime
from colorization.training import devices
from colorization.training.options import RunOptions
from colorization.training.run import train
from tests.tiny.shared_out import CONFIG

if __name__ == "__main__":
    folder, how, deadline = Path(sys.argv[1]), sys.argv[2], time.monotonic()
    assert devices.join_hosts()
    options = RunOptions(lambda _: None, checkpoint_seconds=0, devices=devices.available())
    if how == "stopped":  # after an epoch
        options = replace(options, deadline=deadline)
    try:
        train(folder, CONFIG, prepare(CONFIG.source, CONFIG.recipe), 0, options)
    except OutOfTime as stop:
        print(stop)
