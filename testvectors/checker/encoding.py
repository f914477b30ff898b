"""SPEC's encodings, H(label, …) and signed messages (SPEC §1)."""

import base64
import binascii
import hashlib

from . import ed25519


class Rejected(Exception):
    """What an implementation must reject; its argument is the class."""


MALFORMED, BAD_INPUT, BAD_SIGNATURE, INTEGRITY, WRONG_KEY, REFUSED_ORDER = (
    "malformed", "bad-input", "bad-signature", "integrity", "wrong-key", "refused-order")


def u8(n):
    return n.to_bytes(1, "big")


def u16(n):
    return n.to_bytes(2, "big")


def u32(n):
    if n >= 2**31:
        raise ValueError(f"u32 is below 2^31, not {n}")
    return n.to_bytes(4, "big")


def u64(n):
    if n >= 2**63:
        raise ValueError(f"u64 is below 2^63, not {n}")
    return n.to_bytes(8, "big")


def bytes_(b):
    return u32(len(b)) + b


def text(s):
    b = s.encode()
    return u8(len(b)) + b


def tagged(label, message):
    """u8 |label| ‖ label ‖ message: what is hashed, and what is signed."""
    return text("interlock/v1/" + label) + message


def H(label, *fields):
    return hashlib.sha256(tagged(label, b"".join(fields))).digest()


def sign(seed, label, message):
    return ed25519.sign(seed, tagged(label, message))


def verify(key, label, message, signature):
    if not ed25519.verify(key, tagged(label, message), signature):
        raise Rejected(BAD_SIGNATURE)


def require(condition):
    """A decoder's condition."""
    if not condition:
        raise Rejected(MALFORMED)


def from_base64(s):
    """The bytes of base64 with padding; only the one text that they have."""
    try:
        b = base64.b64decode(s, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected(MALFORMED) from None
    require(base64.b64encode(b).decode() == s)
    return b


class Reader:
    """Decodes what the functions above encode; rejects missing and surplus bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def exactly(self, n):
        require(self.at + n <= len(self.data))
        self.at += n
        return self.data[self.at - n:self.at]

    def u8(self):
        return self.exactly(1)[0]

    def u16(self):
        return int.from_bytes(self.exactly(2), "big")

    def u32(self):
        n = int.from_bytes(self.exactly(4), "big")
        require(n < 2**31)
        return n

    def u64(self):
        n = int.from_bytes(self.exactly(8), "big")
        require(n < 2**63)
        return n

    def bytes_(self):
        return self.exactly(self.u32())

    def text(self):
        try:
            return self.exactly(self.u8()).decode()
        except UnicodeDecodeError:
            raise Rejected(MALFORMED) from None

    def end(self):
        require(self.at == len(self.data))
