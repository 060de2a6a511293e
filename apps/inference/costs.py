"""What an answer cost, in USD."""

from dataclasses import dataclass
from decimal import Decimal

from pydantic_ai.messages import ModelResponse

# For a model without a known price: the dearest of the provider's list prices, so that a budget errs on the safe side.
ASSUMED_INPUT = Decimal("15") / 1_000_000
ASSUMED_OUTPUT = Decimal("75") / 1_000_000


@dataclass(frozen=True)
class Cost:
    input_tokens: int = 0
    output_tokens: int = 0
    usd: Decimal = Decimal(0)
    estimated: bool = False


def cost_of(response: ModelResponse | None) -> Cost:
    if response is None:
        return Cost()
    tokens = (response.usage.input_tokens, response.usage.output_tokens)
    try:
        return Cost(*tokens, response.cost().total_price)
    except (LookupError, ValueError):
        return Cost(*tokens, tokens[0] * ASSUMED_INPUT + tokens[1] * ASSUMED_OUTPUT, estimated=True)
