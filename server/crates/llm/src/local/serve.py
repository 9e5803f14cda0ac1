"""Serves a model on the loopback interface, until standard input ends.

The supervisor writes one line of JSON to standard input and keeps the pipe open. However the
supervisor ends, the pipe ends with it, and so does this process.
"""

import json
import os
import sys
import threading

settings = json.loads(sys.stdin.readline())


def end_with_supervisor():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_supervisor, daemon=True).start()

try:
    # While the model loads no thread of Python runs. There, where the system can do it, the end of
    # the pipe raises SIGIO, which ends the process without asking Python.
    import fcntl

    fcntl.fcntl(sys.stdin, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(sys.stdin, fcntl.F_SETFL, fcntl.fcntl(sys.stdin, fcntl.F_GETFL) | os.O_ASYNC)
except (ImportError, AttributeError, OSError):
    pass

import xllamacpp  # noqa: E402  (takes a second: what is above must run first)

params = xllamacpp.CommonParams()
params.model.path = settings["model"]
params.model_alias = {settings["name"]}
params.hostnames = ["127.0.0.1"]
params.port = settings["port"]
params.api_keys = [settings["key"]]
params.n_ctx = settings["context"]
params.n_parallel = 1
params.cpuparams.n_threads = settings["threads"]
params.cpuparams_batch.n_threads = settings["threads"]
params.use_jinja = True
params.ui = False
# Prompts that are kept beside the current one, so that a second task does not cost the first its
# cache. The server's own default is 8 GiB.
params.cache_ram_mib = settings["cache_mib"]

server = xllamacpp.Server(params)
threading.Event().wait()
