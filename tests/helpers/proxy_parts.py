# ruff: noqa: ARG001, ARG002 (LiteLLM names the arguments)
"""What the tests' proxy loads from its config: who may use it, a guardrail, and a log of what it bills."""

import json
import os
import re
from pathlib import Path

from fastapi import HTTPException
from litellm.integrations.custom_guardrail import CustomGuardrail
from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy._types import UserAPIKeyAuth
from litellm.proxy.spend_tracking.spend_tracking_utils import get_logging_payload
from proxy_model import MASK, NUMBER


async def user_api_key_auth(request, api_key):
    """Everybody: a key is its name; `sk-off…` and `sk-on…` say so in their metadata."""
    word = api_key.removeprefix("sk-").split("-")[0]
    return UserAPIKeyAuth(api_key=api_key, metadata={"compresskit": word} if word in ("on", "off") else {})


class Watch(CustomGuardrail):
    """Masks a number in requests, and refuses answers that say FORBIDDEN."""

    async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):
        name = "input" if "input" in data else "messages"
        data[name] = json.loads(json.dumps(data[name]).replace(NUMBER, MASK))
        return data

    async def async_post_call_success_hook(self, data, user_api_key_dict, response):
        if "FORBIDDEN" in str(response):
            raise HTTPException(status_code=400, detail="refused by the guardrail")

    async def async_post_call_streaming_iterator_hook(self, user_api_key_dict, response, request_data):
        said = ""
        async for part in response:
            said += "".join(re.findall(r'"text": ?"([^"]*)"', part.decode())) if isinstance(part, bytes) else text(part)
            if "FORBIDDEN" in said:
                raise ValueError("refused by the guardrail")
            yield part


def text(chunk):
    if not hasattr(chunk, "choices"):  # an event of the Responses API
        return chunk.delta if chunk.type == "response.output_text.delta" else ""
    return chunk.choices[0].delta.content or "" if chunk.choices else ""


class Bills(CustomLogger):
    """Writes what the spend log would hold of each call."""

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        payload = get_logging_payload(kwargs, response_obj, start_time, end_time)
        row = {name: payload[name] for name in ("spend", "total_tokens", "prompt_tokens", "model", "api_key")}
        row["metadata"] = json.loads(payload["metadata"])
        with Path(os.environ["PROXY_BILLS"]).open("a") as file:
            file.write(json.dumps(row) + "\n")


bills = Bills()
