"""Sealing to a public key (SPEC §5), the recipient's side."""

from . import aes, hpke
from .encoding import H, INTEGRITY, Rejected, WRONG_KEY, text, u8, u32, u64
from .objects import CHUNK, R_LENGTH, chunk_lengths, merkle_root, share_leaf

LABEL = "interlock/v1/sealed"
SALT, TAG = 64, 16


def recipient_id(kem, public):
    return H("recipient", u8(kem), public)[:16]


def binding(ring, w, x):
    """info: text(label) ‖ ring ‖ H(w) ‖ u8 x."""
    return text(LABEL) + ring + w + u8(x)


def export_key(kem, shared, info):
    """K = Context.Export(label, 32)."""
    return hpke.export(kem, hpke.exporter_secret(kem, shared, info), LABEL.encode(), 32)


def _piece_parameters(k, last):
    return u32(0) + u64(k), u8(1 if last else 0)


def seal_pieces(key, pieces):
    return [aes.gcm_seal(key, *_piece_parameters(k, k == len(pieces) - 1), piece) for k, piece in enumerate(pieces)]


def _open_piece(key, k, last, sealed):
    piece = aes.gcm_open(key, *_piece_parameters(k, last), sealed)
    if piece is None:
        raise Rejected(INTEGRITY)
    return piece


def _open_header(kem, private, info, sealed):
    """(K, where the header ends)."""
    if len(sealed) < 18 or sealed[0] != 1:
        raise Rejected(INTEGRITY)
    # Whatever kem it names: sealed to a key of the other kem, it names another recipient.
    if sealed[2:18] != recipient_id(kem, hpke.public_key(kem, private)):
        raise Rejected(WRONG_KEY)
    end = 18 + hpke.ENC_LENGTH[kem]
    if sealed[1] != kem or len(sealed) < end:
        raise Rejected(INTEGRITY)
    shared = hpke.decapsulate(kem, private, sealed[18:end])
    if shared is None:
        raise Rejected(INTEGRITY)
    return export_key(kem, shared, info), end


def open_message(kem, private, ring, w, sealed):
    """(K, m)."""
    key, at = _open_header(kem, private, binding(ring, w, 0), sealed)
    body = sealed[at:]
    pieces = [body[i:i + CHUNK + TAG] for i in range(0, len(body), CHUNK + TAG)]
    if not pieces or len(pieces) > 1 and len(pieces[-1]) == TAG:   # an empty last piece only of the empty m
        raise Rejected(INTEGRITY)
    return key, b"".join(_open_piece(key, k, k == len(pieces) - 1, piece) for k, piece in enumerate(pieces))


def open_share(kem, private, ring, w, x, length, sealed, root=None):
    """(K, leaves, salts, share); with `root` the leaves must give it."""
    key, at = _open_header(kem, private, binding(ring, w, x), sealed)
    lengths = [SALT + R_LENGTH + n for n in chunk_lengths(length)]
    if len(sealed) != at + sum(32 + n + TAG for n in lengths):
        raise Rejected(INTEGRITY)
    leaves = [sealed[at + 32 * k:at + 32 * k + 32] for k in range(len(lengths))]
    if root is not None and merkle_root(leaves) != root:
        raise Rejected(INTEGRITY)
    at += 32 * len(lengths)
    salts, share = [], b""
    for k, n in enumerate(lengths):
        piece = _open_piece(key, k, k == len(lengths) - 1, sealed[at:at + n + TAG])
        at += n + TAG
        if share_leaf(w, x, k, piece[:SALT], piece[SALT:]) != leaves[k]:
            raise Rejected(INTEGRITY)
        salts.append(piece[:SALT])
        share += piece[SALT:]
    return key, leaves, salts, share
