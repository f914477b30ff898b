"""AES-256 (FIPS 197), its counter mode as SPEC's Stream, and GCM (SP 800-38D)."""

from . import gf256


def _sbox():
    table = []
    for a in range(256):
        b = gf256.invert(a) if a else 0
        # The affine map of FIPS 197 5.1.1: b ⊕ its rotations by 1 to 4 ⊕ 0x63.
        s = 0x63
        for turn in range(5):
            s ^= (b << turn | b >> (8 - turn)) & 0xFF
        table.append(s)
    return bytes(table)


SBOX = _sbox()
_TWICE = bytes(gf256.multiply(2, s) for s in SBOX)
_THRICE = bytes(gf256.multiply(3, s) for s in SBOX)
# Column c, row r of the state is byte 4c + r; ShiftRows takes it from column c + r.
_SHIFT = [4 * ((c + r) % 4) + r for c in range(4) for r in range(4)]


def _mix_table(row):
    """SubBytes and MixColumns of one byte in a row, as a 32-bit column."""
    out = []
    for a in range(256):
        column = [SBOX[a]] * 4
        column[row] = _TWICE[a]
        column[(row - 1) % 4] = _THRICE[a]
        out.append(int.from_bytes(bytes(column), "big"))
    return out


_T0, _T1, _T2, _T3 = (_mix_table(row) for row in range(4))


class Aes256:
    """The block cipher, encryption only."""

    def __init__(self, key):
        if len(key) != 32:
            raise ValueError(f"AES-256 key of {len(key)} bytes")
        words = [key[i:i + 4] for i in range(0, 32, 4)]
        rcon = 1
        for i in range(8, 60):
            word = words[-1]
            if i % 8 == 0:
                word = (word[1:] + word[:1]).translate(SBOX)
                word = bytes([word[0] ^ rcon]) + word[1:]
                rcon = gf256.multiply(rcon, 2)
            elif i % 8 == 4:
                word = word.translate(SBOX)
            words.append(gf256.add(words[i - 8], word))
        self._rounds = [tuple(int.from_bytes(w, "big") for w in words[4 * r:4 * r + 4]) for r in range(15)]

    def encrypt(self, block):
        """One block of 16 bytes."""
        state = int.from_bytes(block, "big") ^ self._whole(0)
        s = state.to_bytes(16, "big")
        for r in range(1, 14):
            k0, k1, k2, k3 = self._rounds[r]
            s = ((_T0[s[0]] ^ _T1[s[5]] ^ _T2[s[10]] ^ _T3[s[15]] ^ k0) << 96
                 | (_T0[s[4]] ^ _T1[s[9]] ^ _T2[s[14]] ^ _T3[s[3]] ^ k1) << 64
                 | (_T0[s[8]] ^ _T1[s[13]] ^ _T2[s[2]] ^ _T3[s[7]] ^ k2) << 32
                 | (_T0[s[12]] ^ _T1[s[1]] ^ _T2[s[6]] ^ _T3[s[11]] ^ k3)).to_bytes(16, "big")
        last = bytes(SBOX[s[i]] for i in _SHIFT)
        return (int.from_bytes(last, "big") ^ self._whole(14)).to_bytes(16, "big")

    def _whole(self, r):
        k0, k1, k2, k3 = self._rounds[r]
        return k0 << 96 | k1 << 64 | k2 << 32 | k3


def counter_mode(cipher, counter, length, width=128):
    """Keystream; the last `width` bits of the block count, modulo 2^width."""
    mask = (1 << width) - 1
    fixed = counter & ~mask
    out = []
    for i in range((length + 15) // 16):
        out.append(cipher.encrypt((fixed | (counter + i) & mask).to_bytes(16, "big")))
    return b"".join(out)[:length]


def stream(seed, length, offset=0):
    """Stream(seed, offset + length) without its first `offset` bytes (SPEC §1)."""
    skip = offset % 16
    return counter_mode(Aes256(seed), offset // 16, skip + length)[skip:]


def _ghash_tables(h):
    """256 products h·byte at the first byte's place, in GCM's reflected field."""
    table = [0] * 256
    v = h
    for bit in range(8):
        table[0x80 >> bit] = v
        v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
    for b in range(256):
        low = b & -b
        if b != low:
            table[b] = table[low] ^ table[b ^ low]
    return table


def _shift_table():
    """What a shift by a byte folds back, for each byte that falls out."""
    out = []
    for b in range(256):
        v = b
        for _ in range(8):
            v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
        out.append(v)
    return out


_FOLD = _shift_table()


def _ghash(h, data):
    table = _ghash_tables(h)
    y = 0
    for i in range(0, len(data), 16):
        y ^= int.from_bytes(data[i:i + 16], "big")
        z = 0
        # Horner over the bytes, the last one first: z·x^8 ⊕ byte·h.
        for byte in y.to_bytes(16, "big")[::-1]:
            z = z >> 8 ^ _FOLD[z & 0xFF] ^ table[byte]
        y = z
    return y


def _tag(cipher, nonce, associated, ciphertext):
    def padded(b):
        return b + bytes(-len(b) % 16)
    h = int.from_bytes(cipher.encrypt(bytes(16)), "big")
    lengths = (8 * len(associated)).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    s = _ghash(h, padded(associated) + padded(ciphertext) + lengths)
    first = int.from_bytes(cipher.encrypt(nonce + b"\0\0\0\1"), "big")
    return (s ^ first).to_bytes(16, "big")


def _gcm_stream(cipher, nonce, length):
    return counter_mode(cipher, int.from_bytes(nonce + b"\0\0\0\2", "big"), length, width=32)


def gcm_seal(key, nonce, associated, plaintext):
    """ciphertext ‖ tag[16], for a 12-byte nonce."""
    cipher = Aes256(key)
    ciphertext = gf256.add(plaintext, _gcm_stream(cipher, nonce, len(plaintext)))
    return ciphertext + _tag(cipher, nonce, associated, ciphertext)


def gcm_open(key, nonce, associated, sealed):
    """The plaintext, or None if the tag is wrong."""
    cipher = Aes256(key)
    ciphertext, tag = sealed[:-16], sealed[-16:]
    if len(sealed) < 16 or _tag(cipher, nonce, associated, ciphertext) != tag:
        return None
    return gf256.add(ciphertext, _gcm_stream(cipher, nonce, len(ciphertext)))
