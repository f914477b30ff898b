#!/usr/bin/env python3
"""What a provider with 10^9 objects and 10^5 requests a second needs, from costs.json: closed formulas, a simulation that checks them, plots.

    python3 docs/scale/scale.py            writes the plots, and the table into docs/scale.md
    python3 docs/scale/scale.py --check    fails unless both are as this program writes them, and formula and simulation agree

Nothing but the standard library; the same input gives the same output.
"""
import argparse
import heapq
import json
import math
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).parent
DOCUMENT = HERE.parent / "scale.md"

# What is assumed. Prices are list prices of a large cloud, of about November 2026, rounded; put your own here.
REQUESTS = 100_000        # a second, at one provider
OBJECTS = 1_000_000_000
SHARES = {"get": 0.93, "put": 0.06, "list": 0.005, "destroy": 0.005}   # of the operations
REQUESTS_OF = {"get": 1, "put": 7, "list": 1, "destroy": 1}            # requests of an operation at one provider of (5,3)
USE = 0.6                 # of a processor that is planned with
PROCESS_CORES = 4         # of a node's process
SHARD_CORES = 16          # of a database server
BLOAT = 1.3               # dead rows and half-empty pages, beside what was measured
DAY = 86_400
ERASURES = {"PT10M": 600, "PT1H": 3600, "P1D": DAY}                    # after how long what was erased is lost
# Processor ms of a node's process for TLS, HTTP, signatures and streams, where costs.json has none of a ring: what docs/performance.md
# has of 64 at once (63 puts and 264 gets a second with 0.97 of two processors) by the parties: 5 providers, dealer and client; 3 and client.
NODE_MS = {"get": 2 * 0.97 / 264 / 4 * 1e3, "put": 2 * 0.97 / 63 / 7 * 1e3}
PRICES = {                # US dollars a month
    "core of a node, 2 GiB": 25.0,
    "core of a database server, 8 GiB": 55.0,
    "GB of database disk": 0.12,
    "GB of log archive": 0.023,
    "GB between zones": 0.01,
}
COPIES = 2                # of the database: one that serves and one that stands by
ARCHIVE_DAYS = 7
SEED = 21
ALLOWED = 0.05            # how far simulation and formula may be apart


def costs():
    """Figures by their rows, from what `interlock bench store --json` wrote."""
    rows = json.loads((HERE / "costs.json").read_text())["rows"]
    return {row["what"]: row["figure"]["median"] for row in rows}, {
        row["what"]: row for row in rows if row["comparison"]
    }


class Model:
    def __init__(self, figures, compared):
        self.figures = figures
        operations = REQUESTS / sum(SHARES[k] * REQUESTS_OF[k] for k in SHARES)
        self.rates = {k: operations * SHARES[k] for k in SHARES}
        self.operations = operations
        self.node = {}      # processor seconds of a node's process
        self.database = {}
        self.log = {}
        for k in SHARES:
            name = "list of 1000" if k == "list" else k
            alone = figures[f"cost of a {name}: CPU of the store"]
            # A list and a destroy are a request each, as a get is, and what they cost the store.
            ring = figures.get(f"cost of a {k} through a ring: CPU of the node", NODE_MS.get(k, NODE_MS["get"] + alone))
            self.node[k] = ring / 1e3
            self.database[k] = figures[f"cost of a {name}: CPU of the database"] / 1e3
            self.log[k] = max(0.0, figures[f"cost of a {name}: log of the database"])
        self.bytes = figures["size: all"]
        self.indexes = sum(v for k, v in figures.items() if k.startswith("size:") and k.endswith(", indexes"))
        rotation = next(v for k, v in compared.items() if k.startswith("a rotation of keys"))
        # Of few objects it is a group of 1,024 keys; of many, that and a row for each group.
        few = rotation["comparison"]["limit"]["median"]
        many = rotation["figure"]["median"]
        groups = max(1, float(rotation["what"].split(", ")[1].split()[0]) / 1024)
        self.reseal = few / 1024
        self.group = max(1e-6, (many - few) / groups)

    # ---- closed formulas ----

    def processes(self):
        cores = sum(self.rates[k] * self.node[k] for k in SHARES) / USE
        return cores, math.ceil(cores / PROCESS_CORES)

    def shards(self):
        cores = sum(self.rates[k] * self.database[k] for k in SHARES) / USE
        return cores, math.ceil(cores / SHARD_CORES)

    def writers(self):
        """Lines of transactions, each as quick as one that had half of this machine: a provider has one, whatever its processes."""
        return sum(self.rates[k] / self.figures[f"cost of a {k}: rate, 64 at once"] for k in ("put", "destroy"))

    def disk(self):
        return OBJECTS * self.bytes * BLOAT

    def rotation(self, seconds):
        """Keys sealed anew a second, group rows a second, and cores for both, when so much time lies between rotations."""
        groups = OBJECTS / 1024
        hit = groups * (1 - math.exp(-self.rates["destroy"] * seconds / groups))
        keys = hit * 1024 / seconds
        rows = groups / seconds
        return hit / groups, keys, rows, keys * self.reseal + rows * self.group

    def month(self):
        node_cores = self.processes()[1] * PROCESS_CORES
        database_cores = self.shards()[1] * SHARD_CORES * COPIES
        _, keys, _, cores = self.rotation(DAY)
        log = sum(self.rates[k] * self.log[k] for k in SHARES) + keys * 250
        parts = {
            "nodes' processors": node_cores * PRICES["core of a node, 2 GiB"],
            "databases' processors": (database_cores + COPIES * math.ceil(cores / USE)) * PRICES["core of a database server, 8 GiB"],
            "databases' disks": COPIES * self.disk() / 1e9 * PRICES["GB of database disk"],
            "log archive, a week": log * DAY * ARCHIVE_DAYS / 1e9 * PRICES["GB of log archive"],
            "log to the standby": log * DAY * 30 / 1e9 * PRICES["GB between zones"],
        }
        return parts, log

    # ---- queues ----

    @staticmethod
    def erlang_c(servers, load):
        """The part of those who wait, at `load` busy servers of so many."""
        term, total = 1.0, 1.0
        for k in range(1, servers):
            term *= load / k
            total += term
        last = term * load / servers * servers / (servers - load)
        return last / (total + last)

    def waiting(self, rate, service, servers):
        """Mean time in a station of M/M/c, seconds."""
        load = rate * service
        return service + self.erlang_c(servers, load) * service / (servers - load)


def simulate(model, requests, processes, shards, seed=SEED):
    """Requests come at random, each to a process and then to a database server, first come first served, with random demands.
    Returns how busy the processors of both are, and the mean time in the system. Both are drawn by the mixed demand."""
    draw = random.Random(seed)
    kinds = list(SHARES)
    mean_node = sum(SHARES[k] * model.node[k] for k in kinds)
    mean_database = sum(SHARES[k] * model.database[k] for k in kinds)
    free_node = [[0.0] * PROCESS_CORES for _ in range(processes)]
    free_database = [[0.0] * SHARD_CORES for _ in range(shards)]
    busy_node = busy_database = total = 0.0
    at = 0.0
    events = []
    for _ in range(requests):
        at += draw.expovariate(model.operations)
        servers = free_node[draw.randrange(processes)]
        demand = draw.expovariate(1 / mean_node)
        begin = max(at, servers[0])
        heapq.heapreplace(servers, begin + demand)
        busy_node += demand
        # It comes to its database when the process is done with it.
        heapq.heappush(events, (begin + demand, at))
    end = at
    while events:
        at, came = heapq.heappop(events)
        servers = free_database[draw.randrange(shards)]
        demand = draw.expovariate(1 / mean_database)
        begin = max(at, servers[0])
        heapq.heapreplace(servers, begin + demand)
        busy_database += demand
        total += begin + demand - came
    return (
        busy_node / end / (processes * PROCESS_CORES),
        busy_database / end / (shards * SHARD_CORES),
        total / requests,
    )


def closed_loop(model, clients, cores, operations, seed=SEED):
    """So many clients, one after the other each, share so many processors: operations a second. As the bench measures a mix."""
    draw = random.Random(seed)
    demand = sum(SHARES[k] * (model.alone[k] + model.database[k]) for k in SHARES)
    whole = max(1, round(cores))
    speed = cores / whole
    free = [0.0] * whole
    ready = [0.0] * clients
    done = 0
    while done < operations:
        at = heapq.heappop(ready)
        begin = max(at, free[0])
        end = begin + draw.expovariate(1 / demand) / speed
        heapq.heapreplace(free, end)
        heapq.heappush(ready, end)
        done += 1
    return operations / max(free)


# ---- plots ----

def svg(name, title, x_label, y_label, lines, log_x=True, log_y=True):
    width, height, left, bottom, top, right = 640, 400, 76, 48, 36, 150
    points = [p for line in lines.values() for p in line]

    def scale(values, log):
        low, high = min(values), max(values)
        if log:
            return math.floor(math.log10(low)), math.ceil(math.log10(high)) or 1
        return 0, high * 1.05

    x0, x1 = scale([p[0] for p in points], log_x)
    y0, y1 = scale([p[1] for p in points], log_y)
    x1, y1 = (x1 if x1 > x0 else x0 + 1), (y1 if y1 > y0 else y0 + 1)

    def place(p):
        x = math.log10(p[0]) if log_x else p[0]
        y = math.log10(p[1]) if log_y else p[1]
        return (left + (x - x0) / (x1 - x0) * (width - left - right), height - bottom - (y - y0) / (y1 - y0) * (height - bottom - top))

    def tick(value, log):
        if log:
            return f"10^{value}"
        return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">']
    out.append(f'<rect width="{width}" height="{height}" fill="white"/><text x="{left}" y="20" font-size="14">{title}</text>')
    for axis, low, high, log in (("x", x0, x1, log_x), ("y", y0, y1, log_y)):
        ticks = range(int(low), int(high) + 1) if log else [low + i * (high - low) / 5 for i in range(6)]
        for value in ticks:
            real = 10.0 ** value if log else value
            if axis == "x":
                x, _ = place((real, 10.0 ** y0 if log_y else y0))
                out.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{height - bottom}" stroke="#ddd"/>')
                out.append(f'<text x="{x:.1f}" y="{height - bottom + 16}" text-anchor="middle">{tick(value, log)}</text>')
            else:
                _, y = place((10.0 ** x0 if log_x else x0, real))
                out.append(f'<line x1="{left}" y1="{y:.1f}" x2="{width - right}" y2="{y:.1f}" stroke="#ddd"/>')
                out.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick(value, log)}</text>')
    colours = ["#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#d68910"]
    for i, (label, line) in enumerate(lines.items()):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, line))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colours[i % 5]}" stroke-width="2"/>')
        out.append(f'<text x="{width - right + 8}" y="{top + 16 + 18 * i}" fill="{colours[i % 5]}">{label}</text>')
    out.append(f'<text x="{(left + width - right) / 2}" y="{height - 10}" text-anchor="middle">{x_label}</text>')
    out.append(f'<text x="16" y="{(top + height - bottom) / 2}" text-anchor="middle" transform="rotate(-90 16 {(top + height - bottom) / 2})">{y_label}</text></svg>')
    return HERE / f"{name}.svg", "\n".join(out) + "\n"


def bars(name, title, unit, parts):
    width, left, row = 640, 190, 34
    height = 60 + row * len(parts)
    most = max(parts.values())
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">']
    out.append(f'<rect width="{width}" height="{height}" fill="white"/><text x="10" y="22" font-size="14">{title}</text>')
    for i, (label, value) in enumerate(parts.items()):
        y = 44 + row * i
        out.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{label}</text>')
        out.append(f'<rect x="{left}" y="{y}" width="{value / most * (width - left - 110):.1f}" height="20" fill="#1b6ca8"/>')
        out.append(f'<text x="{left + value / most * (width - left - 110) + 6:.1f}" y="{y + 14}">{value:,.0f} {unit}</text>')
    out.append("</svg>")
    return HERE / f"{name}.svg", "\n".join(out) + "\n"


def three(value):
    if value == 0:
        return "0"
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, digits):,.{max(0, digits)}f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    figures, compared = costs()
    model = Model(figures, compared)
    model.alone = {k: figures[f"cost of a {'list of 1000' if k == 'list' else k}: CPU of the store"] / 1e3 for k in SHARES}

    node_cores, processes = model.processes()
    database_cores, shards = model.shards()
    formula = (
        model.operations * sum(SHARES[k] * model.node[k] for k in SHARES) / (processes * PROCESS_CORES),
        model.operations * sum(SHARES[k] * model.database[k] for k in SHARES) / (shards * SHARD_CORES),
        model.waiting(model.operations / processes, sum(SHARES[k] * model.node[k] for k in SHARES), PROCESS_CORES)
        + model.waiting(model.operations / shards, sum(SHARES[k] * model.database[k] for k in SHARES), SHARD_CORES),
    )
    simulated = simulate(model, 600_000, processes, shards)
    apart = [abs(s - f) / f for s, f in zip(simulated, formula)]

    # Against what was measured: a mix of operations on this machine, of which each alone gave the costs.
    mixed = figures["cost of a mixed operation: CPU of the store"] + figures["cost of a mixed operation: CPU of the database"]
    expected = 1e3 * sum(SHARES[k] * (model.alone[k] + model.database[k]) for k in SHARES)
    rate = figures["cost of a mixed operation: rate, 64 at once"]
    cores = rate * mixed / 1e3
    looped = closed_loop(model, 64, cores, 200_000)

    month, log = model.month()
    files = dict([
        svg("processes", "Cores by requests a second", "requests a second at a provider", "cores", {
            "nodes": [(r, r / REQUESTS * node_cores) for r in (1e2, 1e3, 1e4, 1e5, 1e6)],
            "databases": [(r, r / REQUESTS * database_cores) for r in (1e2, 1e3, 1e4, 1e5, 1e6)],
        }),
        svg("latency", "Mean time of an operation, by how busy the processors are", "requests a second, part of what is planned with", "ms", {
            "formula": [(u, 1e3 * latency(model, u, processes, shards)) for u in (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.5)],
            "simulation": [(u, 1e3 * simulated_at(model, u, processes, shards)) for u in (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.5)],
        }, log_x=False, log_y=False),
        svg("rotation", "Keys that are sealed anew, by how long erasing may take", "seconds between rotations", "keys a second", {
            f"{d:,} destroyed/s": [(s, max(1.0, rotation_at(model, d, s))) for s in (60, 600, 3600, 21_600, DAY)]
            for d in (1, 10, 100, 1000)
        }),
        bars("month", "US dollars a month", "$", month),
    ])
    lines = [
        f"| what | closed formula | simulation, {600_000:,} operations | apart |",
        "|---|---|---|---|",
        f"| operations a second | {three(model.operations)} | | |",
        f"| processors of nodes, at {USE:.0%} | {three(node_cores)}: {processes} processes of {PROCESS_CORES} | busy {simulated[0]:.3f}, formula {formula[0]:.3f} | {apart[0]:.1%} |",
        f"| processors of databases, at {USE:.0%} | {three(database_cores)}: {shards} servers of {SHARD_CORES} | busy {simulated[1]:.3f}, formula {formula[1]:.3f} | {apart[1]:.1%} |",
        f"| mean time of an operation, node and database | {three(1e3 * formula[2])} ms | {three(1e3 * simulated[2])} ms | {apart[2]:.1%} |",
        f"| disk of the databases, {BLOAT} × what was measured | {three(model.disk() / 1e12)} TB: {three(model.bytes)} bytes an object, {three(model.indexes)} of them indexes | | |",
        f"| log of the databases | {three(log / 1e6)} MB/s | | |",
    ]
    lines.append(f"| lines of transactions that write, for {three(model.rates['put'])} puts and {three(model.rates['destroy'])} destroys a second | {math.ceil(model.writers())} at the measured rate | | |")
    for name, seconds in ERASURES.items():
        part, keys, rows, busy = model.rotation(seconds)
        lines.append(f"| rotation with `erasure={name.replace('P1D', 'PT24H')}`: groups hit, keys a second, processors | {part:.0%}, {three(keys)}, {three(busy)} | | |")
    lines.append(f"| a month | ${sum(month.values()):,.0f} | | |")
    lines += [
        "",
        "| a small scale, measured | formula | apart |",
        "|---|---|---|",
        f"| processor time of a mixed operation, store and database: {three(mixed)} ms | {three(expected)} ms, from what each alone costs | {abs(mixed - expected) / expected:.0%} |",
        f"| mixed operations a second, 64 at once, with the {cores:.2f} processors that they got: {three(rate)} | {three(looped)}, simulated | {abs(looped - rate) / rate:.0%} |",
    ]
    table = "\n".join(lines)
    before, _, rest = DOCUMENT.read_text().partition("<!-- scale.py -->\n")
    _, _, after = rest.partition("<!-- end scale.py -->\n")
    document = f"{before}<!-- scale.py -->\n{table}\n<!-- end scale.py -->\n{after}"
    if max(apart) > ALLOWED:
        sys.exit(f"simulation and formula are {max(apart):.1%} apart, more than {ALLOWED:.0%}")
    if check:
        wrong = [path.name for path, text in files.items() if not path.exists() or path.read_text() != text]
        if DOCUMENT.read_text() != document:
            wrong.append(DOCUMENT.name)
        if wrong:
            sys.exit("not as this program writes them: " + ", ".join(wrong))
        return
    for path, text in files.items():
        path.write_text(text)
    DOCUMENT.write_text(document)
    print(table)


def at_load(model, part):
    other = Model.__new__(Model)
    other.__dict__.update(model.__dict__)
    other.operations = model.operations * part
    return other


def latency(model, part, processes, shards):
    other = at_load(model, part)
    node = sum(SHARES[k] * model.node[k] for k in SHARES)
    database = sum(SHARES[k] * model.database[k] for k in SHARES)
    return other.waiting(other.operations / processes, node, PROCESS_CORES) + other.waiting(other.operations / shards, database, SHARD_CORES)


def simulated_at(model, part, processes, shards):
    return simulate(at_load(model, part), 200_000, processes, shards)[2]


def rotation_at(model, destroyed, seconds):
    groups = OBJECTS / 1024
    return groups * (1 - math.exp(-destroyed * seconds / groups)) * 1024 / seconds


if __name__ == "__main__":
    main()
