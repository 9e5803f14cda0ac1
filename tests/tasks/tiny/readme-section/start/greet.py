"""usage: greet.py NAME"""

import sys

print(f"Hello, {sys.argv[1]}!")
