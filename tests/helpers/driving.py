"""A script that starts processes for tasks, prints their ids, and waits to be killed."""

import os
import time

from fastlr.distributed.local_processes import LocalProcesses

if __name__ == "__main__":
    with LocalProcesses(2) as driver:
        print(*driver.gather([driver.submit(os.getpid, partition=k) for k in range(2)]), flush=True)
        time.sleep(60)
