"""GF(2^8) with x^8+x^4+x^3+x+1, and the polynomials over it (SPEC §§1, 4)."""


def multiply(a, b):
    """a·b, by shift and reduction by 0x11B."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= 0x11B
        b >>= 1
    return product


def invert(a):
    """a^254, which is a^-1 for a != 0."""
    if a == 0:
        raise ZeroDivisionError("0 has no inverse in GF(2^8)")
    result = 1
    for _ in range(254):
        result = multiply(result, a)
    return result


# One row a factor: bytes.translate then multiplies a whole vector.
_ROWS = [bytes(multiply(a, b) for b in range(256)) for a in range(256)]
_INVERSES = [None] + [invert(a) for a in range(1, 256)]


def add(a, b):
    """a ⊕ b, of vectors of one length."""
    if len(a) != len(b):
        raise ValueError(f"vectors of {len(a)} and {len(b)} bytes")
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big")


def scale(factor, vector):
    """factor·vector."""
    return vector.translate(_ROWS[factor])


def add_scaled(target, factor, source):
    """target ⊕ factor·source."""
    return add(target, scale(factor, source))


def deal(coefficients, x):
    """f(x) = Σ a_k x^k, summed up as it is written."""
    value = bytes(len(coefficients[0]))
    power = 1
    for a in coefficients:
        value = add_scaled(value, power, a)
        power = multiply(power, x)
    return value


def lagrange(points, target, i):
    """λ_{S,z}(i) = Π_{j∈S∖i} (z − x_j)/(x_i − x_j), where i is an x of S."""
    if len(set(points)) != len(points) or i not in points:
        raise ValueError(f"points {points} aren't distinct or don't have {i}")
    result = 1
    for j in points:
        if j != i:
            result = multiply(result, multiply(target ^ j, _INVERSES[i ^ j]))
    return result


def interpolate(points, values, target):
    """Σ λ_{S,z}(i)·f(x_i)."""
    total = bytes(len(values[0]))
    for x, value in zip(points, values, strict=True):
        total = add_scaled(total, lagrange(points, target, x), value)
    return total
