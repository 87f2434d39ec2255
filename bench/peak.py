"""The peak of resident memory of a command: `python bench/peak.py COMMAND…` prints it last, in KiB.

Linux lets a process begin with the maximum of the one that started it. This one is smaller than any
command worth asking about, so that what it hears of its child is the child's own. POSIX only.
"""

import os
import resource
import sys


def main(command: list[str]) -> int:
    """Run the command to its end; its exit code."""
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status = os.waitpid(child, 0)
    print(kib(resource.getrusage(resource.RUSAGE_CHILDREN)))
    return os.waitstatus_to_exitcode(status)


def kib(used: resource.struct_rusage) -> int:
    """The maximum in KiB, of which macOS tells octets."""
    return used.ru_maxrss // 1024 if sys.platform == "darwin" else used.ru_maxrss


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
