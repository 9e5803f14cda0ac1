"""A to-do list on the command line, kept in todo.json."""

import json
import sys
from pathlib import Path

FILE = Path("todo.json")


def load():
    if FILE.exists():
        return json.loads(FILE.read_text())
    return {"next": 1, "items": []}


def save(state):
    FILE.write_text(json.dumps(state))


def find(state, number):
    for item in state["items"]:
        if str(item["number"]) == number:
            return item
    sys.exit(f"no such item: {number}")


def main(command, *words):
    state = load()
    if command == "add":
        number = state["next"]
        state["items"].append({"number": number, "text": " ".join(words), "done": False})
        state["next"] += 1
        print(f"added {number}")
    elif command == "list":
        for item in state["items"]:
            print(f"[{'x' if item['done'] else ' '}] {item['number']} {item['text']}")
    elif command == "done":
        find(state, words[0])["done"] = True
        print(f"done {words[0]}")
    elif command == "remove":
        state["items"].remove(find(state, words[0]))
        print(f"removed {words[0]}")
    else:
        sys.exit(f"no such command: {command}")
    save(state)


if __name__ == "__main__":
    main(*sys.argv[1:])
