"""``weft-receipt``: checks receipts from the command line."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any, Sequence

from . import __version__
from .receipts import ReceiptError, VerifiedReceipt, verify

VALID, NOT_VALID, CANNOT = 0, 1, 2

_EPILOG = """\
exit status:
  0  the receipt is valid
  1  it is not; the message names the first check that failed
  2  the command line is wrong, or a file cannot be read
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    outputs = dict(options.outputs)
    if len(outputs) != len(options.outputs):
        parser.error("--output: a path comes twice")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a job's name may be any text
    try:
        receipt = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
        verified = verify(receipt, coordinator=options.coordinator, outputs=outputs)
    except ReceiptError as error:
        if options.format == "json":
            _print_json({"failed_check": error.check, "message": error.reason, "valid": False})
        _complain(f"the receipt is not valid: {error.reason} ({error.check})")
        return NOT_VALID
    except OSError as error:
        _complain(f"cannot read {error.filename}: {error.strerror}")
        return CANNOT
    if options.format == "json":
        _print_json(_document(verified))
    else:
        _print_table(verified, trusted=options.coordinator is not None)
    return VALID


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="weft-receipt", description="Checks receipts of Weft, offline.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "verify",
        help="check a receipt from nothing but its bytes",
        description="Checks every byte, digest and signature of a receipt, and its verdict. Without --coordinator "
        "anybody's receipt that holds together is valid: look at who issued it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("file", metavar="FILE", help="the receipt, or - for standard input")
    command.add_argument("--coordinator", metavar="ID", help="the coordinator that must have issued it")
    command.add_argument(
        "--output",
        "--check",
        dest="outputs",
        metavar="PATH=FILE",
        type=_output,
        action="append",
        default=[],
        help="check that this local file is the agreed output PATH; may be repeated (--check as in weft itself)",
    )
    command.add_argument("-o", dest="format", choices=("table", "json"), default="table", help="how to answer")
    return parser


def _output(text: str) -> tuple[str, str]:
    path, separator, file = text.partition("=")
    if not path or (separator and not file):
        raise argparse.ArgumentTypeError(f"{text!r} is not PATH=FILE")
    return path, file or path


def _document(receipt: VerifiedReceipt) -> dict[str, Any]:
    """The same members as ``weft receipt verify -o json``."""
    document = {
        "agreeing": list(receipt.agreeing),
        "coordinator": receipt.coordinator,
        "differing": list(receipt.differing),
        "issued_at": receipt.issued_at,
        "job": receipt.job_name,
        "spec_digest": receipt.spec_digest,
        "state": receipt.state,
        "task": receipt.task_id,
        "valid": True,
        "verdict": receipt.verdict,
    }
    if receipt.answer is not None:
        document["answer"] = receipt.answer
    return document


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(document, indent=2, sort_keys=True))


def _needed(receipt: VerifiedReceipt) -> str:
    return f"{receipt.quorum} needed" if receipt.max_error is None else f"max_error {receipt.max_error}"


def _print_table(receipt: VerifiedReceipt, *, trusted: bool) -> None:
    rows = [
        ("Receipt", "valid"),
        ("Issued by", receipt.coordinator + ("" if trusted else " (whoever that is)")),
        ("Issued at", receipt.issued_at),
        ("Task", f"{receipt.task_id} of {receipt.job_name}"),
        ("State", receipt.state),
        ("Verdict", f"{receipt.verdict} ({len(receipt.agreeing)} alike, {_needed(receipt)})"),
        *([("Error bound", receipt.error_bound)] if receipt.error_bound is not None else []),
        *(("Agreed", node) for node in receipt.agreeing),
        *(("Differed", node) for node in receipt.differing),
        ("Answer", receipt.answer or "none"),
        ("Spec", receipt.spec_digest),
    ]
    for name, value in rows:
        print(f"{name:<10} {value}")


def _complain(message: str) -> None:
    print(f"weft-receipt: error: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
