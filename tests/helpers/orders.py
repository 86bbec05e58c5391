"""An agent that looked at many orders of a shop, which fold; its exchanges in both shapes."""

import json

COLOURS = ["red", "blue", "green", "black", "white", "grey"]


def order(number):
    items = [
        {
            "item_id": f"itm_{number}{n}{n + 3}77",
            "colour": colour,
            "price": 100 * number + 7 * n,
            "options": {"size": n},
        }
        for n, colour in enumerate(COLOURS)
    ]
    return {"order_id": f"W{number}5521", "status": "delivered", "items": items, "note": "left at the door"}


def openai_exchange(number, name, arguments, result):
    key = f"call_oYHDxU9tCZvK72L28iJya{number:04}"
    function = {"name": name, "arguments": arguments}
    return [
        {"role": "assistant", "content": None, "tool_calls": [{"id": key, "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": key, "content": result},
    ]


def anthropic_exchange(number, name, arguments, result):
    key = f"toolu_01NDJSpN5JoNQCrwjNZce{number:04}"
    use = {"type": "tool_use", "id": key, "name": name, "input": json.loads(arguments)}
    return [
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": key, "content": result}]},
    ]


EXCHANGES = {"openai": openai_exchange, "anthropic": anthropic_exchange}


def shop(shape, orders=6):
    """An agent that looked at many orders; the user comes back to an item of the second one."""
    messages = [{"role": "user", "content": "Please check my orders for me."}]
    for number in range(orders):
        arguments = json.dumps({"order_id": f"W{number}5521"})
        messages += EXCHANGES[shape](number, "get_order", arguments, json.dumps(order(number)))
    return [
        *messages,
        {"role": "assistant", "content": "I have looked at all of them."},
        {"role": "user", "content": "Which sizes do you have of the green item itm_12577?"},
    ]
