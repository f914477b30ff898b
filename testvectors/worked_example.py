#!/usr/bin/env python3
"""Prints SPEC §15: one vector with all its values, from its file. With --check: is that what the specification has?"""

import json
import sys
import textwrap
from pathlib import Path

SPEC = Path(__file__).parent.parent / "spec" / "security.md"
SUITE, VECTOR = "protocol-3-blinded", "2-of-3-expanded"

TEXT = """\
## 15. Worked example

The vector `{vector}` of `testvectors/{suite}.json`: protocol 3, blinded, expanded blinds, t = {t} of n = {n}, path {path}, homes {homes}, \
L = {length}, so that c = 1 and |P| = {padded}. Made by `testvectors/worked_example.py`. Integers are decimal, all else is hex.

**Who and what.** Ed25519 seeds, and the public keys that follow.

{who}

**State** (§§3, 6). part_i = u8 2 ‖ salt ‖ the user's key at CC_i ‖ u8 1 ‖ bytes seed_i; that of the dealer has no seed, and u8 0. w has \
their hashes; sig_O is O's signature over it.

{state}

**Commit** (§3). P = r_0 ‖ m; h is the root over the one leaf.

{commit}

**Deal** (§§3–4). f(x) = a_0 ⊕ a_1·x. leaf_{{i,0}} are share leaves; sig is the dealer's signature for all roots.

{deal}

**Pass** (§§7–8). B_i = Stream(seed_i, {padded}). U sends P ⊕ B_1 ⊕ B_2 ⊕ B_3; "out" and a place: what \
that station hands on. Places 0 to 2 put a hop on; 3 and 4 store what place 2 sends to both.

{write}

**Sign** (§3). u_m = u8 2 ‖ bytes w ‖ h ‖ dealt ‖ u64 ms. R is the root over the ciphertext's one leaf; CC_1 and CC_2 are homes. The \
chain is bytes u_m ‖ u8 3 ‖ bytes R ‖ σ_1 ‖ bytes R ‖ σ_2 ‖ u32 0 ‖ σ_3; the certificate sig_O ‖ bytes chain ‖ σ.

{sign}

**Read** (§9), S = {read_path}, home {read_home}, which is s_1; fresh blinds, and a statement w' about H(w). U removes B_1 ⊕ B_2 from what it receives.

{read}
"""


def block(*lines):
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"    {name:{width}}  {value}" for name, value in lines)


def ordinals(symbol, values, numbers):
    return [(symbol.format(i), value) for i, value in zip(numbers, values, strict=True)]


def outs(stations):
    return [(f"out {s['place']} (CC_{s['x']})", s["out"]) for s in stations]


def wrapped(line):
    """Values stay on one line."""
    return line if line.startswith("    ") else textwrap.fill(line, 118, break_long_words=False, break_on_hyphens=False)


def main():
    file = json.loads((Path(__file__).resolve().parent / f"{SUITE}.json").read_text("utf-8"))
    vector, = (v for v in file["vectors"] if v["id"] == VECTOR)
    i, e = vector["inputs"], vector["expected"]
    path = [provider["x"] for provider in i["providers"]]
    homes = [s["x"] for s in e["stations"] if s["stored"]]
    asked, read = i["reads"][0], e["reads"][0]
    # The text relies on it.
    assert path == [1, 2, 3] and len(i["r"]) == 1 and i["threshold"] == 2
    assert asked["path"] == [1, 2] and asked["home"] == 1
    m = i["m"]
    text = TEXT.format(
        suite=SUITE, vector=VECTOR, t=i["threshold"], n=len(path), length=len(m) // 2, padded=len(e["p"]) // 2,
        path=", ".join(map(str, path)), homes=", ".join(map(str, homes)),
        read_path=", ".join(map(str, asked["path"])), read_home=asked["home"],
        who=block(
            ("ring", i["ring"]), ("epoch", i["epoch"]), ("root secret", i["secret"]), ("nonce", i["nonce"]),
            ("object", e["object"]), ("seed session", i["session_seed"]), ("expiry", i["expiry"]), ("ms", i["time"]),
            (f"seed {i['dealer']['name']}", i["dealer"]["seed"]), (f"key {i['dealer']['name']}", e["dealer_key"]),
            *ordinals("seed CC_{}", [p["seed"] for p in i["providers"]], path),
            *ordinals("key CC_{}", e["provider_keys"], path)),
        state=block(
            *ordinals("seed_{}", i["write_blinds"], path),
            *zip([*(f"part_{x}" for x in path), f"part {i['dealer']['name']}"], e["private_parts"], strict=True),
            ("w", e["statement"]), ("H(w)", e["session"]), ("sig_O", e["owner_signature"])),
        commit=block(("m", m), ("r_0", i["r"][0]), ("P", e["p"]), ("leaf_0", e["leaves"][0]), ("h", e["h"])),
        deal=block(
            *ordinals("a_{}", i["coefficients"], range(i["threshold"])),
            *ordinals("x_{}", path, path),
            *ordinals("f(x_{})", e["shares"], path),
            *ordinals("salt_{{{},0}}", [salts[0] for salts in i["salts"]], path),
            *ordinals("leaf_{{{},0}}", [leaves[0] for leaves in e["share_leaves"]], path),
            *ordinals("root_{}", e["share_roots"], path),
            ("sig", e["dealt_signature"]), ("dealt", e["dealt"])),
        write=block(
            *ordinals("λ({})", e["lambdas"], path),
            *ordinals("B_{}", e["b"], path),
            ("U sends", e["feed"]), *outs(e["stations"]), ("c", e["c"])),
        sign=block(
            ("R", e["ciphertext_root"]), ("u_m", e["token"]), *ordinals("σ_{}", e["signatures"], path),
            ("σ", e["certificate"][-128:])),
        read=block(
            ("w'", read["statement"]),
            *ordinals("λ({})", read["lambdas"], asked["path"]),
            *ordinals("seed_{}", asked["blinds"], asked["path"]),
            *ordinals("B_{}", read["b"], asked["path"]),
            ("c", e["c"]), *outs(read["stations"]), ("U receives", read["received"]),
            ("P", e["p"]), ("m", read["m"])))
    text = "\n".join(wrapped(line) for line in text.splitlines()) + "\n"
    if sys.argv[1:] != ["--check"]:
        print(text, end="")
    elif not SPEC.read_text("utf-8").endswith(text):
        sys.exit(f"{SPEC}: its last section isn't what this script prints")


if __name__ == "__main__":
    main()
