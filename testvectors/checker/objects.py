"""Chunks, owners, statements, and all that is signed about an object (SPEC §3)."""

import re

from . import ed25519
from .encoding import (BAD_SIGNATURE, H, Reader, Rejected, bytes_, require, sign, tagged, text, u8, u16, u32, u64,
                       verify)

CHUNK = 2**20
R_LENGTH = 64
PROFILES = {"published": 1, "blinded": 2}
KINDS = {"write": 1, "attested": 2, "replace": 3, "refresh": 4, "read": 5, "repair": 6}
BLINDS = {"none": 0, "expanded": 1, "full": 2, "paired": 3}
DEEDS = {"destroy": 1, "destroy-for-ever": 2, "schedule": 3, "cancel": 4, "settle": 5, "hand-over": 6}
NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
RECIPIENT = re.compile(rb"x25519:[0-9a-f]{64}|xwing:[0-9a-f]{2432}")


def name_of(codes, code):
    names = [name for name, n in codes.items() if n == code]
    require(names)
    return names[0]


def chunk_lengths(length):
    """The lengths of m_0, m_1, …: c = max(1, ⌈L/2^20⌉)."""
    count = max(1, -(-length // CHUNK))
    return [min(CHUNK, length - k * CHUNK) for k in range(count)]


def cut(data, length, extra=0):
    """data in chunks, each `extra` longer than m's."""
    out, at = [], 0
    for n in chunk_lengths(length):
        out.append(data[at:at + n + extra])
        at += n + extra
    if at != len(data):
        raise ValueError(f"{len(data)} bytes instead of {at}")
    return out


def chunk_leaf(k, r, m):
    return H("chunk-leaf", u64(k), r, m)


def share_leaf(w, x, k, salt, chunk):
    return H("share-leaf", w, u8(x), u64(k), salt, chunk)


def ciphertext_leaf(w, k, chunk):
    return H("ciphertext-leaf", w, u64(k), chunk)


def merkle_root(leaves):
    def top(nodes):
        if len(nodes) == 1:
            return nodes[0]
        split = 1 << (len(nodes) - 1).bit_length() - 1   # the largest power of two below n
        return H("merkle-node", top(nodes[:split]), top(nodes[split:]))
    return H("merkle-root", u64(len(leaves)), top(leaves))


def require_public_key(key):
    require(len(key) == 32 and ed25519.acceptable(key))


def require_x(x):
    require(1 <= x <= 254)
    return x


# Owners, statements and private parts


def object_id(key, nonce):
    return H("object-id", key, nonce)[:16]


def owner_encoding(version, nonce, key):
    return u32(version) + nonce + key


def read_owner(r):
    version, nonce, key = r.u32(), r.exactly(32), r.exactly(32)
    require(version >= 1)
    require_public_key(key)
    return {"version": version, "nonce": nonce, "key": key}


def title_encoding(first, handovers):
    """handovers: (owner, signature) each."""
    return owner_encoding(**first) + u8(len(handovers)) + b"".join(
        owner_encoding(**to) + signature for to, signature in handovers)


def read_title(r):
    first, count = read_owner(r), r.u8()
    require(count <= 16)
    return {"first": first, "handovers": [(read_owner(r), r.exactly(64)) for _ in range(count)]}


def title_object(title):
    return object_id(title["first"]["key"], title["first"]["nonce"])


def title_owner(title):
    return title["handovers"][-1][0] if title["handovers"] else title["first"]


def handover_message(title, place, to):
    return title_object(title) + u8(place) + owner_encoding(**to)


def verify_title(title):
    owner = title["first"]
    for place, (to, signature) in enumerate(title["handovers"]):
        verify(owner["key"], "handover", handover_message(title, place, to), signature)
        owner = to


def xs_(xs):
    return u8(len(xs)) + bytes(xs)


def texts_(names):
    return u8(len(names)) + b"".join(map(text, names))


class Statement:
    """w's fields. A work is a dict of `kind`, `path`, `length` and what the kind has."""

    FIELDS = ("ring", "epoch", "threshold", "n", "protocol", "profile", "title", "number", "expiry", "work", "parties",
              "session_key")

    def __init__(self, **fields):
        if set(fields) != set(self.FIELDS):
            raise ValueError("a statement's fields")
        self.__dict__.update(fields)

    def encode(self):
        out = [u8(2), self.ring, u32(self.epoch), u8(self.threshold), u8(self.n), u8(self.protocol),
               u8(PROFILES[self.profile]), title_encoding(**self.title), u64(self.number), u64(self.expiry)]
        work = self.work
        out += [u8(KINDS[work["kind"]]), xs_(work["path"]), u64(work["length"])]
        if work["kind"] in ("write", "attested"):
            out += [xs_(work["missing"]), u8(work["homes"]), texts_(work["dealers"]), bytes_(work["recipient"].encode()),
                    u8(len(work["generation"])), *work["generation"]]
        elif work["kind"] in ("replace", "refresh"):
            out += [u8(work["homes"]), texts_(work["dealers"]), *work["generation"]]
        elif work["kind"] == "read":
            out += [u8(*work["home"]), *work["generation"]]
        else:
            out += [u8(*work["repaired"]), xs_(work["home"]), *work["generation"]]
        out += [u16(len(self.parties)), *(text(party["name"]) + party["hash"] for party in self.parties)]
        return b"".join(out) + self.session_key

    @classmethod
    def decode(cls, data):
        r = Reader(data)
        require(r.u8() == 2)
        fields = {"ring": r.exactly(16), "epoch": r.u32(), "threshold": r.u8(), "n": r.u8(), "protocol": r.u8(),
                  "profile": name_of(PROFILES, r.u8()), "title": read_title(r), "number": r.u64(), "expiry": r.u64()}
        require(fields["epoch"] >= 1 and fields["number"] >= 1 and fields["protocol"] in (1, 2, 3))
        require(2 <= fields["threshold"] <= fields["n"] <= 254)
        fields["work"] = cls._read_work(r)
        fields["parties"] = [{"name": r.text(), "hash": r.exactly(32)} for _ in range(r.u16())]
        names = [party["name"] for party in fields["parties"]]
        require(len(set(names)) == len(names))
        fields["session_key"] = r.exactly(32)
        require_public_key(fields["session_key"])
        r.end()
        w = cls(**fields)
        w.require_making()
        return w

    @staticmethod
    def _read_work(r):
        kind, path = name_of(KINDS, r.u8()), read_xs(r)
        length = r.u64()
        require(path and len(set(path)) == len(path) and length <= 2**40)
        work = {"kind": kind, "path": path, "length": length, "missing": [], "homes": 0, "dealers": [], "recipient": "",
                "repaired": [], "home": [], "generation": []}
        if kind in ("write", "attested"):
            work |= {"missing": read_xs(r), "homes": r.u8(), "dealers": [r.text() for _ in range(r.u8())]}
            recipient = r.bytes_()
            require(not recipient or RECIPIENT.fullmatch(recipient))
            work["recipient"] = recipient.decode()
            continues = r.u8()
            require(continues <= 1)
            work["generation"] = [r.exactly(32) for _ in range(continues)]
        elif kind in ("replace", "refresh"):
            work |= {"homes": r.u8(), "dealers": [r.text() for _ in range(r.u8())], "generation": [r.exactly(32)]}
        elif kind == "read":
            work |= {"home": [require_x(r.u8())], "generation": [r.exactly(32)]}
            require(work["home"][0] not in path or work["home"][0] == path[0])
        else:
            work |= {"repaired": [require_x(r.u8())], "home": read_xs(r), "generation": [r.exactly(32)]}
            require(len(work["home"]) <= 1 and work["repaired"] != work["home"] and work["repaired"][0] not in path)
        if kind not in ("read", "repair"):
            providers = path + work["missing"]
            require(len(set(providers)) == len(providers) and 1 <= work["homes"] <= len(path))
            require(work["dealers"] and len(set(work["dealers"])) == len(work["dealers"]))
        return work

    def require_making(self):
        """What a write has only together with its ring's n and its scheme."""
        if not self.makes():
            return
        path, missing = self.work["path"], self.work["missing"]
        require(len(path) + len(missing) == self.n)
        if missing:
            require(self.profile == "blinded" and self.protocol != 1 and len(self.work["dealers"]) == 1)
            require(len(path) >= min(self.threshold + 1, self.n))

    def makes(self):
        return self.work["kind"] not in ("read", "repair")

    def providers(self):
        return self.work["path"] + self.work["missing"]

    def points(self):
        """Those that are dealt to: the providers, and the user where it has a point."""
        user = [1 + max(self.providers())] if self.profile == "published" and self.protocol != 1 else []
        return self.providers() + user

    def summed(self):
        return self.work["kind"] == "refresh" or len(self.work["dealers"]) > 1


def read_xs(r):
    return [require_x(r.u8()) for _ in range(r.u8())]


def statement_hash(w):
    return H("statement", w)


def verify_statement(w, signature):
    title = Statement.decode(w).title
    verify_title(title)
    verify(title_owner(title)["key"], "statement", w, signature)


def private_part(salt, asks, blinds, seeds):
    return u8(2) + salt + asks + u8(BLINDS[blinds]) + bytes_(seeds)


def private_hash(part):
    return H("private-part", part)


def decode_private_part(data):
    r = Reader(data)
    require(r.u8() == 2)
    r.exactly(64)
    asks = r.exactly(32)
    require_public_key(asks)
    blinds, seeds = name_of(BLINDS, r.u8()), r.bytes_()
    r.end()
    return {"asks": asks, "blinds": blinds, "seeds": seeds}


# Dealings and tokens


def roots_message(w, roots):
    return w + u8(len(roots)) + b"".join(u8(x) + root for x, root in roots)


def encode_dealt(summed, roots, signatures):
    return u8(1 if summed else 0) + u8(len(roots)) + b"".join(u8(x) + root for x, root in roots) + b"".join(signatures)


def read_dealt(r):
    """(whether sums, [(x, root)], signatures)."""
    summed = r.u8()
    require(summed <= 1)
    roots = [(require_x(r.u8()), r.exactly(32)) for _ in range(r.u8())]
    require(roots)
    return summed == 1, roots, [r.exactly(64) for _ in range(len(roots) if summed else 1)]


def decode_dealt(data):
    r = Reader(data)
    dealt = read_dealt(r)
    r.end()
    return dealt


def verify_dealt(data, w, dealer, providers):
    """providers: their keys, in the order of the roots."""
    summed, roots, signatures = decode_dealt(data)
    if not summed:
        verify(dealer, "share-roots", roots_message(w, roots), signatures[0])
        return
    for root, signature, key in zip(roots, signatures, providers, strict=True):
        verify(key, "sum-root", roots_message(w, [root]), signature)


def claim_message(w, x):
    return w + u8(x)


class Token:
    """u_m: the statement as it came, h, dealt, claims (key, signature), time."""

    def __init__(self, statement, h, dealt, claims, time):
        self.encoded, self.h, self.dealt, self.claims, self.time = statement, h, dealt, claims, time
        self.statement = Statement.decode(statement)
        self.w = statement_hash(statement)

    def encode(self):
        claims = b"".join(key + signature for key, signature in self.claims)
        return u8(2) + bytes_(self.encoded) + self.h + encode_dealt(*self.dealt) + claims + u64(self.time)

    @classmethod
    def decode(cls, data):
        r = Reader(data)
        require(r.u8() == 2)
        encoded = r.bytes_()
        statement = Statement.decode(encoded)
        require(statement.makes())
        h, dealt = r.exactly(32), read_dealt(r)
        require([x for x, _ in dealt[1]] == statement.points() and dealt[0] == statement.summed())
        claims = [(r.exactly(32), r.exactly(64)) for _ in statement.work["missing"]]
        for key, _ in claims:
            require_public_key(key)
        time = r.u64()
        r.end()
        return cls(encoded, h, dealt, claims, time)

    def homes(self):
        return self.statement.work["path"][:self.statement.work["homes"]]

    def root_of(self, x):
        return dict(self.dealt[1])[x]


# Chains, certificates, abandonments


def participation_message(encoded, token, i, root, before):
    """What provider i signs: bytes u_m ‖ u8 x_i ‖ bytes R ‖ bytes s, s the signature before in the published profile."""
    nested = before if token.statement.profile == "published" else b""
    return bytes_(encoded) + u8(token.statement.providers()[i]) + bytes_(root) + bytes_(nested)


def sign_chain(encoded, seeds, root):
    """Each provider's tagged message and signature."""
    token = Token.decode(encoded)
    signed, signatures, before = [], [], b""
    for i, seed in enumerate(seeds):
        own = root if token.statement.providers()[i] in token.homes() else b""
        message = participation_message(encoded, token, i, own, before)
        before = sign(seed, "participation", message)
        signed.append(tagged("participation", message))
        signatures.append(before)
    return signed, signatures


def encode_chain(encoded, parts):
    """parts: (R or nothing, σ)."""
    return bytes_(encoded) + u8(len(parts)) + b"".join(bytes_(root) + signature for root, signature in parts)


def chain_of(encoded, signatures, root):
    token = Token.decode(encoded)
    providers = token.statement.providers()
    return encode_chain(encoded, [(root if x in token.homes() else b"", s) for x, s in zip(providers, signatures)])


def split_chain(data):
    """(u_m as it came, [(R, σ)])."""
    r = Reader(data)
    encoded = r.bytes_()
    parts = []
    for _ in range(r.u8()):
        root = r.bytes_()
        require(len(root) in (0, 32))
        parts.append((root, r.exactly(64)))
    r.end()
    return encoded, parts


def hold(condition):
    """What decodes and doesn't hold: a signature is missing, or isn't what it must be."""
    if not condition:
        raise Rejected(BAD_SIGNATURE)


def verify_committed(encoded, parts, keys):
    """All of the path and perhaps more, in order; the homes took part with one ciphertext."""
    token = Token.decode(encoded)
    providers = token.statement.providers()
    hold(len(token.statement.work["path"]) <= len(parts) <= len(providers) == len(keys))
    before = b""
    for i, ((root, signature), key) in enumerate(zip(parts, keys)):
        hold((providers[i] in token.homes()) == bool(root))
        verify(key, "participation", participation_message(encoded, token, i, root, before), signature)
        before = signature
    hold(len({root for root, _ in parts[:len(token.homes())]}) == 1)


def verify_chain(data, keys):
    """A complete chain."""
    encoded, parts = split_chain(data)
    hold(len(parts) == len(Token.decode(encoded).statement.providers()))
    verify_committed(encoded, parts, keys)


def certified_message(data):
    """The chain, cut to the participations of the path."""
    encoded, parts = split_chain(data)
    return encode_chain(encoded, parts[:len(Token.decode(encoded).statement.work["path"])])


def encode_certificate(owner_signature, chain, signature):
    return owner_signature + bytes_(chain) + signature


def verify_certificate(data, keys):
    r = Reader(data)
    owner_signature, chain, signature = r.exactly(64), r.bytes_(), r.exactly(64)
    r.end()
    encoded, parts = split_chain(chain)
    token = Token.decode(encoded)
    verify_statement(token.encoded, owner_signature)
    verify(token.statement.session_key, "certificate", certified_message(chain), signature)
    verify_committed(encoded, parts, keys)


def encode_abandonment(w, signature, words):
    return w + bytes_(signature) + u8(len(words)) + b"".join(map(bytes_, words))


def verify_abandonment(data, statement, keys):
    """keys: the providers', in w's order."""
    r = Reader(data)
    w, signature = r.exactly(32), r.bytes_()
    words = [split_word(r.bytes_()) for _ in range(r.u8())]
    r.end()
    require(len(signature) in (0, 64) and bool(signature) != bool(words))
    decoded = Statement.decode(statement)
    hold(w == statement_hash(statement))
    if signature:
        verify(decoded.session_key, "abandonment", w, signature)
        return
    hold(sorted(x for _, x, _ in words) == sorted(decoded.providers()))
    of = dict(zip(decoded.providers(), keys, strict=True))
    for about, x, word in words:
        hold(about == w)
        verify(of[x], "no-certificate", w + u8(x), word)


def split_word(data):
    r = Reader(data)
    word = r.exactly(32), require_x(r.u8()), r.exactly(64)
    r.end()
    return word


# Commands, receipts, Holdings


def acceptance_message(ring, obj, to, node, key):
    return ring + obj + owner_encoding(**to) + text(node) + key


def hand_over_encoding(ring, title, time, to, signature, epoch, highest, generation, acceptance):
    """acceptance: node, key, the next owner's signature, the next user's."""
    node, key, by_owner, by_key = acceptance
    return (u8(2) + ring + title_encoding(**title) + u64(0) + u64(time) + u8(DEEDS["hand-over"]) + owner_encoding(**to)
            + signature + u32(epoch) + u64(highest) + generation + text(node) + key + by_owner + by_key)


def command_encoding(ring, title, number, time, deed):
    out = u8(2) + ring + title_encoding(**title) + u64(number) + u64(time) + u8(DEEDS[deed["kind"]])
    if deed["kind"] == "destroy":
        out += u32(deed["epoch"]) + u64(deed["highest"])
    if deed["kind"] == "schedule":
        out += u64(deed["at"])
    return out + b"".join(deed["generation"])


def verify_owner_command(data, by_owner):
    """The owner's part of a command."""
    r = Reader(data)
    require(r.u8() == 2)
    ring = r.exactly(16)
    title = read_title(r)
    checks = [(title_owner(title)["key"], "owner-command", data, by_owner)]
    r.u64()
    r.u64()
    deed = name_of(DEEDS, r.u8())
    if deed == "destroy":
        r.u32()
        r.u64()
    if deed == "schedule":
        r.u64()
    if deed == "hand-over":
        to, signature = read_owner(r), r.exactly(64)
        require(len(title["handovers"]) < 16)
        checks.append((title_owner(title)["key"], "handover",
                       handover_message(title, len(title["handovers"]), to), signature))
        r.u32()
        r.u64()
    if deed in ("destroy", "settle", "hand-over"):
        r.exactly(32)
    if deed == "hand-over":
        node, key, by_next_owner, by_key = r.text(), r.exactly(32), r.exactly(64), r.exactly(64)
        require_public_key(key)
        message = acceptance_message(ring, title_object(title), to, node, key)
        checks += [(to["key"], "acceptance", message, by_next_owner), (key, "acceptance", message, by_key)]
    r.end()
    verify_title(title)
    for check in checks:
        verify(*check)


def verify_command(data):
    r = Reader(data)
    signed, node, key, signature = r.bytes_(), r.text(), r.exactly(32), r.exactly(64)
    r.end()
    require_public_key(key)
    inner = Reader(signed)
    command, by_owner = inner.bytes_(), inner.exactly(64)
    inner.end()
    verify_owner_command(command, by_owner)
    verify(key, "command", bytes_(signed) + text(node), signature)


def receipt_body(token, x, for_ever, time):
    w = token.statement
    return (w.ring + u32(w.epoch) + title_object(w.title) + u64(w.number) + token.w
            + u8(1 if for_ever else 0) + u8(x) + token.root_of(x) + u64(time))


def verify_receipt(data, key):
    outer = Reader(data)
    body, signature = outer.bytes_(), outer.exactly(64)
    outer.end()
    r = Reader(body)
    r.exactly(16)
    r.u32()
    r.exactly(16)
    r.u64()
    r.exactly(32)
    require(r.u8() <= 1)
    require_x(r.u8())
    r.exactly(32)
    r.u64()
    r.end()
    verify(key, "receipt", body, signature)


def holding_body(ring, w, part, x, chunk, hash_):
    return ring + w + u8(part) + u8(x) + u32(chunk) + hash_


def verify_holding(data, key):
    r = Reader(data)
    r.exactly(48)
    require(1 <= r.u8() <= 3)
    require_x(r.u8())
    r.u32()
    r.exactly(32)
    body, signature = data[:r.at], r.exactly(64)
    r.end()
    verify(key, "holding", body, signature)
