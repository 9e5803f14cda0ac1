"""Reads INI text as FORMAT.md describes."""


def parse(text):
    """Sections by name, each with its keys. ValueError names the line that cannot be read."""
    sections = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split(";")[0].strip()
        if not line or line[0] in "#;":
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
            sections.setdefault(section, {})
        elif "=" in line:
            key, value = line.split("=", 1)
            sections.setdefault(section, {})[key.strip()] = value.strip()
        else:
            raise ValueError(f"line {number}")
    return sections
