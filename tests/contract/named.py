"""What tests of names are made of: a resolver's table, questions, and what a lease does to it."""

import dns.message
import dns.query
import dns.rcode

from .packets import address

NAME = "redis-1.redis.chaos.test"
RIGHT, WRONG = "127.84.9.9", "127.84.9.8"
HERE, ELSEWHERE = address(12), address(13)
PORT = 5353


def lab(listen=f"{HERE}:{PORT}", name="lab", **more):
    return {"name": name, "listen": listen, "records": {NAME: RIGHT}, **more}


def asked(name=NAME, kind="A", *, tcp=False, host=HERE):
    """What the resolver says of a name: its word, and the addresses."""
    question = dns.message.make_query(name, kind)
    ask = dns.query.tcp if tcp else dns.query.udp
    answer = ask(question, host, port=PORT, timeout=5)
    return dns.rcode.to_text(answer.rcode()), [
        str(item) for each in answer.answer for item in each
    ]


def held(server, lease="one", for_s=30, **fault):
    fault = {"resolver": "lab", "do": "dns", **fault}
    server.ask("PUT", f"/chaos/leases/{lease}", {"for_s": for_s, "faults": [fault]})
