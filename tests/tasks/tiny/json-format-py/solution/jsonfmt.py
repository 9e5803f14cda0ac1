import json
import sys

try:
    value = json.load(sys.stdin)
except ValueError as error:
    sys.exit(f"not JSON: {error}")
print(json.dumps(value, indent=2, sort_keys=True))
