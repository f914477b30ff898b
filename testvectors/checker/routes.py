"""The stations of a pass, and what a provider accepts (SPEC 7)."""

import re

from .documents import is_int, is_recipient_text, parse_json
from .encoding import BAD_INPUT, MALFORMED, REFUSED_ORDER, Rejected, from_base64, require


def user_point(xs):
    """x_U = 1 + the largest x of the object's providers."""
    return 1 + max(xs)


def has_user_point(protocol, profile):
    return profile == "published" and protocol in (2, 3)


def home_count(n, t, profile):
    return n - t + 1 if profile == "blinded" else 1


def _station(x, source, layered, stored, sink):
    return {"x": x, "source": source, "layered": layered, "stored": stored, "sink": sink}


def route(direction, protocol, profile, path, homes):
    if direction == "write":
        # s_1 … s_n with a layer, then the homes, which store and pass on
        stations = [_station(x, "station", True, False, "station") for x in path]
        stations += [_station(x, "station", False, True, "station") for x in homes]
        stations[0]["source"] = "user"
        stations[-1]["sink"] = "none"
    else:
        if protocol == 1:
            raise ValueError("protocol 1 has no ring on a read")
        home, = homes
        layered = [_station(x, "station", True, False, "station") for x in path]
        if protocol == 3 and profile == "published":
            # c goes to the user first, who adds K
            stations = [_station(home, "store", False, False, "user")] + layered
            layered[0]["source"] = "user"
        elif path[0] == home:
            stations = layered
            stations[0]["source"] = "store"
        else:
            stations = [_station(home, "store", False, False, "station")] + layered
        stations[-1]["sink"] = "user"
    return [{"place": place, **station} for place, station in enumerate(stations)]


def sealed_route(profile, path, homes, x):
    """Where provider x's sealed share goes in protocol 1: s_j itself only where it stores it."""
    j = path.index(x)
    if profile == "blinded":
        stops = [(x, x in homes)] + [(home, True) for home in homes if home != x]
    else:
        stops = [(other, False) for other in path[j:]] + [(path[0], True)]
    stations = [{"place": 1000 * (j + 1) + n, "x": stop, "stored": stored} for n, (stop, stored) in enumerate(stops)]
    return stations if stations[0]["stored"] else stations[1:]


ORDER_FIELDS = {"kind", "protocol", "profile", "object", "session", "path", "homes", "length", "dealers", "blind", "blinds",
                "recipient", "continues"}


def parse_order(data):
    try:
        return _order(data)
    except Rejected as e:
        # SPEC 6 has one error for what is malformed and what breaks a rule.
        raise Rejected(BAD_INPUT if e.args[0] == MALFORMED else e.args[0]) from None


def _order(data):
    order = parse_json(data)
    require(isinstance(order, dict) and set(order) == ORDER_FIELDS)
    require(order["kind"] in ("write", "read") and order["profile"] in ("published", "blinded"))
    require(is_int(order["protocol"]) and order["protocol"] in (1, 2, 3))
    for field in ("object", "session"):
        require(isinstance(order[field], str) and re.fullmatch(r"[0-9a-f]{32}", order[field], re.ASCII))
    for field in ("path", "homes"):
        require(isinstance(order[field], list) and all(is_int(x) and 1 <= x <= 254 for x in order[field]))
    require(is_int(order["length"]) and 0 <= order["length"] <= 2**40)
    require(isinstance(order["dealers"], list) and all(isinstance(name, str) for name in order["dealers"]))
    require(order["recipient"] is None or isinstance(order["recipient"], str))
    require(order["continues"] is None)   # what continues another generation is no plain write
    require(order["blinds"] in ("none", "expanded", "full") and isinstance(order["blind"], str))
    order["blind"] = from_base64(order["blind"])
    return order


def accept(order, ring, x, key, stored):
    """Refuses an order that provider x must not accept: bad input whatever is stored, refused for what is."""
    def allow(condition, otherwise=BAD_INPUT):
        if not condition:
            raise Rejected(otherwise)
    protocol, profile, path, homes = order["protocol"], order["profile"], order["path"], order["homes"]
    t, members = ring["threshold"], ring["xs"]
    read = order["kind"] == "read"
    allow(profile in ring["profiles"])
    for xs in (path, homes):
        allow(len(set(xs)) == len(xs) and set(xs) <= set(members))
    allow(x in path or x in homes)
    if read:
        allow(protocol != 1)
        fewest = t - 1 if (protocol, profile) == (2, "published") else t
        allow(len(path) >= fewest and len(homes) == 1)
        allow(homes[0] not in path or homes[0] == path[0])
        allow(not order["dealers"] and order["recipient"] is None)
    else:
        n = len(members)
        allow(len(path) >= (min(t + 1, n) if profile == "blinded" and protocol != 1 else n))
        allow(homes == path[:min(home_count(n, t, profile), len(path))])
        allow(order["dealers"] == ring["dealers"])
        allow(len(ring["dealers"]) == 1 or profile == "blinded" and len(path) == n)   # else somebody must know the shares
        allow(is_recipient_text(order["recipient"]) if protocol == 1 else order["recipient"] is None)
    if profile == "blinded" and x in path:
        allow(order["blinds"] == "expanded" and len(order["blind"]) == 32)
    else:
        allow(order["blinds"] == "none" and not order["blind"])
    if read:
        allow(stored is not None and stored["state"] == "committed" and stored["key"] == key, REFUSED_ORDER)
        allow(all(stored[field] == order[field] for field in ("protocol", "profile", "length")), REFUSED_ORDER)
        allow(set(path) <= set(stored["xs"]) and homes[0] in stored["homes"], REFUSED_ORDER)
    if has_user_point(protocol, profile):
        allow(user_point(stored["xs"] if read else members) <= 254)
