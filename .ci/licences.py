#!/usr/bin/env python3
"""Checks every crate of Cargo.lock against deny.toml: its licence, and where it comes from.

The rules stand in deny.toml, in cargo-deny's own format, so `cargo deny check licenses sources` applies the same ones.
This script exists because it needs nothing but Python and Cargo: cargo-deny takes minutes to compile.
It reads what Cargo itself says (`cargo metadata`, all features, all platforms), and so sees the crates of the tests too.
"""

import json
import pathlib
import re
import subprocess
import sys

try:
    import tomllib
except ImportError:  # Python before 3.11
    from pip._vendor import tomli as tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def allowed_by(expression, allowed):
    """Does the SPDX expression leave a choice that is allowed throughout? `/` is the old spelling of OR."""
    words = re.findall(r"[()]|[^\s()/]+|/", expression)
    words.append("")  # so that looking ahead never runs off the end

    def any_of():
        result = all_of()
        while words[0].upper() == "OR" or words[0] == "/":
            words.pop(0)
            result = all_of() or result
        return result

    def all_of():
        result = one()
        while words[0].upper() == "AND":
            words.pop(0)
            result = one() and result
        return result

    def one():
        word = words.pop(0)
        if word == "(":
            result = any_of()
            if words.pop(0) != ")":
                raise ValueError("a bracket is not closed")
            return result
        if not word or word == ")":
            raise ValueError("a licence is missing")
        if words[0].upper() == "WITH":
            words.pop(0)
            word += " WITH " + words.pop(0)
        return word in allowed

    result = any_of()
    if words != [""]:
        raise ValueError("something is left over")
    return result


def main():
    rules = tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))
    allowed = set(rules["licenses"]["allow"])
    registries = {"registry+" + url for url in rules["sources"]["allow-registry"]}
    metadata = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1", "--all-features"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout
    packages = json.loads(metadata)["packages"]

    complaints = []
    for package in packages:
        name = f"{package['name']} {package['version']}"
        source, licence = package["source"], package["license"]
        if source is not None and source not in registries:  # None: this repository itself
            complaints.append(f"{name}: comes from {source}, and deny.toml allows no such source")
        if not licence:
            complaints.append(f"{name}: names no licence (licence file: {package['license_file']})")
            continue
        try:
            if not allowed_by(licence, allowed):
                complaints.append(f"{name}: {licence} is not among the licences that deny.toml allows")
        except (ValueError, IndexError) as error:
            complaints.append(f"{name}: cannot read the licence expression {licence!r}: {error}")

    for complaint in complaints:
        print(complaint)
    print(f"{len(packages)} crates, {len(complaints)} complaints")
    return 1 if complaints or not packages else 0


if __name__ == "__main__":
    sys.exit(main())
