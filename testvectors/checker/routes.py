"""The stations of a pass (SPEC §7)."""


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
        # s_1 … s_n with a layer, then s_h … s_1, which store and pass on; s_n, if a home, as the last
        stations = [_station(x, "station", True, False, "station") for x in path]
        back = sorted(homes, key=path.index, reverse=True)
        back.sort(key=lambda x: x == path[-1])
        stations += [_station(x, "station", False, True, "station") for x in back]
        stations[0]["source"] = "user"
        stations[-1]["sink"] = "none"
    elif direction == "small-write":
        # s_1 … s_n with a layer; s_n, which stores it if it's a home, to all other homes at once
        stations = [_station(x, "station", True, False, "station") for x in path]
        others = [x for x in sorted(homes, key=path.index, reverse=True) if x != path[-1]]
        stations[0]["source"] = "user"
        stations[-1]["stored"] = path[-1] in homes
        stations[-1]["sink"] = ["none", "station"][len(others)] if len(others) < 2 else "homes"
        stations += [_station(x, "station", False, True, "none") for x in others]
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
