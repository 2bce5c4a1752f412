"""``python -m standin``: run the payment stand-in until Ctrl-C or SIGTERM."""

import argparse
import signal
import sys
import threading
from types import FrameType

from standin.chaos import Chaos
from standin.server import StandIn


def _chaos(text: str) -> Chaos:
    try:
        return Chaos.read(text)
    except (ValueError, TypeError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("standin", description="A stand-in for the Stripe API, with test money.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=12111, help="0 takes a free one (default: 12111)")
    parser.add_argument("--webhook", help="where events go, for example http://127.0.0.1:5000/hooks/stripe")
    parser.add_argument("--secret", default="", help="secret that signs them (default: a new one, printed)")
    parser.add_argument(
        "--chaos", type=_chaos, default=Chaos(), help="faults: duplicate=0.25,drop=0.1,delay=0-2,lose=0.05 …"
    )
    parser.add_argument("--seed", type=int, help="repeat the chances of an earlier run")
    parser.add_argument("--livemode", action="store_true", help="take sk_live_ keys and say livemode (tests)")
    parser.add_argument("--backoff", type=float, default=0.2, help="seconds before an event is sent again")
    parser.add_argument("--attempts", type=int, default=8, help="times an event is sent before giving up")
    stand_in = StandIn(**vars(parser.parse_args(arguments)))
    print(f"standin {stand_in.url} seed {stand_in.dice.seed} secret {stand_in.secret}", flush=True)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=stand_in.stop).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    stand_in.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
