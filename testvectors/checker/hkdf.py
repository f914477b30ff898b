"""HKDF with SHA-256 (RFC 5869)."""

import hashlib
import hmac


def extract(salt, secret):
    return hmac.digest(salt or bytes(32), secret, hashlib.sha256)


def expand(prk, info, length):
    out = block = b""
    i = 1
    while len(out) < length:
        block = hmac.digest(prk, block + info + bytes([i]), hashlib.sha256)
        out += block
        i += 1
    return out[:length]


def hkdf(secret, salt, info, length):
    return expand(extract(salt, secret), info, length)
