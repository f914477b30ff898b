"""What a provider and a dealer accept (SPEC §§6, 8 to 10)."""

from .encoding import BAD_INPUT, BAD_SIGNATURE, MALFORMED, REFUSED_ORDER, Reader, Rejected
from .objects import (Statement, Token, decode_private_part, title_object, private_hash, statement_hash, verify_statement)
from .routes import has_user_point, home_count, user_point

HOUR = 3_600_000


def allow(condition, otherwise=BAD_INPUT):
    if not condition:
        raise Rejected(otherwise)


def refused(condition):
    allow(condition, REFUSED_ORDER)


def split_order(data):
    """(w as it came, O's signature, the private part)."""
    r = Reader(data)
    order = r.bytes_(), r.bytes_(), r.bytes_()
    r.end()
    allow(len(order[1]) in (0, 64))
    return order


def _accepting(check):
    """SPEC §6 has one error for what is malformed and what breaks a rule."""
    def accept(**inputs):
        try:
            check(**inputs)
        except Rejected as e:
            raise Rejected(BAD_INPUT if e.args[0] == MALFORMED else e.args[0]) from None
    return accept


def _statement(data, ring, name, key, now):
    """(w, what this party is told), after the rules that providers and dealers share."""
    encoded, signature, part = split_order(data)
    w = Statement.decode(encoded)
    refused(w.ring == ring["id"] and w.epoch == ring["epoch"])
    allow((w.threshold, w.n) == (ring["threshold"], len(ring["xs"])) and w.profile in ring["profiles"])
    refused(now < w.expiry <= now + HOUR)
    if w.makes():
        try:
            verify_statement(encoded, signature)
        except Rejected as e:
            raise Rejected(REFUSED_ORDER if e.args[0] == BAD_SIGNATURE else e.args[0]) from None
    else:
        allow(not signature)
    hashes = [party["hash"] for party in w.parties if party["name"] == name]
    allow(hashes)
    refused(private_hash(part) == hashes[0])
    told = decode_private_part(part)
    refused(told["asks"] == key)
    return w, told


def _one_dealer(w, ring):
    """What several dealt is known to nobody: no paper's profile, and nobody missing."""
    allow(len(ring["dealers"]) == 1 or w.profile == "blinded" and not w.work["missing"])


@_accepting
def accept_deal(order, ring, dealer, key, now):
    w, _ = _statement(order, ring, dealer, key, now)
    allow(w.makes() and set(w.providers()) <= set(ring["xs"]) and dealer in w.work["dealers"])
    _one_dealer(w, ring)


@_accepting
def accept_order(order, ring, x, key, now, token):
    w, told = _statement(order, ring, f"cc{x}", key, now)
    work, path, t = w.work, w.work["path"], ring["threshold"]
    kind = work["kind"]
    allow({*path, *work["missing"], *work["home"], *work["repaired"]} <= set(ring["xs"]))
    if w.makes():
        allow(x in path and work["dealers"] == ring["dealers"])
    if kind in ("write", "attested"):
        allow(work["homes"] == min(home_count(w.n, t, w.profile), len(path)))
        allow(bool(work["recipient"]) == (w.protocol == 1))
        _one_dealer(w, ring)
    elif kind in ("replace", "refresh"):
        allow(w.profile == "blinded" and w.protocol != 1 and len(path) == w.n)
    elif kind == "read":
        allow(w.protocol != 1 and len(path) >= t and (x in path or [x] == work["home"]))
    else:
        allow(w.protocol != 1 and len(path) >= t and (x in path or [x] in (work["home"], work["repaired"])))
    _blinds(w, told, x)
    if has_user_point(w.protocol, w.profile) and (w.makes() or kind == "read" and w.protocol == 2):
        allow(user_point(ring["xs"]) <= 254)
    if token:
        _fits(w, Token.decode(token))


def _blinds(w, told, x):
    """Every hop has a blind, and nobody else; a seed, or one for each of those that it is paired with."""
    kind, path = w.work["kind"], w.work["path"]
    if kind == "repair":
        blinds = x in path or [x] == w.work["repaired"]
    else:
        blinds = x in path and kind != "refresh" and w.profile == "blinded"
    allow((told["blinds"] != "none") == blinds)
    if blinds:
        allow((told["blinds"] == "paired") == (kind in ("repair", "replace")))
    count = {"none": 0, "full": 0, "expanded": 1, "paired": len(path) - (0 if kind == "repair" else 1)}[told["blinds"]]
    allow(len(told["seeds"]) == 32 * count)


def _fits(w, token):
    """A read is for the generation that it names."""
    of = token.statement
    allow(w.work["generation"] == [statement_hash(token.encoded)])
    allow(title_object(w.title) == title_object(of.title))
    allow((w.protocol, w.profile, w.epoch) == (of.protocol, of.profile, of.epoch))
    allow(w.work["length"] == of.work["length"] and set(w.work["path"]) <= set(of.providers()))
    allow(w.work["home"][0] in token.homes())
