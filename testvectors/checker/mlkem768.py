"""ML-KEM-768 (FIPS 203), with its algorithms' names."""

import hashlib

N, Q, K, ETA, DU, DV = 256, 3329, 3, 2, 10, 4


def _bit_reverse(i):
    return int(f"{i:07b}"[::-1], 2)


_ZETAS = [pow(17, _bit_reverse(i), Q) for i in range(128)]
_GAMMAS = [pow(17, 2 * _bit_reverse(i) + 1, Q) for i in range(128)]


def _g(data):
    d = hashlib.sha3_512(data).digest()
    return d[:32], d[32:]


def _h(data):
    return hashlib.sha3_256(data).digest()


def _j(data):
    return hashlib.shake_256(data).digest(32)


def _prf(s, b):
    return hashlib.shake_256(s + bytes([b])).digest(64 * ETA)


def byte_encode(d, f):
    bits = sum(a << d * i for i, a in enumerate(f))
    return bits.to_bytes(32 * d, "little")


def byte_decode(d, b):
    bits = int.from_bytes(b, "little")
    modulus = Q if d == 12 else 1 << d
    return [(bits >> d * i & (1 << d) - 1) % modulus for i in range(N)]


def _compress(d, f):
    # round(2^d·x/q) with the half up
    return [((x << d + 1) + Q) // (2 * Q) & (1 << d) - 1 for x in f]


def _decompress(d, f):
    return [(x * Q + (1 << d - 1)) >> d for x in f]


def _sample_ntt(seed):
    """SampleNTT: rejection of 12-bit values from SHAKE128."""
    length, out = 168 * 5, []
    while True:
        data = hashlib.shake_128(seed).digest(length)
        out = []
        for i in range(0, length - 2, 3):
            b0, b1, b2 = data[i:i + 3]
            for value in (b0 | (b1 & 15) << 8, b1 >> 4 | b2 << 4):
                if value < Q:
                    out.append(value)
        if len(out) >= N:
            return out[:N]
        length += 168


def _sample_cbd(data):
    """SamplePolyCBD_2."""
    bits = int.from_bytes(data, "little")
    out = []
    for i in range(N):
        x = (bits >> 4 * i & 1) + (bits >> 4 * i + 1 & 1)
        y = (bits >> 4 * i + 2 & 1) + (bits >> 4 * i + 3 & 1)
        out.append((x - y) % Q)
    return out


def _ntt(f):
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            zeta = _ZETAS[i]
            i += 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % Q
                f[j + length] = (f[j] - t) % Q
                f[j] = (f[j] + t) % Q
        length //= 2
    return f


def _inverse_ntt(f):
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            zeta = _ZETAS[i]
            i -= 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = zeta * (f[j + length] - t) % Q
        length *= 2
    return [x * 3303 % Q for x in f]


def _multiply_ntts(f, g):
    h = []
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h += [(a0 * b0 + a1 * b1 * _GAMMAS[i]) % Q, (a0 * b1 + a1 * b0) % Q]
    return h


def _plus(f, g):
    return [(a + b) % Q for a, b in zip(f, g)]


def _minus(f, g):
    return [(a - b) % Q for a, b in zip(f, g)]


def _dot(u, v):
    total = [0] * N
    for f, g in zip(u, v):
        total = _plus(total, _multiply_ntts(f, g))
    return total


def _matrix(rho):
    """Â[i][j] = SampleNTT(ρ ‖ j ‖ i)."""
    return [[_sample_ntt(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def key_gen(d, z):
    """ML-KEM.KeyGen_internal: (ek, dk)."""
    rho, sigma = _g(d + bytes([K]))
    a = _matrix(rho)
    s = [_ntt(_sample_cbd(_prf(sigma, i))) for i in range(K)]
    e = [_ntt(_sample_cbd(_prf(sigma, K + i))) for i in range(K)]
    t = [_plus(_dot(a[i], s), e[i]) for i in range(K)]
    ek = b"".join(byte_encode(12, f) for f in t) + rho
    return ek, b"".join(byte_encode(12, f) for f in s) + ek + _h(ek) + z


def _pke_encrypt(ek, m, r):
    t = [byte_decode(12, ek[384 * i:384 * (i + 1)]) for i in range(K)]
    a = _matrix(ek[384 * K:])
    y = [_ntt(_sample_cbd(_prf(r, i))) for i in range(K)]
    e1 = [_sample_cbd(_prf(r, K + i)) for i in range(K)]
    e2 = _sample_cbd(_prf(r, 2 * K))
    u = [_plus(_inverse_ntt(_dot([a[j][i] for j in range(K)], y)), e1[i]) for i in range(K)]
    mu = _decompress(1, byte_decode(1, m))
    v = _plus(_plus(_inverse_ntt(_dot(t, y)), e2), mu)
    return b"".join(byte_encode(DU, _compress(DU, f)) for f in u) + byte_encode(DV, _compress(DV, v))


def _pke_decrypt(dk, c):
    split = 32 * DU * K
    u = [_decompress(DU, byte_decode(DU, c[32 * DU * i:32 * DU * (i + 1)])) for i in range(K)]
    v = _decompress(DV, byte_decode(DV, c[split:]))
    s = [byte_decode(12, dk[384 * i:384 * (i + 1)]) for i in range(K)]
    w = _minus(v, _inverse_ntt(_dot(s, [_ntt(f) for f in u])))
    return byte_encode(1, _compress(1, w))


def encapsulate(ek, m):
    """ML-KEM.Encaps_internal: (shared secret, ciphertext)."""
    secret, r = _g(m + _h(ek))
    return secret, _pke_encrypt(ek, m, r)


def decapsulate(dk, c):
    """ML-KEM.Decaps_internal, with implicit rejection."""
    pke, ek, h, z = dk[:384 * K], dk[384 * K:768 * K + 32], dk[768 * K + 32:768 * K + 64], dk[768 * K + 64:]
    m = _pke_decrypt(pke, c)
    secret, r = _g(m + h)
    return secret if _pke_encrypt(ek, m, r) == c else _j(z + c)
