"""Cards, ring descriptors, proofs, user requests, credentials, user key files (SPEC §§2, 3, 5, 6)."""

import base64
import binascii
import hashlib
import json
import re

from . import ed25519, hkdf, hpke
from .encoding import (BAD_SIGNATURE, H, INTEGRITY, MALFORMED, Reader, Rejected, WRONG_KEY, from_base64, require, sign,
                       text, u8, u32, u64, verify)
from .objects import NAME, Token, require_public_key, split_chain, verify_chain

CARD_FIELDS = {"format", "role", "name", "address", "tlsPin", "key", "sealing"}
SEALING = re.compile(r"x25519:[0-9a-f]{64}|xwing:[0-9a-f]{2432}", re.ASCII)
RING_FIELDS = {"format", "name", "epoch", "threshold", "profiles", "providers", "dealers", "dealing", "history"}
KEY_TEXT = re.compile(r"ed25519:[0-9a-f]{64}", re.ASCII)
LAST_LINE = re.compile(rb"-- ed25519:([0-9a-f]{64}) ([0-9a-f]{128})\n")


def ring_id(key):
    return H("ring-id", key)[:16]


def key_text(key):
    return "ed25519:" + key.hex()


def recipient_text(kem, key):
    return ("x25519:" if kem == hpke.X25519 else "xwing:") + key.hex()


def is_recipient_text(value):
    return isinstance(value, str) and re.fullmatch(r"x25519:[0-9a-f]{64}|xwing:[0-9a-f]{2432}", value) is not None


def parse_json(data):
    """JSON in which no key occurs twice."""
    def once(pairs):
        require(len({k for k, _ in pairs}) == len(pairs))
        return dict(pairs)
    try:
        return json.loads(data if isinstance(data, str) else data.decode(), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Rejected(MALFORMED) from None


def is_int(value):
    return type(value) is int


def require_card(card):
    require(isinstance(card, dict) and set(card) == CARD_FIELDS)
    require(all(isinstance(v, str) for field, v in card.items() if field != "sealing"))
    require(card["format"] == "interlock card 1" and card["role"] in ("provider", "dealer"))
    require(NAME.fullmatch(card["name"]) and re.fullmatch(r"[0-9a-f]{64}", card["tlsPin"], re.ASCII))
    host, colon, port = card["address"].rpartition(":")
    require(colon and host and re.fullmatch(r"[0-9]{1,5}", port, re.ASCII) and 1 <= int(port) <= 65535)
    require(KEY_TEXT.fullmatch(card["key"]))
    require_public_key(bytes.fromhex(card["key"][8:]))
    if card["role"] == "provider":
        require(isinstance(card["sealing"], str) and SEALING.fullmatch(card["sealing"]))
    else:
        require(card["sealing"] is None)


def require_ring(ring):
    require(isinstance(ring, dict) and set(ring) == RING_FIELDS and ring["format"] == "interlock ring 1")
    require(isinstance(ring["name"], str) and NAME.fullmatch(ring["name"]))
    require(is_int(ring["epoch"]) and 1 <= ring["epoch"] < 2**31 and is_int(ring["threshold"]))
    for field in ("profiles", "providers"):
        require(isinstance(ring[field], list) and ring[field])
    for field in ("dealers", "dealing"):
        require(isinstance(ring[field], list))
    require(all(isinstance(name, str) for name in ring["dealing"]))
    profiles = ring["profiles"]
    require(all(p in ("published", "blinded") for p in profiles) and len(set(profiles)) == len(profiles))
    xs, cards = [], []
    for provider in ring["providers"]:
        require(isinstance(provider, dict) and set(provider) == {"x", "card"} and is_int(provider["x"]))
        xs.append(provider["x"])
        cards.append((provider["card"], "provider"))
    cards += [(card, "dealer") for card in ring["dealers"]]
    require(2 <= ring["threshold"] <= len(xs) <= 254)
    require(len(set(xs)) == len(xs) and all(1 <= x <= 254 for x in xs))
    require(ring["epoch"] > 1 or xs == list(range(1, len(xs) + 1)))
    for card, role in cards:
        require_card(card)
        require(card["role"] == role)
    require_distinct([card for card, _ in cards], ("name", "address", "tlsPin", "key"))
    require_dealing(ring, {card["name"] for card, role in cards if role == "provider"})
    if ring["history"] is not None:
        require_history(ring, ring["history"], dict(zip(xs, (card for card, _ in cards))), ring["dealers"])


def require_dealing(epoch, providers):
    """Providers that deal as well, and no ring whose pads fewer than t providers know."""
    dealing = epoch["dealing"]
    require(len(set(dealing)) == len(dealing) and set(dealing) <= providers)
    require(1 <= len(epoch["dealers"]) + len(dealing) <= 255)
    require(epoch["dealers"] or len(dealing) >= epoch["threshold"])


def require_distinct(cards, fields):
    for field in fields:
        require(len({card[field] for card in cards}) == len(cards))
    sealing = [card["sealing"] for card in cards if card["role"] == "provider"]
    require(len(set(sealing)) == len(sealing))


def require_history(ring, history, now, dealers):
    """The epochs before: every node that ever was has a name, keys and an x of its own."""
    require(isinstance(history, dict) and set(history) == {"epochs", "providers", "dealers"})
    require(all(isinstance(value, list) for value in history.values()) and 1 <= len(history["epochs"]) <= 32)
    for provider in history["providers"]:
        require(isinstance(provider, dict) and set(provider) == {"x", "card"} and is_int(provider["x"]))
        require(1 <= provider["x"] <= 254 and provider["x"] not in now)
        require_card(provider["card"])
        require(provider["card"]["role"] == "provider")
        now = now | {provider["x"]: provider["card"]}
    for card in history["dealers"]:
        require_card(card)
        require(card["role"] == "dealer")
    dealers = dealers + history["dealers"]
    require_distinct(list(now.values()) + dealers, ("name", "tlsPin", "key"))
    former = {card["name"] for card in [p["card"] for p in history["providers"]] + history["dealers"]}
    numbers, named = [], set()
    for earlier in history["epochs"]:
        require(isinstance(earlier, dict) and set(earlier) == {"epoch", "threshold", "providers", "dealers", "dealing"})
        require(is_int(earlier["epoch"]) and 1 <= earlier["epoch"] < ring["epoch"] and is_int(earlier["threshold"]))
        numbers.append(earlier["epoch"])
        for field, known in (("providers", list(now.values())), ("dealers", dealers)):
            require(isinstance(earlier[field], list))
            then = [card for name in earlier[field] for card in known if card["name"] == name]
            require([card["name"] for card in then] == earlier[field])
            require_distinct(then, ("name",))
            named |= set(earlier[field])
        members = [card for card in list(now.values()) + dealers if card["name"] in earlier["providers"] + earlier["dealers"]]
        require_distinct(members, ("address",))
        require(isinstance(earlier["dealing"], list))
        require_dealing(earlier, set(earlier["providers"]))
        require(2 <= earlier["threshold"] <= len(earlier["providers"]) <= 254)
    require(len(set(numbers)) == len(numbers) and former <= named)


def signed_file(label, json_text, seed):
    """(message, signature, file): the JSON, a newline, and the line `-- <key> <signature>`."""
    message = json_text.encode() + b"\n"
    signature = sign(seed, label, message)
    line = f"-- {key_text(ed25519.public_key(seed))} {signature.hex()}\n"
    return message, signature, message + line.encode()


def split_file(data):
    """(message, key, signature) of a signed file."""
    at = data.rfind(b"\n-- ") + 1
    match = LAST_LINE.fullmatch(data[at:])
    require(at > 0 and match)
    key = bytes.fromhex(match[1].decode())
    require_public_key(key)
    return data[:at], key, bytes.fromhex(match[2].decode())


def verify_card(data):
    message, key, signature = split_file(data)
    card = parse_json(message)
    require_card(card)
    if card["key"] != key_text(key):
        raise Rejected(WRONG_KEY)
    verify(key, "node-card", message, signature)


def verify_descriptor(data, ring):
    message, key, signature = split_file(data)
    require_ring(parse_json(message))
    if ring_id(key) != ring:
        raise Rejected(WRONG_KEY)
    verify(key, "ring-descriptor", message, signature)


CERTIFICATE_FIELDS = {"x": int, "name": str, "address": str, "tlsPin": str, "key": str}


def certificates(ring, xs):
    """What a proof says of each of the providers, in the token's order."""
    cards = {provider["x"]: provider["card"] for provider in ring["providers"]}
    if not set(xs) <= set(cards):
        raise Rejected(INTEGRITY)
    return [{"x": x, **{field: cards[x][field] for field in CERTIFICATE_FIELDS if field != "x"}} for x in xs]


def open_ring(data):
    """(ring id, JSON) of a descriptor that holds."""
    message, key, _ = split_file(data)
    verify_descriptor(data, ring_id(key))
    return ring_id(key), parse_json(message)


def verify_proof(data, descriptor):
    """Malformed, or doesn't hold against the descriptor."""
    ring, members = open_ring(descriptor)
    proof = parse_json(data)
    require(isinstance(proof, dict) and set(proof) == {"format", "chain", "providers"})
    require(proof["format"] == "interlock proof 2" and isinstance(proof["chain"], str))
    require(isinstance(proof["providers"], list))
    for certificate in proof["providers"]:
        require(isinstance(certificate, dict) and set(certificate) == set(CERTIFICATE_FIELDS))
        require(all(type(certificate[field]) is of for field, of in CERTIFICATE_FIELDS.items()))
    chain = from_base64(proof["chain"])
    token = Token.decode(split_chain(chain)[0])
    expected = certificates(members, token.statement.providers())
    if (token.statement.ring, token.statement.epoch) != (ring, members["epoch"]) or proof["providers"] != expected:
        raise Rejected(INTEGRITY)
    try:
        verify_chain(chain, [bytes.fromhex(certificate["key"][8:]) for certificate in expected])
    except Rejected as e:
        raise Rejected(INTEGRITY if e.args[0] == BAD_SIGNATURE else e.args[0]) from None


def request_seed(secret, ring, node):
    return hkdf.hkdf(secret, b"interlock/v1/credential", text("request key") + ring + text(node), 32)


def owner_seed(secret, version, nonce):
    return hkdf.hkdf(secret, b"interlock/v1/credential", text("owner key") + u32(version) + nonce, 32)


def request_encoding(key, ring, epoch, node, operation, subject, body, nonce, expiry):
    """e, the signed part of `interlock-request`."""
    return (u8(1) + key + ring + u32(epoch) + text(node) + text(operation) + text(subject)
            + hashlib.sha256(body).digest() + nonce + u64(expiry))


def base64url(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def _from_base64url(s):
    require(re.fullmatch(r"[A-Za-z0-9_-]+", s, re.ASCII))
    try:
        b = base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))
    except binascii.Error:
        raise Rejected(MALFORMED) from None
    require(base64url(b) == s)   # no stray bits after the last byte
    return b


def verify_request(header):
    parts = header.split(".")
    require(len(parts) == 2)
    e, signature = map(_from_base64url, parts)
    require(len(signature) == 64)
    r = Reader(e)
    require(r.u8() == 1)
    key = r.exactly(32)
    require_public_key(key)
    r.exactly(16)
    r.u32()
    for _ in range(3):
        r.text()
    r.exactly(48)
    r.u64()
    r.end()
    verify(key, "client-request", e, signature)


def user_key_file(ring, object_id, kind, content):
    head = f"interlock user key 1\nring {ring.hex()}\nobject {object_id.hex()}\nkind {kind}\n\n".encode() + content
    return head + H("user-key", head)[:16]


_USER_KEY = re.compile(rb"interlock user key 1\nring ([0-9a-f]{32})\nobject ([0-9a-f]{32})\nkind (expanded|full|share)\n\n")


def read_user_key(data, ring, object_id):
    match = _USER_KEY.match(data)
    require(match and len(data) >= match.end() + 16)
    if H("user-key", data[:-16])[:16] != data[-16:]:
        raise Rejected(INTEGRITY)
    require(match[3] != b"expanded" or len(data) == match.end() + 32 + 16)
    if (match[1].decode(), match[2].decode()) != (ring.hex(), object_id.hex()):
        raise Rejected(WRONG_KEY)
