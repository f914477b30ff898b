"""P-256, RFC 9380's hash to it, and RFC 9497's verifiable OPRF over it (suite P256-SHA256), in the simplest form that is right."""

import hashlib

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
A = P - 3
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
Z = P - 10

CONTEXT = b"OPRFV1-\x01-P256-SHA256"


def add(p, q):
    """Affine; None is the identity."""
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def times(k, p):
    total = None
    for bit in bin(k % ORDER)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, p)
    return total


def encode(p):
    if p is None:
        raise ValueError("the identity isn't encoded")
    return bytes([2 + (p[1] & 1)]) + p[0].to_bytes(32, "big")


def decode(b):
    x = int.from_bytes(b[1:], "big")
    square = (x**3 + A * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    if len(b) != 33 or b[0] not in (2, 3) or x >= P or y * y % P != square:
        raise ValueError("no point")
    return x, y if y & 1 == b[0] & 1 else P - y


def scalar(b):
    k = int.from_bytes(b, "big")
    if len(b) != 32 or k >= ORDER:
        raise ValueError("no scalar")
    return k


def scalar_bytes(k):
    return k.to_bytes(32, "big")


def expand_message_xmd(message, dst, length):
    """RFC 9380 section 5.3.1."""
    dst += bytes([len(dst)])
    b0 = hashlib.sha256(bytes(64) + message + length.to_bytes(2, "big") + b"\0" + dst).digest()
    b = hashlib.sha256(b0 + b"\1" + dst).digest()
    out = b
    i = 2
    while len(out) < length:
        b = hashlib.sha256(bytes(x ^ y for x, y in zip(b0, b)) + bytes([i]) + dst).digest()
        out, i = out + b, i + 1
    return out[:length]


def _map(u):
    """RFC 9380 section 6.6.2, by its definition."""
    tv = (Z * Z * pow(u, 4, P) + Z * u * u) % P
    inverse = pow(tv, -1, P) if tv else 0
    x = (-B * pow(A, -1, P) * (1 + inverse)) % P if tv else B * pow(Z * A, -1, P) % P
    square = (x**3 + A * x + B) % P
    if pow(square, (P - 1) // 2, P) not in (0, 1):
        x = Z * u * u * x % P
        square = (x**3 + A * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    return x, y if y & 1 == u & 1 else P - y


def hash_to_curve(message, dst):
    uniform = expand_message_xmd(message, dst, 96)
    return add(_map(int.from_bytes(uniform[:48], "big") % P), _map(int.from_bytes(uniform[48:], "big") % P))


def hash_to_scalar(message, dst=b"HashToScalar-" + CONTEXT):
    return int.from_bytes(expand_message_xmd(message, dst, 48), "big") % ORDER


def _framed(b):
    return len(b).to_bytes(2, "big") + b


def blind(message, r):
    return times(r, hash_to_curve(message, b"HashToGroup-" + CONTEXT))


def evaluate(k, blinded, r):
    """(the element, its proof) of one blinded element (RFC 9497 sections 2.2.1, 3.3.2)."""
    public, element = encode(times(k, G)), times(k, blinded)
    seed = hashlib.sha256(_framed(public) + _framed(b"Seed-" + CONTEXT)).digest()
    d = hash_to_scalar(_framed(seed) + b"\0\0" + _framed(encode(blinded)) + _framed(encode(element)) + b"Composite")
    m, z = times(d, blinded), times(d, element)
    c = hash_to_scalar(b"".join(map(_framed, (public, encode(m), encode(z), encode(times(r, G)), encode(times(r, m)))))
                       + b"Challenge")
    return element, scalar_bytes(c) + scalar_bytes((r - c * k) % ORDER)


def finish(message, r, element):
    unblinded = encode(times(pow(r, -1, ORDER), element))
    return hashlib.sha256(_framed(message) + _framed(unblinded) + b"Finalize").digest()


def value(coefficients, x):
    """f(x), the coefficient of x^0 first."""
    return sum(a * pow(x, k, ORDER) for k, a in enumerate(coefficients)) % ORDER


def lagrange(xs, x, target=0):
    top = bottom = 1
    for other in xs:
        if other != x:
            top, bottom = top * (target - other), bottom * (x - other)
    return top * pow(bottom, -1, ORDER) % ORDER


def combine(points):
    """What points of one polynomial in the exponent, by x, say at 0."""
    total = None
    for x, point in points.items():
        total = add(total, times(lagrange(points, x), point))
    return total
