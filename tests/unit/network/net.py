"""A proxy in memory, and lines through it: what it is asked to do is done to every line."""

import math

from chaos_ext import world
from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.network.line import CLOSED, REFUSED, RESET

SERVICE = ("127.70.1.101", 17379)
LOOK_NS = 5_000_000  # the longest that nobody looks


class Net:
    """The proxy's server, and what it does to lines; with *lies* it promises and does nothing."""

    url = "http://127.70.1.250:8474"

    def __init__(self):
        self.now_ns = 1_000_000_000
        self.asked, self.lines, self.leases = [], [], {}
        self.lies = self.dead = self.server_is_silent = False
        self.ours, self.others = True, []
        self.base_ms, self.strangers = 0.2, 1  # strangers: connections that are not of the test
        self.twist = {}  # what it does instead of what it was asked to

    def tick(self):
        """Time goes on to the next thing that happens on a line; who looks between sees nothing."""
        coming = (due[0] for line in self.lines for due in line.due)
        later = (at_ns for at_ns in coming if at_ns > self.now_ns)
        self.now_ns = min([self.now_ns + LOOK_NS, *later])

    # -- the server ------------------------------------------------------------------

    def is_ours(self):
        self._answer()
        return self.ours

    def listens(self):
        return not self.dead

    def find(self, method, path):
        self._answer()
        self.asked.append((method, path))
        name = path.rpartition("/")[2]
        if method == "DELETE":
            return self.leases.pop(name, None)
        return self.leases.get(name) and {"left_s": 1.0}

    def ask(self, method, path, body=None):
        self._answer()
        self.asked.append((method, path, body) if body else (method, path))
        if method == "PUT":
            self.leases[path.rpartition("/")[2]] = body | {"at_ns": self.now_ns}
            for each in self._faults():
                each.update(self.twist)
                each.get("attributes", {}).update(self.twist)
            if any(each["do"] == "down" for each in self._faults()):
                self.end_all(CLOSED)
            return None
        if path.endswith("/reset"):
            return {"reset": self.end_all(RESET) + self.strangers}
        if path == "/chaos/proxies":
            return {"redis-1": self._state()}
        if path.endswith("/echo"):
            return None
        raise BadArgument(f"{method} {path} is not known")

    def _state(self):
        """The proxy as the server tells of it: its toxics, each direction apart, and who holds it down."""
        held = [(name, each) for name, lease in self.leases.items() for each in lease["faults"]]
        both = {"both": ("upstream", "downstream")}
        toxics = [
            {"lease": name, "type": each["type"], "stream": stream}
            for name, each in held
            if each["do"] == "toxic"
            for stream in both.get(each["stream"], [each["stream"]])
        ]
        down = [name for name, each in held if each["do"] in {"down", "flap"}]
        return {"toxics": [*self.others, *toxics], "held_down_by": down, "enabled": True}

    def _answer(self):
        if self.dead:
            raise TargetUnreachable(f"{self.url}: nobody is there")

    # -- the lines -------------------------------------------------------------------

    def end_all(self, how):
        ended = 0
        for line in self.lines if not self.lies else []:
            if line.connected and not line.ended and line.to == SERVICE:
                line.due.append((self.now_ns, how, b""))
                ended += 1
        return ended

    def _faults(self):
        faults = [each for lease in self.leases.values() for each in lease["faults"]]
        return [] if self.lies else faults

    def toxics(self, line):
        """The toxics that a line meets, by their type."""
        if line.to != SERVICE:
            return {}
        met = [f for f in self._faults() if f["do"] == "toxic"]
        met = [f for f in met if not f.get("sources") or line.source in f["sources"]]
        return {f["type"]: (f["attributes"], f["stream"]) for f in met}

    def is_down(self):
        if self.dead:
            return True
        for lease in self.leases.values() if not self.lies else []:
            for each in lease["faults"]:
                if each["do"] == "down":
                    return True
                if each["do"] == "flap":
                    period_ns = (each["up_ms"] + each["down_ms"]) * 1_000_000
                    if (self.now_ns - lease["at_ns"]) % period_ns < each["down_ms"] * 1_000_000:
                        return True
        return False


class Line:
    """A connection in memory, in the shape of chaos_ext.network.line.Line."""

    net = None

    def __init__(self, to, source=""):
        self.net = self.net  # one that is closed late has its own still
        self.to, self.source, self.local = to, source, (source or "127.0.0.1", 40_000)
        self.ended, self.ended_ns, self.connected = "", 0, False
        self.received, self.heard, self.arrivals, self.due = 0, b"", [], []
        self.pieces = 0
        self.dice = world.dice(len(self.net.lines))
        self.net.lines.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.end(CLOSED)

    def connect(self):
        if self.to == SERVICE and self.net.is_down():
            self.end(REFUSED)
        else:
            self.connected = True

    def end(self, how):
        if not self.ended:
            self.ended, self.ended_ns = how, self.net.now_ns

    def decided(self):
        return self.connected or bool(self.ended)

    def listen_anew(self):
        self.received, self.heard, self.arrivals = 0, b"", []

    def say(self, pattern, total):
        said = pattern * math.ceil(total / len(pattern))
        said = said[:total]
        back = b"+PONG\r\n" * (total // 6) if said.startswith(b"PING") else said
        toxics = self.net.toxics(self)
        if self.net.server_is_silent and said.startswith(b"PING"):
            return
        if "reset_peer" in toxics:
            self._later(toxics["reset_peer"][0]["timeout"], RESET)
        elif "silence" not in toxics:
            self._answered(back, toxics)

    def _answered(self, back, toxics):
        delay_ms, end = self.net.base_ms + self._delay_ms(toxics), ""
        if "limit_data" in toxics:
            back, end = back[: toxics["limit_data"][0]["bytes"]], CLOSED
        size, gap_ms = len(back) or 1, 0.0
        if "bandwidth" in toxics:
            size, gap_ms = max(1, toxics["bandwidth"][0]["rate"] * 100), 100
        if "slicer" in toxics:
            size = toxics["slicer"][0]["average_size"]
            gap_ms = toxics["slicer"][0]["delay"] / 1e3
        for at in range(0, len(back), size):
            self._later(delay_ms, "", back[at : at + size])
            delay_ms += gap_ms
        if end:
            self._later(delay_ms, end)

    def _delay_ms(self, toxics):
        added_ms = 0.0
        if "latency" in toxics:
            attributes, stream = toxics["latency"]
            for _ in range(2 if stream == "both" else 1):
                spread = attributes["jitter"] * self.dice.uniform(-1, 1)
                added_ms += attributes["latency"] + spread
        if "stall" in toxics and self.dice.random() * 100 < toxics["stall"][0]["percent"]:
            added_ms += toxics["stall"][0]["stall_ms"]
        return added_ms

    def _later(self, ms, end, data=b""):
        self.due.append((self.net.now_ns + int(ms * 1e6), end, data))

    def finish(self):
        delay = self.net.toxics(self).get("slow_close", ({"delay": 0}, ""))[0]["delay"]
        self._later(delay, CLOSED)

    def look(self):
        for at_ns, end, data in [each for each in self.due if each[0] <= self.net.now_ns]:
            self.due.remove((at_ns, end, data))
            if end:
                self.end(end)
            elif not self.ended:
                self.received += len(data)
                self.pieces += 1
                self.heard += data[: 4096 - len(self.heard)]
                self.arrivals.append((self.net.now_ns, len(data)))

    def wait(self, ms):
        next_ns = min([at_ns for at_ns, *_ in self.due], default=math.inf)
        self.net.now_ns = int(min(max(next_ns, self.net.now_ns), self.net.now_ns + ms * 1e6))

    def over(self):
        self.look()
        return bool(self.ended)

    def segments(self):
        return self.pieces
