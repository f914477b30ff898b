"""HPKE (RFC 9180), base mode, export only, with HKDF-SHA256; the sender too, for the self-test."""

from . import hkdf, xwing
from .x25519 import public_key as x25519_public, x25519

X25519, XWING = 1, 2   # SPEC's numbers of the KEMs
KEM_ID = {X25519: b"\x00\x20", XWING: b"\x64\x7a"}
ENC_LENGTH = {X25519: 32, XWING: 1120}
HKDF_SHA256, EXPORT_ONLY = b"\x00\x01", b"\xff\xff"


def _extract(suite, salt, label, secret):
    return hkdf.extract(salt, b"HPKE-v1" + suite + label + secret)


def _expand(suite, prk, label, info, length):
    return hkdf.expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, length)


def public_key(kem, private):
    return x25519_public(private) if kem == X25519 else xwing.public_key(private)


def _dhkem(dh, enc, public):
    suite = b"KEM" + KEM_ID[X25519]
    prk = _extract(suite, b"", b"eae_prk", dh)
    return _expand(suite, prk, b"shared_secret", enc + public, 32)


def encapsulate(kem, public, randomness):
    """(shared secret, enc); randomness: the ephemeral key of X25519, X-Wing's 64 bytes."""
    if kem == X25519:
        enc = x25519_public(randomness)
        return _dhkem(x25519(randomness, public), enc, public), enc
    return xwing.encapsulate(public, randomness)


def decapsulate(kem, private, enc):
    """The shared secret, or None: X25519 refuses an all-zero result (RFC 9180 7.1.4)."""
    if kem == XWING:
        return xwing.decapsulate(private, enc)
    dh = x25519(private, enc)
    return None if dh == bytes(32) else _dhkem(dh, enc, x25519_public(private))


def exporter_secret(kem, shared, info, aead=EXPORT_ONLY):
    suite = b"HPKE" + KEM_ID[kem] + HKDF_SHA256 + aead
    context = b"\x00" + _extract(suite, b"", b"psk_id_hash", b"") + _extract(suite, b"", b"info_hash", info)
    return _expand(suite, _extract(suite, shared, b"secret", b""), b"exp", context, 32)


def export(kem, exporter, context, length, aead=EXPORT_ONLY):
    """Context.Export."""
    return _expand(b"HPKE" + KEM_ID[kem] + HKDF_SHA256 + aead, exporter, b"sec", context, length)
