"""Ed25519 (RFC 8032 section 5.1), and SPEC's rule for public keys."""

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
_ROOT = pow(2, (P - 1) // 4, P)   # of -1
IDENTITY = (0, 1, 1, 0)           # (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z


def _add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(s, p):
    q = IDENTITY
    while s:
        if s & 1:
            q = _add(q, p)
        p = _add(p, p)
        s >>= 1
    return q


def _same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def _encode(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decode(b):
    """The point, or None if the bytes aren't the canonical encoding of one."""
    y = int.from_bytes(b, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if len(b) != 32 or y >= P:
        return None
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * _ROOT % P
    if (x * x - xx) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


_BASE = _decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def _expand(seed):
    h = hashlib.sha512(seed).digest()
    return int.from_bytes(h[:32], "little") & ~7 & ~(1 << 255) | 1 << 254, h[32:]


def _hash(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


_PUBLIC = {}


def public_key(seed):
    if seed not in _PUBLIC:
        _PUBLIC[seed] = _encode(_times(_expand(seed)[0], _BASE))
    return _PUBLIC[seed]


def sign(seed, message):
    a, prefix = _expand(seed)
    r = _hash(prefix, message)
    big_r = _encode(_times(r, _BASE))
    k = _hash(big_r, public_key(seed), message)
    return big_r + ((r + k * a) % L).to_bytes(32, "little")


def acceptable(key):
    """Whether a public key is canonical and of the full prime order L (SPEC §1)."""
    a = _decode(key)
    return a is not None and not _same(a, IDENTITY) and _same(_times(L, a), IDENTITY)


def verify(key, message, signature):
    """[S]B = R + [k]A, with R compared as encoded and S below L."""
    a = _decode(key)
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or s >= L:
        return False
    k = _hash(signature[:32], key, message)
    minus_a = (P - a[0], a[1], 1, P - a[3])
    return _encode(_add(_times(s, _BASE), _times(k, minus_a))) == signature[:32]
