"""The Messages API on the wire: a message as JSON, the same message as server-sent events, and errors."""

import json
from collections.abc import Iterator
from typing import Any

ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


def error(status: int, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": ERRORS.get(status, "api_error"), "message": message}}


def message(number: int, request: dict[str, Any], content: list[dict[str, Any]], stop_reason: str) -> dict[str, Any]:
    """Tokens are counted as four bytes each: roughly right, and the same every time."""
    asked = len(json.dumps([request.get("system"), request["messages"], request.get("tools")]))
    return {
        "id": f"msg_fake_{number:06}",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": asked // 4, "output_tokens": max(1, len(json.dumps(content)) // 4)},
    }


def stream(whole: dict[str, Any]) -> Iterator[bytes]:
    """The events that a client puts together into `whole`."""
    usage = whole["usage"]
    start = {**whole, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield event("message_start", {"message": start})
    for index, block in enumerate(whole["content"]):
        if block["type"] == "tool_use":
            opening, kind, pieces = {**block, "input": {}}, "input_json_delta", json.dumps(block["input"])
        else:
            opening, kind, pieces = {**block, "text": ""}, "text_delta", block["text"]
        field = "partial_json" if kind == "input_json_delta" else "text"
        yield event("content_block_start", {"index": index, "content_block": opening})
        for begin in range(0, len(pieces), 200):
            delta = {"type": kind, field: pieces[begin : begin + 200]}
            yield event("content_block_delta", {"index": index, "delta": delta})
        yield event("content_block_stop", {"index": index})
    ending = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield event("message_delta", {"delta": ending, "usage": {"output_tokens": usage["output_tokens"]}})
    yield event("message_stop", {})


def event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()
