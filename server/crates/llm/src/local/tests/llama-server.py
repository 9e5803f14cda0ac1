#!/usr/bin/env python3
# Stands for llama.cpp's server: says that it is well, lists its slots to who has the key.
import os
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
busy = pathlib.Path(__file__).with_name("busy")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, '{"status":"ok"}')
        if self.headers["authorization"] != "Bearer " + os.environ["LLAMA_API_KEY"]:
            return self.answer(401, "{}")
        self.answer(200, '[{"is_processing":%s}]' % ("true" if busy.exists() else "false"))
        busy.unlink(missing_ok=True)

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


ThreadingHTTPServer((options["--host"], int(options["--port"])), Handler).serve_forever()
