"""X-Wing (draft-connolly-cfrg-xwing-kem): ML-KEM-768 and X25519 in one KEM."""

import functools
import hashlib

from . import mlkem768
from .x25519 import public_key as x25519_public, x25519

LABEL = bytes.fromhex("5c2e2f2f5e5c")


@functools.lru_cache
def _expand(seed):
    expanded = hashlib.shake_256(seed).digest(96)
    ek, dk = mlkem768.key_gen(expanded[:32], expanded[32:64])
    return ek, dk, expanded[64:]


def _combine(ss_m, ss_x, ct_x, pk_x):
    return hashlib.sha3_256(ss_m + ss_x + ct_x + pk_x + LABEL).digest()


def public_key(seed):
    """ML-KEM's encapsulation key ‖ X25519's, 1216 bytes."""
    ek, _, sk_x = _expand(seed)
    return ek + x25519_public(sk_x)


def encapsulate(pk, eseed):
    """(shared secret, ciphertext) from 64 random bytes."""
    pk_m, pk_x = pk[:1184], pk[1184:]
    ss_m, ct_m = mlkem768.encapsulate(pk_m, eseed[:32])
    ct_x = x25519_public(eseed[32:])
    return _combine(ss_m, x25519(eseed[32:], pk_x), ct_x, pk_x), ct_m + ct_x


def decapsulate(seed, ct):
    _, dk, sk_x = _expand(seed)
    ct_m, ct_x = ct[:1088], ct[1088:]
    return _combine(mlkem768.decapsulate(dk, ct_m), x25519(sk_x, ct_x), ct_x, x25519_public(sk_x))
