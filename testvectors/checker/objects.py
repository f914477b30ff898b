"""Chunks, commitments, tokens, chains and receipts (SPEC 3)."""

import re

from . import ed25519
from .encoding import BAD_SIGNATURE, H, Reader, Rejected, bytes_, require, sign, tagged, text, u8, u32, u64, verify

CHUNK = 2**20
R_LENGTH = 64
PROFILES = {"published": 1, "blinded": 2}
NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)


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


def share_leaf(object_id, x, k, salt, chunk):
    return H("share-leaf", object_id, u8(x), u64(k), salt, chunk)


def merkle_root(leaves):
    def top(nodes):
        if len(nodes) == 1:
            return nodes[0]
        split = 1 << (len(nodes) - 1).bit_length() - 1   # the largest power of two below n
        return H("merkle-node", top(nodes[:split]), top(nodes[split:]))
    return H("merkle-root", u64(len(leaves)), top(leaves))


def share_root_message(ring, epoch, object_id, x, length, root):
    return ring + u32(epoch) + object_id + u8(x) + u64(length) + root


def claim_message(ring, epoch, object_id, x):
    return ring + u32(epoch) + object_id + u8(x)


class Token:
    """u_m's fields, by SPEC's names; claims are (key, signature), dealt (names, whether providers sign, [(root, signature)])."""

    FIELDS = ("object", "ring", "epoch", "protocol", "profile", "owner", "threshold", "xs", "homes", "claims", "length", "h",
              "dealt", "generation", "origin", "time")

    def __init__(self, **fields):
        if set(fields) != set(self.FIELDS):
            raise ValueError("a token's fields")
        self.__dict__.update(fields)

    def encode(self):
        out = [u8(1), self.object, self.ring, u32(self.epoch), u8(self.protocol), u8(PROFILES[self.profile]), self.owner,
               u8(self.threshold), u8(len(self.xs)), bytes(self.xs), u8(self.homes), u8(len(self.claims)), *(key + signature for key, signature in self.claims),
               u64(self.length), u32(CHUNK), self.h]
        dealers, summed, shares = self.dealt
        out += [u8(len(dealers)), *map(text, dealers), u8(summed), *(root + signature for root, signature in shares)]
        return b"".join(out) + u32(self.generation) + self.origin + u64(self.time)

    @classmethod
    def decode(cls, data):
        r = Reader(data)
        require(r.u8() == 1)
        object_id, ring, epoch = r.exactly(16), r.exactly(16), r.u32()
        protocol, profile = r.u8(), r.u8()
        require(epoch >= 1 and protocol in (1, 2, 3) and profile in (1, 2))
        owner, threshold, n = r.exactly(16), r.u8(), r.u8()
        require(2 <= threshold <= n <= 254)
        xs = list(r.exactly(n))
        require(len(set(xs)) == n and all(1 <= x <= 254 for x in xs))
        homes = r.u8()
        require(1 <= homes <= n)
        missing = r.u8()
        require(homes <= n - missing)
        if missing:
            require(profile == 2 and protocol in (2, 3) and n - missing >= min(threshold + 1, n))
        claims = [(r.exactly(32), r.exactly(64)) for _ in range(missing)]
        for key, _ in claims:
            require_public_key(key)
        length = r.u64()
        require(length <= 2**40 and r.u32() == CHUNK)
        h = r.exactly(32)
        dealers = [r.text() for _ in range(r.u8())]   # any: a token names the dealers, the ring says who is one
        require(dealers and len(set(dealers)) == len(dealers))
        summed = r.u8()
        require(summed <= 1 and (summed or len(dealers) == 1) and not (summed and missing))
        dealt = (dealers, summed, [(r.exactly(32), r.exactly(64)) for _ in range(n)])
        generation, origin = r.u32(), r.exactly(16)
        require(generation >= 1 and (generation == 1) == (origin == object_id))
        time = r.u64()
        r.end()
        return cls(object=object_id, ring=ring, epoch=epoch, protocol=protocol,
                   profile="published" if profile == 1 else "blinded", owner=owner, threshold=threshold, xs=xs,
                   homes=homes, claims=claims, length=length, h=h, dealt=dealt, generation=generation,
                   origin=origin, time=time)


def chain_message(encoded, token, i, before):
    """What provider i signs: bytes u_m ‖ u8 x_i ‖ bytes root_i ‖ bytes σ_{i−1}."""
    _, _, shares = token.dealt
    return bytes_(encoded) + u8(token.xs[i]) + bytes_(shares[i][0]) + bytes_(before)


def sign_chain(encoded, seeds):
    """Each provider's tagged message and signature."""
    token = Token.decode(encoded)
    signed, signatures, before = [], [], b""
    for i, seed in enumerate(seeds):
        message = chain_message(encoded, token, i, before)
        before = sign(seed, "token-chain", message)
        signed.append(tagged("token-chain", message))
        signatures.append(before)
    return signed, signatures


def encode_chain(encoded, signatures):
    return bytes_(encoded) + u8(len(signatures)) + b"".join(signatures)


def split_chain(data):
    """(u_m as it came, signatures)."""
    r = Reader(data)
    encoded = r.bytes_()
    signatures = [r.exactly(64) for _ in range(r.u8())]
    r.end()
    return encoded, signatures


def verify_chain(data, keys):
    """A complete chain."""
    encoded, signatures = split_chain(data)
    token = Token.decode(encoded)
    if not len(signatures) == len(token.xs) == len(keys):
        raise Rejected(BAD_SIGNATURE)
    before = b""
    for i, (key, signature) in enumerate(zip(keys, signatures)):
        verify(key, "token-chain", chain_message(encoded, token, i, before), signature)
        before = signature


def receipt_body(ring, object_id, x, root, time):
    return ring + object_id + u8(x) + root + u64(time)


def verify_receipt(data, key):
    outer = Reader(data)
    body, signature = outer.bytes_(), outer.exactly(64)
    outer.end()
    r = Reader(body)
    r.exactly(32)
    require(1 <= r.u8() <= 254)
    r.exactly(32)
    r.u64()
    r.end()
    verify(key, "receipt", body, signature)


def require_public_key(key):
    require(len(key) == 32 and ed25519.acceptable(key))
